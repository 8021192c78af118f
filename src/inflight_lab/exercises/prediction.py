"""A *Predict* that takes an answer in the page, and sets it beside what was measured.

>>> refused = Predict("How many of the 200 are refused?")
>>> refused  # in a cell of its own; after the run, in another:
>>> refused.compare(server.stats().refused, {0: "The API allows 100 a second, and 200 left at once."})
"""

import html
from collections.abc import Mapping

from ipywidgets import HTML, RadioButtons, Text, VBox

from inflight_lab.jupyter.cells import closed_on_rerun

Answer = float | str
NEAR = 0.1
"""How far a number may be off, as a share of what was measured."""


class Predict(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A question with a field for a number, or with ``choices`` to pick one from.

    Nothing waits for an answer: without one, Run All goes on, and `compare` says only what was measured.
    """

    def __init__(self, question: str, *choices: str) -> None:
        self.question, self.choices = question, choices
        if choices:
            self.field = RadioButtons(options=choices, value=None)
        else:
            label, style = "your number:", {"description_width": "initial"}
            self.field = Text(description=label, style=style, layout={"width": "14em"})
        super().__init__([HTML(f"<b>Predict:</b> {html.escape(question)}"), self.field])
        closed_on_rerun(self.close)

    def close(self) -> None:
        """Close all that it is made of: ipywidgets would keep it."""
        for part in self.children:
            part.style.close()
            part.layout.close()
            part.close()
        self.layout.close()
        super().close()

    @property
    def answer(self) -> Answer | None:
        """The choice or the number; None without one.  What is no number stays the text that was typed."""
        typed = (self.field.value or "").strip()
        try:
            return typed if self.choices else float(typed)
        except ValueError:
            return typed or None

    def compare(self, measured: Answer, wrong: Mapping[Answer, str] | None = None) -> None:
        """Print what was measured beside the answer.

        ``wrong`` has a line for each wrong answer that people really give.
        """
        answer = self.answer
        if not answer and not isinstance(answer, float):
            said = "You made no prediction."
        elif _same(answer, measured):
            said = f"You predicted {_shown(answer)}: right."
        else:
            lines = [line for mistake, line in (wrong or {}).items() if _same(answer, mistake)]
            said = " ".join([f"You predicted {_shown(answer)}.", *lines])
        print(f"{self.question} Measured: {_shown(measured)}. {said}")


def _same(answer: Answer, other: Answer) -> bool:
    if isinstance(answer, str) or isinstance(other, str):
        return answer == other
    return abs(answer - other) <= NEAR * abs(other)


def _shown(answer: Answer) -> str:
    return f'"{answer}"' if isinstance(answer, str) else f"{answer:g}"
