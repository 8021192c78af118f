"""The card of a verdict."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from inflight_lab.exercises.verdict import CORRECT, MEASURED, NOT_YET, Verdict


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict(CORRECT, "two in flight."), "✓ Correct Two in flight."),
        (Verdict(NOT_YET, "<b> < 2.\nWhy?"), "… Not yet <b> < 2. Why?"),
        (
            Verdict(MEASURED, "`3 < 4` s", about="limit 10"),
            "= Measured: limit 10 3 < 4 s",
        ),
    ],
)
def test_a_card_says_what_it_is_in_words(verdict: Verdict, words: str) -> None:
    """By a mark and a word, not by colour alone; to screen readers as well; and what an
    answer contains is text, not markup.
    """
    html = verdict._repr_html_()
    (card,) = ElementTree.fromstring(f"<page>{html.replace('<br>', '')}</page>")
    assert " ".join("".join(card.itertext()).split()) == words
    assert card.get("role") == "status"
    assert ("<code>" in html) is ("`" in verdict.text)
    assert "\n" not in str(verdict)  # outside a notebook it is one line


def test_a_card_needs_no_style_sheet() -> None:
    """Where front ends keep style sheets out, it still has its border and its ground;
    it sets no colour for text that the page's ground could swallow.
    """
    shown = Verdict(CORRECT, "yes")._repr_html_()
    assert "<style" not in shown
    assert "border-left" in shown
    assert re.findall(r"[\s;]color: ([^;\"]+)", shown) == ["#fff"]  # on the mark's own
