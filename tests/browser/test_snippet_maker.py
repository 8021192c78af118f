"""The snippet maker as a person uses it: choose, type, read, copy."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from inflight_lab.recipes.snippet import snippet
from tests.support.browser import IN_BROWSER, Place, in_both_front_ends
from tests.support.lab import Lab, run_all

pytestmark = IN_BROWSER

CELL = "from inflight_lab.recipes.widget import SnippetMaker\nSnippetMaker()"
NO_CLIPBOARD = """
    Object.defineProperty(navigator, "clipboard", {value: undefined});
    document.execCommand = () => false;
"""
"""What a page without https, or in a frame that may not, finds; no browser here can be
made to.
"""
SELECTED = """() => {
    const { value, selectionStart, selectionEnd } = document.activeElement;
    return value.slice(selectionStart, selectionEnd);
}"""


class Maker:
    """The widget on a page of its own."""

    def __init__(self, lab: Lab, page: Page, name: str) -> None:
        lab.open(page, lab.write(f"{name}.ipynb", CELL))
        run_all(page)
        self.form = page.locator("form.ifl-snippets")
        self.shows("fetch_all")

    def shows(self, recipe: str, **settings: Any) -> None:
        """Wait until the code is the one for this recipe and these settings."""
        code = self.form.locator("textarea")
        expect(code).to_have_value(snippet(recipe, **settings), timeout=60_000)

    def field(self, name: str) -> Locator:
        """A field of the form."""
        return self.form.locator(f"[name={name}]")

    def says(self, text: str) -> None:
        """Wait until the line beside the button is this."""
        expect(self.form.get_by_role("status")).to_have_text(text)


@in_both_front_ends
def test_it_shows_what_is_chosen(place: Place, lab: Lab, page: Page) -> None:
    """Each choice changes the code at once, and what was typed stays when another
    recipe has it too; a wrong value says what is allowed.
    """
    maker = Maker(lab, page, f"choose-{place}")
    own = "https://api.example.com/items/{id}"
    expect(maker.field("url")).to_have_attribute("placeholder", own)
    url = "https://a.example/{id}"
    maker.field("url").fill(url)
    maker.field("results").fill("mine.jsonl")
    maker.shows("fetch_all", URL=url, RESULTS="mine.jsonl")
    maker.field("recipe").select_option("paced")
    maker.shows("paced", URL=url)
    expect(maker.field("results")).to_be_hidden()
    maker.field("count_too").fill("1000")
    quotas = [(100, 1), (1000, 60)]
    maker.shows("paced", URL=url, QUOTAS=quotas)
    maker.field("limit").fill("0")
    maker.says("limit must be 1 or more, got 0")
    maker.field("limit").fill("7")
    maker.field("form").select_option("a notebook's cell")
    maker.shows("paced", URL=url, QUOTAS=quotas, LIMIT=7, notebook=True)
    maker.field("recipe").select_option("resilient")
    maker.shows("resilient")


def test_copy(lab: Lab, page: Page) -> None:
    """The button puts the code on the clipboard, whole."""
    maker = Maker(lab, page, "copy")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    maker.form.get_by_role("button", name="Copy").click()
    maker.says("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == snippet()


def test_where_a_page_may_not_copy(lab: Lab, page: Page) -> None:
    """It says so and selects the code, so that one key copies it; and no key edits the
    notebook.
    """
    page.add_init_script(NO_CLIPBOARD)
    maker = Maker(lab, page, "no-clipboard")
    maker.form.get_by_role("button", name="Copy").click()
    maker.says(
        "This page can't copy. The code is selected: press Ctrl+C, or ⌘C on a Mac."
    )
    assert page.evaluate(SELECTED) == snippet()
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("b", "x", "d", "d", "Delete"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
