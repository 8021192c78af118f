"""A prediction in the page, without a page."""

from __future__ import annotations

import pytest

from inflight_lab.exercises import prediction
from inflight_lab.exercises.prediction import Predict, as_plain_html
from inflight_lab.exercises.verdict import Verdict

WRONG: dict[float | str, str] = {
    200: "That is what the client counts.",
    3: "That is another rung.",
}
WHY_NOT_3 = "Why not 3? That is another rung."
EXPLAINED = f"Why not 200? That is what the client counts. {WHY_NOT_3}"
"""What is said to those who only read: the usual mistakes, each with its reason."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Verdict]:
    """The cards that are shown."""
    shown: list[Verdict] = []
    monkeypatch.setattr(prediction, "display", shown.append)
    return shown


@pytest.mark.parametrize(
    ("typed", "word", "comment"),
    [
        ("", "Answer", EXPLAINED),
        ("100", "Right", "You predicted 100: right."),
        (" 1e2 ", "Right", "You predicted 1e2: right."),
        ("90", "Right", "You predicted 90: right."),
        ("110", "Right", "You predicted 110: right."),
        ("89", "Not as you predicted", "You predicted 89."),
        ("111", "Not as you predicted", "You predicted 111."),
        (
            *("200", "Not as you predicted"),
            "You predicted 200. That is what the client counts.",
        ),
        ("nan", "Not as you predicted", "You predicted nan."),
        ("lots", "Not as you predicted", "You predicted lots."),
    ],
)
def test_number_is_set_beside_what_was_measured(
    typed: str, word: str, comment: str, shown: list[Verdict]
) -> None:
    """A tenth beside it is right, and a usual mistake is explained."""
    guess = Predict("How many?")
    guess.field.value = typed
    guess.compare(100, WRONG)
    assert str(shown[0]) == f"How many? Measured: 100. {comment}"
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


@pytest.mark.parametrize(
    ("typed", "comment"), [("200", "You predicted 200: right."), ("", WHY_NOT_3)]
)
def test_what_was_measured_is_no_mistake(
    typed: str, comment: str, shown: list[Verdict]
) -> None:
    """What a slow computer really shows is not called wrong."""
    guess = Predict("How many?")
    guess.field.value = typed
    guess.compare(200, WRONG)
    assert str(shown[0]) == f"How many? Measured: 200. {comment}"


def test_a_number_can_be_typed_on_a_page() -> None:
    """A page without a kernel has a field for it, below the question."""
    assert '<input type="number"' in as_plain_html("How many?", ())
    assert "number" not in as_plain_html("Which?", ("one", "two"))


def test_question_is_text() -> None:
    """A question about `<` is shown as it is written."""
    guess = Predict("Is 1 < 2 & 2 > 1?")
    assert guess.children[0].value == "<b>Predict:</b> Is 1 &lt; 2 &amp; 2 &gt; 1?"
