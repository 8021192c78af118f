"""The snippet maker as a person uses it: choose, read, copy."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from inflight_lab.snippets import snippet
from tests.support.browser import IN_BROWSER, Place, in_both_front_ends
from tests.support.lab import Lab, run_all

pytestmark = IN_BROWSER

CELL = "from inflight_lab.snippets.widget import SnippetMaker\nSnippetMaker()"
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
        self.shows()

    def shows(self, **choices: Any) -> None:
        """Wait until the code is the one for these choices."""
        expect(self.form.locator("textarea")).to_have_value(
            snippet(**choices), timeout=60_000
        )

    def says(self, text: str) -> None:
        """Wait until the line beside the button is this."""
        expect(self.form.get_by_role("status")).to_have_text(text)


@in_both_front_ends
def test_it_shows_what_is_chosen(place: Place, lab: Lab, page: Page) -> None:
    """Each choice changes the code at once; a wrong one says what is allowed, and does
    no harm.
    """
    maker = Maker(lab, page, f"choose-{place}")
    form = maker.form
    form.get_by_label("retries").uncheck()
    maker.shows(retries=False)
    form.locator("[name=tokens]").fill("30000")
    maker.shows(retries=False, tokens=30_000)
    form.locator("[name=tokens]").fill("")
    form.get_by_label("one limit per host").check()
    form.get_by_label("progress").uncheck()
    form.get_by_label("Results").select_option("as they come")
    form.get_by_label("For").select_option("a notebook's cell")
    chosen: dict[str, Any] = {
        "retries": False,
        "progress": False,
        "per_host": True,
        "notebook": True,
    }
    chosen |= {"save": None, "as_completed": True}
    maker.shows(**chosen)
    form.locator("[name=count_too]").fill("300")
    chosen["quotas"] = [(100, 1), (300, 60)]
    maker.shows(**chosen)
    form.get_by_label("At most").fill("0")
    maker.says("limit must be 1 or more, or None, got 0")
    form.get_by_label("At most").fill("7")
    maker.shows(**chosen, limit=7)
    form.locator("[name=count]").fill("")
    form.locator("[name=count_too]").fill("")
    maker.shows(**chosen | {"quotas": ()}, limit=7)


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
        "This page may not copy. The code is selected: press Ctrl+C, on a Mac ⌘C."
    )
    assert page.evaluate(SELECTED) == snippet()
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("b", "x", "d", "d", "Delete"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
