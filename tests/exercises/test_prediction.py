"""A prediction in the page, without a page."""

from __future__ import annotations

import pytest
from ipywidgets.widgets import widget

from inflight_lab.exercises.prediction import Predict

WRONG = {200: "That is what the client counts.", 3: "That is another rung."}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "You made no prediction."),
        ("  ", "You made no prediction."),
        ("100", "You predicted 100: right."),
        (" 1e2 ", "You predicted 1e2: right."),
        ("95", "You predicted 95: right."),
        ("0", "You predicted 0."),
        ("200", "You predicted 200. That is what the client counts."),
        ("nan", "You predicted nan."),
        ("lots", "You predicted lots."),
        ("<b>", "You predicted <b>."),
    ],
)
def test_number_is_set_beside_what_was_measured(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each answer, none too, gets one line: a tenth beside it is right, and a usual
    mistake is explained.
    """
    guess = Predict("How many?")
    guess.field.value = typed
    guess.compare(100, WRONG)
    assert capsys.readouterr().out == f"How many? Measured: 100. {said}\n"


def test_choice_is_set_beside_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is chosen at first; then the choice counts, word for word."""
    guess = Predict("What do the others do?", "they stop", "they go on")
    wrong = {"they stop": "`gather` cancels nothing."}
    guess.compare("they go on", wrong)
    for choice in guess.choices:
        guess.field.value = choice
        guess.compare("they go on", wrong)
    assert capsys.readouterr().out.splitlines() == [
        f'What do the others do? Measured: "they go on". {said}'
        for said in (
            "You made no prediction.",
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
