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

    Nothing waits for an answer: without one, Run All goes on, and `compare` says only
    what was measured.
    """

    def __init__(self, question: str, *choices: str) -> None:
        self.question, self.choices = question, choices
        number = {
            "description": "your number:",
            "style": {"description_width": "initial"},
        }
        self.field = (
            RadioButtons(options=choices, value=None) if choices else Text(**number)
        )
        super().__init__([HTML(f"<b>Predict:</b> {html.escape(question)}"), self.field])
        closed_on_rerun(self.close)

    def close(self) -> None:
        """Close all that it is made of: ipywidgets would keep it."""
        for part in self.children:
            for owned in (part.style, part.layout, part):
                owned.close()
        self.layout.close()
        super().close()

    def compare(
        self, measured: Answer, wrong: Mapping[Answer, str] | None = None
    ) -> None:
        """Print what was measured beside the answer.

        ``wrong`` has a line for each wrong answer that people really give.
        """
        answer, quote = (self.field.value or "").strip(), '"' if self.choices else ""
        if not answer:
            said = "You made no prediction."
        elif _same(answer, measured):
            said = f"You predicted {quote}{answer}{quote}: right."
        else:
            lines = [
                line
                for mistake, line in (wrong or {}).items()
                if _same(answer, mistake)
            ]
            said = " ".join([f"You predicted {quote}{answer}{quote}.", *lines])
        print(f"{self.question} Measured: {quote}{measured}{quote}. {said}")


def _same(answer: str, other: Answer) -> bool:
    try:
        return answer == other or abs(float(answer) - float(other)) <= NEAR * abs(
            float(other)
        )
    except ValueError:
        return False
