"""Runs kept in a file: the very messages that drew them, to be sent again by `Replay`.

The file is JSON in UTF-8, of at most `LARGEST` bytes, and holds runs by name.  Each is
a list of what `PlotSource.read` returned while it went on.  Every file is checked
before it is written and when it is read.
"""

import json
import reprlib
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any

from inflight_lab.arguments import Validator, integer, number, one_of, positive
from inflight_lab.plot.flow import ENDS
from inflight_lab.plot.points import LINES, Message
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runs.events import Stats

FORMAT = "inflight-lab recording 3"
"""What a file says it is.  The number is the version: another one is refused."""

LARGEST = 5_000_000
"""Bytes.  A larger file would stop the notebook for seconds while it is read."""

RECORDINGS = Path(__file__).with_name("recordings")
"""The folder of the runs that come with the package: for a lesson without a server."""

SECONDS, LEVEL = number(0, 3600, of="seconds"), number(0, 10**9)
WHAT = Validator((str,), "a text", "")
NUMBER = Validator(
    (int, NoneType),
    "an integer or null",
    "0 to 100000",
    lambda it: 0 <= (it or 0) <= 10**5,
)
DETAIL = Validator((int, str, NoneType), "an integer, a text or null", "")
COUNT, COUNTED = integer(0, 10**9), ("taken", "freed", "answered")
"""Rows whose detail is a number: a slot or a status.  Where many end unsent, it is how many."""
VALIDATORS = {
    "kind": one_of(*KINDS),
    "rate": positive(),
    "period": positive(),
    "burst": integer(1),
    "phase": LEVEL,
    "tokens?": COUNT,
}
MESSAGE = {
    "now": SECONDS,
    "live": bool,
    "numbered": bool,
    "counts": {field.name: LEVEL for field in fields(Stats)},
    "rules?": VALIDATORS,
    "series": {f"{name}?": [(SECONDS, LEVEL, LEVEL, LEVEL)] for name in LINES},
    "rows": [(SECONDS, WHAT, NUMBER, DETAIL)],
}
"""What is in a message.  A list is of any length, a tuple is a list of just that length, and a field whose
name ends with ? may be missing."""


def save(path: str | Path, runs: dict[str, list[Message]]) -> None:
    """Write runs, by name, to a JSON file.

    Raises ``ValueError`` for what `load` would refuse, and ``OSError`` if the file
    cannot be written.
    """
    text = json.dumps({"format": FORMAT, "runs": runs}, separators=(",", ":")) + "\n"
    try:
        _parse(text.encode())
    except (TypeError, ValueError) as error:
        raise ValueError(f"this cannot be recorded: {error}") from None
    Path(path).write_text(text, encoding="utf-8")


def load(path: str | Path) -> dict[str, list[Message]]:
    """The runs in a file that `save` wrote, by name.

    Raises ``OSError`` if it cannot be read, and ``ValueError`` if it is something else
    or damaged.
    """
    try:
        with Path(path).open("rb") as file:
            return _parse(file.read(LARGEST + 1))
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error)[:300]  # it may quote what is in the file
    raise ValueError(
        f"path must name a recording that a panel saved, got {str(path)!r}: {problem}"
    )


def _parse(text: bytes) -> dict[str, list[Message]]:
    """The runs in the text of a file.  Raises an error that says what is wrong, and where."""
    if len(text) > LARGEST:
        raise ValueError(
            f"it has more than {LARGEST:,} bytes, the most that a recording may have"
        )
    filed = json.loads(text)
    if type(filed) is not dict or filed.get("format") != FORMAT:
        raise _wrong(
            "format",
            repr(FORMAT),
            filed.get("format") if type(filed) is dict else filed,
        )
    runs = filed.get("runs")
    if type(runs) is not dict or not runs:
        raise _wrong("runs", "an object with runs by name", runs)
    for name, messages in runs.items():
        _check(name := f"runs.{name[:50]}", messages, [MESSAGE])
        if not messages:
            raise _wrong(name, "a list with a message at least", messages)
        for _, what, request, detail in (
            row for message in messages for row in message["rows"]
        ):
            if what in COUNTED or (request is None and what in ENDS):
                COUNT.check(f"{name}: the detail of {what!r}", detail)
    return runs


def _check(name: str, value: Any, shape: Any) -> None:
    """Raise an error that says where ``value`` is not of the ``shape``, as in `MESSAGE`."""
    if isinstance(shape, Validator):
        shape.check(name, value)
    elif shape is bool and type(value) is not bool:
        raise _wrong(name, "true or false", value)
    elif isinstance(shape, list | tuple):
        long = f" of {len(shape)}" if isinstance(shape, tuple) else ""
        if type(value) is not list or (long and len(value) != len(shape)):
            raise _wrong(name, f"a list{long}", value)
        for place, each in enumerate(value):
            _check(f"{name}[{place}]", each, shape[place % len(shape)])
    elif isinstance(shape, dict):
        known = {field.rstrip("?"): each for field, each in shape.items()}
        if (
            type(value) is not dict
            or not shape.keys() & known.keys() <= value.keys() <= known.keys()
        ):
            raise _wrong(name, f"an object with {', '.join(shape)}", value)
        for field, each in value.items():
            _check(f"{name}.{field}", each, known[field])


def _wrong(name: str, allowed: str, value: Any) -> ValueError:
    return ValueError(f"{name} must be {allowed}, got {reprlib.repr(value)}")
