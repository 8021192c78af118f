"""A prediction in the page, without a page."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from ipywidgets.widgets import widget

from inflight_lab.exercises.prediction import Predict

WRONG: dict[float | str, str] = {
    200: "That is what the client counts.",
    3: "That is another rung.",
}
EXPLAINED = (
    "Why not 200? That is what the client counts. Why not 3? That is another rung."
)
"""What is said to those who only read: the usual mistakes, each with its reason."""


class Typed(NamedTuple):
    """What a reader typed, and what is said about it when 100 was measured."""

    text: str
    comment: str


@pytest.mark.parametrize(
    "typed",
    [
        Typed("", comment=EXPLAINED),
        Typed("  ", comment=EXPLAINED),
        Typed("100", comment="You predicted 100: right."),
        Typed(" 1e2 ", comment="You predicted 1e2: right."),
        Typed("90", comment="You predicted 90: right."),
        Typed("110", comment="You predicted 110: right."),
        Typed("89", comment="You predicted 89."),
        Typed("111", comment="You predicted 111."),
        Typed("0", comment="You predicted 0."),
        Typed("200", comment="You predicted 200. That is what the client counts."),
        Typed("nan", comment="You predicted nan."),
        Typed("lots", comment="You predicted lots."),
        Typed("<b>", comment="You predicted <b>."),
    ],
)
def test_number_is_set_beside_what_was_measured(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tenth beside it is right, and a usual mistake is explained."""
    guess = Predict("How many?")
    guess.field.value = typed.text
    guess.compare(100, WRONG)
    assert capsys.readouterr().out == f"How many? Measured: 100. {typed.comment}\n"


def test_choice_is_set_beside_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is chosen at first; then the choice counts, word for word."""
    guess = Predict("What do the others do?", "they stop", "they go on")
    wrong: dict[float | str, str] = {"they stop": "`gather` cancels nothing."}
    guess.compare("they go on", wrong)
    for choice in guess.choices:
        guess.field.value = choice
        guess.compare("they go on", wrong)
    assert capsys.readouterr().out.splitlines() == [
        f'What do the others do? Measured: "they go on". {said}'
        for said in (
            'Why not "they stop"? `gather` cancels nothing.',
            'You predicted "they stop". `gather` cancels nothing.',
            'You predicted "they go on": right.',
        )
    ]


def test_a_mistake_that_was_measured_is_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a slow computer really shows is not called wrong."""
    guess = Predict("How many?")
    guess.field.value = "200"
    guess.compare(200, WRONG)
    assert capsys.readouterr().out.endswith("You predicted 200: right.\n")


def test_what_was_measured_is_not_called_a_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a slow computer really shows needs no reason why it cannot be."""
    Predict("How many?").compare(200, WRONG)
    said = "How many? Measured: 200. Why not 3? That is another rung.\n"
    assert capsys.readouterr().out == said


def test_without_mistakes_only_the_answer_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run All reproaches nobody."""
    Predict("How many?").compare(100)
    assert capsys.readouterr().out == "How many? Measured: 100.\n"


def test_question_is_text() -> None:
    """A question about `<` is shown as it is written."""
    guess = Predict("Is 1 < 2 & 2 > 1?")
    assert guess.children[0].value == "<b>Predict:</b> Is 1 &lt; 2 &amp; 2 &gt; 1?"


def test_close_leaves_nothing() -> None:
    """A cell that runs again and again does not pile up widgets."""
    before = set(widget._instances)
    for guess in (Predict("How many?"), Predict("Which?", "one", "two")):
        guess.close()
    assert set(widget._instances) == before
