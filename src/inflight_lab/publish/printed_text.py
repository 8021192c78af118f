"""What a cell printed, about as it stands in a terminal when all has been printed."""

from collections.abc import Iterable
from typing import Any


def as_printed_at_last(outputs: Iterable[Any]) -> list[Any]:
    """The outputs, without the text that was overwritten.

    A progress bar prints its line again and again, and each time a carriage return
    takes it back to the line's beginning.  So texts of one stream that follow each
    other are joined first; a text of which nothing is left is dropped.
    """
    joined: list[Any] = []
    for output in outputs:
        if joined and continues(output, joined[-1]):
            joined[-1].text += output.text
        else:
            joined.append(output.copy())
    for output in filter(is_text, joined):
        output.text = without_what_was_overwritten(output.text)
    return [output for output in joined if not is_text(output) or output.text]


def is_text(output: Any) -> bool:
    """Whether a cell printed it."""
    return bool(output.output_type == "stream")


def continues(output: Any, last: Any) -> bool:
    """Whether an output goes on in the text of the last one."""
    return is_text(output) and is_text(last) and output.name == last.name


def without_what_was_overwritten(text: str) -> str:
    """Of each line, what stands there at last."""
    return "\n".join(map(last_version, text.split("\n")))


def last_version(line: str) -> str:
    """The line after each of its versions has been written over the one before.

    A shorter one leaves the end of a longer one, unless it wipes that with blanks.
    """
    shown = ""
    for version in line.split("\r"):
        shown = version + shown[len(version) :]
    return shown.rstrip()
