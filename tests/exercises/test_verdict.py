"""The card of a verdict: what it shows in a notebook, and the line it is elsewhere."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from inflight_lab.exercises.check import NotYetError, verdict_on
from inflight_lab.exercises.prediction import Predict
from inflight_lab.exercises.verdict import MEASURED, Verdict


class Said(NamedTuple):
    """A verdict, and the words on its card."""

    verdict: Verdict
    words: str


SAID = [
    Said(verdict_on("two in flight."), words="✓ Correct Two in flight."),
    Said(verdict_on(NotYetError("1 < 2.")), words="… Not yet 1 < 2."),
    Said(
        verdict_on(ValueError("<b>")),
        words="… Not yet Your code raised ValueError: <b>",
    ),
    Said(
        Verdict(MEASURED, "3 s", line="limit 10: 3 s", about="limit 10"),
        words="= Measured: limit 10 3 s",
    ),
    Said(
        Verdict(MEASURED, "`gather` goes on", line=""),
        words="= Measured gather goes on",
    ),
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.words)
def test_a_card_says_what_it_is_in_words(said: Said) -> None:
    """By a mark and a word, not by colour alone; to screen readers as well; and what an
    answer contains is text, not markup.
    """
    (card,) = ElementTree.fromstring(
        f"<page>{said.verdict._repr_html_().replace('<br>', '')}</page>"
    )
    assert " ".join("".join(card.itertext()).split()) == said.words
    assert card.get("role") == "status"


def test_code_is_set_as_code() -> None:
    """What stands in backticks is a name."""
    shown = Verdict(MEASURED, "`a < b` is not", line="")._repr_html_()
    assert "<code>a &lt; b</code> is not" in shown


def test_a_card_needs_no_style_sheet() -> None:
    """Where front ends keep style sheets out, it still has its border and its ground;
    it sets no colour for text that the page's ground could swallow.
    """
    shown = verdict_on("yes")._repr_html_()
    assert "<style" not in shown
    assert "border-left" in shown
    assert re.findall(r"[\s;]color: ([^;\"]+)", shown) == ["#fff"]  # on the mark's own


@pytest.mark.parametrize(
    ("typed", "word"),
    [("", "Answer"), ("100", "Right"), ("3", "Not as you predicted")],
)
def test_a_right_prediction_looks_different(
    typed: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its card says whether it was right, and repeats the question."""
    shown: list[Verdict] = []
    monkeypatch.setattr("inflight_lab.exercises.prediction.display", shown.append)
    guess = Predict("How many?")
    guess.field.value = typed
    guess.compare(100)
    assert f"<strong>{word}: How many?</strong>" in shown[0]._repr_html_()
    guess.close()
