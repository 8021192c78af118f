"""A prediction as a person makes it: a number typed, a choice made with Space."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.browser.accessible import serious_findings
from tests.support.browser.lab import Lab, run_all

pytestmark = IN_BROWSER

NUMBER = """
from inflight_lab.lesson.exercises.prediction import Predict
many = Predict("How many of the 200 are refused?")
many
"""
CHOICE = """
others = Predict("What do the others do?", "they stop", "they go on")
others
"""
COMPARE = """
many.compare(100, {1000: "Not so many."})
others.compare("they go on")
from inflight_lab.lesson.exercises.check import verdict_on
display(verdict_on("two requests, both in flight at once."))
"""
CARDS = ".jp-OutputArea-output [role=status]"


def compare(page: Page, words: str) -> None:
    """Run the last cell until its card has ``words``: a front end sends what is typed
    only when its kernel has dealt with the first of it, perhaps after the cell.
    """
    card = page.locator(CARDS).first
    for _ in range(5):
        page.locator(".jp-CodeCell .cm-content").last.click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(AssertionError):
            expect(card).to_contain_text(words, timeout=5_000)
            return
    expect(card).to_contain_text(words)


def test_it_takes_an_answer_from_the_keyboard(lab: Lab, page: Page) -> None:
    """Run All goes on without one; what is typed then is compared, and a "00" in it
    restarts no kernel, as it does where a notebook has the focus.
    """
    lab.use_theme("JupyterLab Dark")
    lab.open(page, lab.write("predict.ipynb", NUMBER, CHOICE, COMPARE))
    run_all(page)
    cards = page.locator(CARDS)
    expect(cards.first).to_contain_text("Why not 1000?")
    field = page.get_by_label("your number")
    field.click()
    page.keyboard.type("1000")
    expect(field).to_have_value("1000")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)
    compare(page, "Measured: 100. You predicted 1000. Not so many.")
    expect(cards.nth(1)).to_contain_text('You predicted "they stop".')
    expect(page.get_by_role("dialog")).to_have_count(0)
    for part in (".jp-OutputArea .widget-vbox", CARDS):
        assert serious_findings(page, part) == []
