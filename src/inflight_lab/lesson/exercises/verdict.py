"""A verdict on an answer: a small card in a notebook, and one line elsewhere."""

import re
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

GREEN = "#00785a"
ORANGE = "#9a5c00"
BLUE = "#0072b2"
"""White letters can be read on each of them, in light pages and in dark ones."""

CODE = re.compile(r"`([^`]+)`")


class Sign(NamedTuple):
    """The sign of a card.  Its shape and word tell cards apart, colour only adds."""

    mark: str
    word: str
    colour: str
    radius: str
    """How round the mark's background is."""


# Correct and Not yet judge exercises; Right, Not as you predicted and Answer are for
# predictions, the last of them where none was made.
CORRECT = Sign("✓", "Correct", GREEN, radius="50%")
NOT_YET = Sign("…", "Not yet", ORANGE, radius="3px")
RIGHT = Sign("✓", "Right", GREEN, radius="50%")
DIFFERENT = Sign("≠", "Not as you predicted", ORANGE, radius="3px")
ANSWER = Sign("=", "Answer", BLUE, radius="3px")
MEASURED = Sign("=", "Measured", BLUE, radius="3px")

# Written into the elements, not a style sheet: every front end and exported page shows
# these, and the text keeps the colour that the page gives it.
CARD = """
<div class="ifl-verdict" role="status" style="display: flex; gap: 12px;
  box-sizing: border-box; max-width: 46em; margin: 4px 0; padding: 10px 14px;
  border: 1px solid rgba(128, 128, 128, 0.6); border-left: 6px solid {colour};
  border-radius: 6px; line-height: 1.45; overflow-wrap: anywhere">
<span aria-hidden="true" style="flex: none; width: 1.5em; height: 1.5em;
  border-radius: {radius}; background: {colour}; color: #fff; text-align: center;
  line-height: 1.5em; font-weight: 700">{mark}</span>
<div><strong>{heading}</strong><br>
<span style="white-space: pre-line">{text}</span></div>
</div>
"""


@dataclass(frozen=True)
class Verdict:
    """A card with a sign and a ``text``; as plain text it is one line.

    ``about`` says what the card judges.
    """

    sign: Sign
    text: str
    about: str = ""

    def __str__(self) -> str:
        subject = self.about or self.sign.word
        mark = "" if subject.endswith("?") else ":"
        return f"{subject}{mark} {self.text}".replace("\n", " ")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        heading = f"{self.sign.word}: {self.about}" if self.about else self.sign.word
        return CARD.format(
            colour=self.sign.colour,
            radius=self.sign.radius,
            mark=self.sign.mark,
            heading=in_html(heading),
            text=in_html(as_sentence(self.text)),
        )


def in_html(text: str) -> str:
    """``text`` as it is, with its `code` set as code."""
    return CODE.sub(r"<code>\1</code>", escape(text))


def as_sentence(text: str) -> str:
    """``text`` with a capital letter: on a card it does not follow a colon."""
    return text[:1].upper() + text[1:]
