"""What a cell printed, as it stands in a terminal when all has been printed."""

from collections.abc import Iterable
from typing import Any


def as_printed_at_last(outputs: Iterable[Any]) -> list[Any]:
    """The outputs, with each text in one piece, without what was overwritten.

    A progress bar prints its line again and again, and each time a carriage return
    takes it back to the line's beginning.
    """
    joined: list[Any] = []
    for output in outputs:
        if joined and continues(output, joined[-1]):
            joined[-1].text += output.text
        else:
            joined.append(output.copy())
    for output in filter(is_text, joined):
        output.text = without_what_was_overwritten(output.text)
    return joined


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
    """The last of the versions of a line that is not blank."""
    versions = [version for version in line.split("\r") if version.strip()]
    return versions[-1] if versions else ""
