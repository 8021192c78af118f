"""A *Predict*: a question whose answer is compared with a measurement.

>>> refused = Predict("How many of the 200 are refused?")
>>> refused  # in a cell of its own; after the run, in another:
>>> refused.compare(server.stats().refused, {0: "100 a second are allowed."})
"""

import html
from collections.abc import Iterable, Mapping
from typing import Any

from IPython.display import display
from ipywidgets import HTML, RadioButtons, Text, VBox

from inflight_lab.lesson.exercises.verdict import (
    ANSWER,
    DIFFERENT,
    RIGHT,
    Sign,
    Verdict,
)

Answer = float | str
TOLERANCE = 0.1
"""How far a predicted number may be off, as a share of the measured one."""


class Predict(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A question with a field for a number, or with ``choices`` to pick one from.

    Nothing waits for an answer, so Run All goes on.  Without an answer, `compare` says
    what was measured, and why the usual mistakes are wrong.
    """

    def __init__(self, question: str, *choices: str) -> None:
        self.question = question
        self.choices = choices
        self.field = choice_field(choices) if choices else number_field()
        super().__init__([HTML(asked(question)), self.field])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The widget, and plain HTML for a page that shows no widgets."""
        data: dict[str, Any] = super()._repr_mimebundle_(**options)
        data["text/html"] = as_plain_html(self.question, self.choices)
        return data

    def compare(
        self, measured: Answer, wrong: Mapping[Answer, str] | None = None
    ) -> None:
        """Show the answer and what was ``measured``, as a card or as a line.

        ``wrong`` has the usual wrong answers, each with a line on what is wrong.
        Raises ``ValueError`` for an answer that is not among the choices.
        """
        answers = {measured, *(wrong or {})}
        if self.choices and not answers <= {*self.choices}:
            raise ValueError(f"answers must be of {self.choices}, got {answers}")
        mistakes = without(measured, wrong or {})
        said = [f"Measured: {self._quoted(measured)}."]
        said += self._comments(measured, mistakes)
        display(Verdict(self._sign(measured), "\n".join(said), about=self.question))

    @property
    def answer(self) -> str:
        """What was typed or chosen; empty if nothing was."""
        return (self.field.value or "").strip()

    def _sign(self, measured: Answer) -> Sign:
        if not self.answer:
            return ANSWER
        return RIGHT if is_near(self.answer, measured) else DIFFERENT

    def _comments(self, measured: Answer, mistakes: Mapping[Answer, str]) -> list[str]:
        """Comment on the reader's answer or, without one, on each usual mistake."""
        if not self.answer:
            return [
                f"Why not {self._quoted(mistake)}? {why}"
                for mistake, why in mistakes.items()
            ]
        predicted = f"You predicted {self._quoted(self.answer)}"
        if is_near(self.answer, measured):
            return [f"{predicted}: right."]
        explained = [
            why for each, why in mistakes.items() if is_near(self.answer, each)
        ]
        return [" ".join([f"{predicted}.", *explained])]

    def _quoted(self, answer: Answer) -> str:
        """In quotes if it is one of the choices; a number needs none."""
        return f'"{answer}"' if self.choices else str(answer)


def asked(question: str) -> str:
    """The question as HTML."""
    return f"<b>Predict:</b> {html.escape(question)}"


def as_plain_html(question: str, choices: Iterable[str]) -> str:
    """The question with fields for an answer, as HTML that needs no JavaScript."""
    group = html.escape(question)
    fields = [
        f'<label><input type="radio" name="{group}"> {html.escape(choice)}</label>'
        for choice in choices
    ]
    if not fields:
        fields = ['<label>your number: <input type="number" step="any"></label>']
    return f"<fieldset><legend>{asked(question)}</legend>{''.join(fields)}</fieldset>"


def number_field() -> Text:
    """Text, so that it may stay empty, and so that "1e2" is a number too."""
    return Text(description="your number:", style={"description_width": "initial"})


def choice_field(choices: tuple[str, ...]) -> RadioButtons:
    """One button for each choice, none of them chosen."""
    return RadioButtons(options=choices, value=None)


def is_near(answer: str, other: Answer) -> bool:
    """Whether ``answer`` is ``other``, or a number within `TOLERANCE` of it."""
    if answer == other:
        return True
    try:
        number, wanted = float(answer), float(other)
    except ValueError:
        return False
    return abs(number - wanted) <= TOLERANCE * abs(wanted)


def without(measured: Answer, wrong: Mapping[Answer, str]) -> dict[Answer, str]:
    """The mistakes, without one that a slow computer has really measured."""
    return {
        mistake: why
        for mistake, why in wrong.items()
        if not is_near(str(mistake), measured)
    }
