"""A prediction in the page, without a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from inflight_lab.lesson.exercises import prediction
from inflight_lab.lesson.exercises.prediction import Predict, as_plain_html
from inflight_lab.lesson.exercises.verdict import CORRECT, MEASURED, NOT_YET, Verdict

WRONG: dict[float | str, str] = {
    200: "That is what the client counts.",
    3: "That is another rung.",
}
WHY_NOT_3 = "Why not 3? That is another rung."
OTHER = "Not as you predicted"
EXPLAINED = f"Why not 200? That is what the client counts. {WHY_NOT_3}"
"""What is said to those who only read: the usual mistakes, each with its reason."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Verdict]:
    """The cards that are shown."""
    shown: list[Verdict] = []
    monkeypatch.setattr(prediction, "display", shown.append)
    return shown


@pytest.mark.parametrize(
    ("typed", "measured", "word", "comment"),
    [
        ("", 100, "Answer", EXPLAINED),
        (" 1e2 ", 100, "Right", "You predicted 1e2: right."),
        ("90", 100, "Right", "You predicted 90: right."),
        ("110", 100, "Right", "You predicted 110: right."),
        ("89", 100, OTHER, "You predicted 89."),
        ("111", 100, OTHER, "You predicted 111."),
        ("200", 100, OTHER, "You predicted 200. That is what the client counts."),
        ("lots", 100, OTHER, "You predicted lots."),
        # What a slow computer really shows is not called wrong.
        ("200", 200, "Right", "You predicted 200: right."),
        ("", 200, "Answer", WHY_NOT_3),
        ("", 198, "Answer", WHY_NOT_3),
    ],
)
def test_number_is_set_beside_what_was_measured(
    typed: str, measured: float, word: str, comment: str, shown: list[Verdict]
) -> None:
    """A tenth beside it is right, and a usual mistake is explained."""
    guess = Predict("How many?")
    guess.field.value = typed
    guess.compare(measured, WRONG)
    assert str(shown[0]) == f"How many? Measured: {measured}. {comment}"
    assert f"<strong>{word}: How many?</strong>" in shown[0]._repr_html_()


@pytest.mark.parametrize(
    ("choice", "comment"),
    [
        (None, 'Why not "they stop"? `gather` cancels nothing.'),
        ("they stop", 'You predicted "they stop". `gather` cancels nothing.'),
        ("they go on", 'You predicted "they go on": right.'),
    ],
)
def test_choice_is_set_beside_what_was_measured(
    choice: str | None, comment: str, shown: list[Verdict]
) -> None:
    """Nothing is chosen at first; then the choice counts, word for word."""
    guess = Predict("What do the others do?", "they stop", "they go on")
    if choice:
        guess.field.value = choice
    guess.compare("they go on", {"they stop": "`gather` cancels nothing."})
    assert str(shown[0]).endswith(f'Measured: "they go on". {comment}')


def test_an_answer_that_nobody_can_choose_is_an_error() -> None:
    """The author of a notebook sees it in the first Run All."""
    guess = Predict("Which?", "one", "two")
    with pytest.raises(ValueError, match="three"):
        guess.compare("three")
    with pytest.raises(ValueError, match="three"):
        guess.compare("one", {"three": "There are two."})


def test_a_page_without_a_kernel() -> None:
    """A number can be typed there, and what has a `<` in it is shown as written."""
    assert '<input type="number"' in as_plain_html("How many?", ())
    choices = as_plain_html("Which?", ("1 < 2", "two"))
    assert "number" not in choices
    assert "> 1 &lt; 2<" in choices
    guess = Predict("Is 1 < 2 & 2 > 1?")
    assert guess.children[0].value == "<b>Predict:</b> Is 1 &lt; 2 &amp; 2 &gt; 1?"


# ---- the card itself


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
