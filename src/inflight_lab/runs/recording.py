"""Saves runs to a file, from which a page can play them.

A recording is JSON in UTF-8, of at most `MAX_BYTES`: its `FORMAT`, and complete runs by
name, in columns.  One of two requests, of which the second was refused::

    {"format": "inflight-lab recording 4",
     "runs": {"naive": {
       "now": 0.31, "live": false, "stopped": false,
       "slow": 1.0, "unlimited": true, "window_offset": 0.0,
       "counts": {"started": 2, "waiting": 0, "in_flight": 0, "peak_in_flight": 2,
                  "accepted": 1, "refused": 1, "failed": 0, "cancelled": 0,
                  "elapsed": 0.31, "busiest_period": 2},
       "dropped": {"accepted": 0, "refused": 0, "failed": 0, "cancelled": 0},
       "policies": [{"time": 0.0, "kind": "sliding-window", "rate": 1, "period": 1.0,
                     "burst": 1, "tokens": 0}],
       "latencies": [{"time": 0.0, "latency": 0.3}],
       "levels": {"client": {"times":   [0.0, 0.3, 0.31],
                             "lowest":  [1, 1, 0],
                             "highest": [2, 2, 1],
                             "last":    [2, 1, 0]}},
       "events": {"times":    [0.0, 0.0, 0.004, 0.004, 0.3, 0.31],
                  "what":     ["sent", "sent", "arrived", "arrived",
                               "answered", "answered"],
                  "requests": [0, 1, 0, 1, 1, 0],
                  "details":  [null, null, 200, 429, 429, 200],
                  "quota":    [null, null, 1, 1, null, null]}}}}

`Run` says what the fields are, `Point` a row of ``levels``, `RequestEvent` one of
``events``, and `QuotaPolicy` one of ``policies``; where there is no quota, its kind is
"none".  Times are in seconds from the beginning of the run, in the order of time, and
all columns of a table have equal lengths.  `COLUMNS` is what is checked, before a file
is written and when it is read: an error names the field and what it must be.  A field
that may be missing can come without another version of the format; all else needs one,
because other versions are refused.
"""

import json
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from inflight_lab.arguments import Validator, integer, number, one_of, positive
from inflight_lab.runs.columns import (
    EVENT_COLUMNS,
    LEVEL_COLUMNS,
    NO_QUOTA,
    Columns,
    from_columns,
    to_columns,
)
from inflight_lab.runs.events import OUTCOME_KINDS, Stats
from inflight_lab.runs.levels import LINES
from inflight_lab.runs.quota_policy import QUOTA_KINDS
from inflight_lab.runs.run import END_KINDS, MAX_ROWS, Run, What

FORMAT = "inflight-lab recording 4"
"""The ``format`` of a file.  The number is the version; others are refused."""

MAX_BYTES = 5_000_000
"""A larger file would stop the notebook for seconds while it is read."""

MAX_VALUE = 10**9
"""More than any level or count that a picture can show."""

SECONDS = number(0, 3600, of="seconds")
LEVEL = number(0, MAX_VALUE)
COUNT = integer(0, MAX_VALUE)
WHAT = one_of(*get_args(What))
REQUEST = Validator(
    (int, NoneType),
    "an integer or null",
    f"0 to {MAX_ROWS}",
    lambda value: value is None or 0 <= value <= MAX_ROWS,
)
DETAIL = Validator((int, str, NoneType), "an integer, a text or null", "")
QUOTA = Validator(
    (int, float, NoneType),
    "a number or null",
    f"{-MAX_VALUE} to {MAX_VALUE}",
    lambda value: value is None or -MAX_VALUE <= value <= MAX_VALUE,
)

POLICY = {
    "time": SECONDS,
    "kind": one_of(*QUOTA_KINDS),
    "rate": positive(),
    "period": positive(),
    "burst": integer(1),
    "tokens": COUNT,
    "max_concurrent?": COUNT,
}
NO_POLICY = {"time": SECONDS, "kind": one_of(NO_QUOTA), "max_concurrent?": COUNT}
COLUMNS = {
    "now": SECONDS,
    "live": bool,
    "numbered?": bool,
    "stopped?": bool,
    "slow?": number(1, 1000),
    "unlimited?": bool,
    "window_offset": LEVEL,
    "counts": {field.name: LEVEL for field in fields(Stats)}
    | {"announced?": COUNT, "most_tokens?": COUNT},
    "dropped": dict.fromkeys(OUTCOME_KINDS, COUNT),
    "policies": list,
    "latencies?": [{"time": SECONDS, "latency": LEVEL}],
    "levels": {
        f"{line}?": {"times": [SECONDS]}
        | {name: [LEVEL] for name in LEVEL_COLUMNS if name != "times"}
        for line in LINES
    },
    "events": {
        "times": [SECONDS],
        "what": [WHAT],
        "requests": [REQUEST],
        "details": [DETAIL],
        "quota": [QUOTA],
    },
}
"""The shape of a run.  A list may have any length, and a field may be missing if its
name ends with "?".

``numbered`` is of older files: a run is numbered if it is slow.  They also say
``phase`` for ``window_offset``, which is renamed before they are checked."""

NUMBERED_DETAILS = ("taken", "freed", "answered")
"""Kinds of events whose detail is a number: a slot, or a status."""


def save(path: str | Path, runs: Mapping[str, Run]) -> None:
    """Write complete runs, by name, to a file.

    Raises ``ValueError`` for a run that has not begun or is too long, and for anything
    that `load` would refuse; ``OSError`` if the file cannot be written.
    """
    text = as_text(runs)
    Path(path).write_text(text + "\n", encoding="utf-8")


def as_text(runs: Mapping[str, Run]) -> str:
    """The recording of complete runs, by name: what a file has, and a page plays.

    Raises ``ValueError`` as `save` does.
    """
    columns = {}
    for name, run in runs.items():
        _check_complete(run)
        columns[name] = to_columns(replace(run, live=False))
    text = json.dumps({"format": FORMAT, "runs": columns}, separators=(",", ":"))
    try:
        from_text(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f"this cannot be recorded: {error}") from None
    return text


def load(path: str | Path) -> dict[str, Run]:
    """The runs in a file that `save` wrote, by name.

    Raises ``OSError`` if the file cannot be read, and ``ValueError`` if it is damaged
    or not a recording.
    """
    try:
        with Path(path).open("rb") as file:
            return from_text(file.read(MAX_BYTES + 1))
    except (TypeError, ValueError, RecursionError) as error:
        problem = str(error)[:300]  # it may quote what is in the file
    raise ValueError(
        f"path must name a recording that a panel saved, got {str(path)!r}: {problem}"
    )


def _check_complete(run: Run) -> None:
    if not run.now:
        raise ValueError("there is no run to record yet: start one first")
    if not run.whole:
        raise ValueError(
            "the run is too long to be recorded: "
            f"it brought more than {MAX_ROWS:,} rows"
        )


def from_text(text: str | bytes) -> dict[str, Run]:
    """The runs in a recording that `as_text` made, by name.

    Raises ``TypeError`` or ``ValueError``, which say what is wrong and where, or
    ``RecursionError``.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(
            f"it has more than {MAX_BYTES:,} bytes, the most that a recording may have"
        )
    filed = json.loads(text)
    if type(filed) is not dict:
        raise _wrong("format", repr(FORMAT), filed)
    if filed.get("format") != FORMAT:
        raise _wrong("format", repr(FORMAT), filed.get("format"))
    runs = filed.get("runs")
    if type(runs) is not dict or not runs:
        raise _wrong("runs", "an object with runs by name", runs)
    for name, columns in runs.items():
        _rename_older_fields(columns)
        _check_run(f"runs.{name[:50]}", columns)
    return {name: from_columns(columns) for name, columns in runs.items()}


def _rename_older_fields(columns: Any) -> None:
    if type(columns) is dict and "phase" in columns:
        columns.setdefault("window_offset", columns.pop("phase"))


def _check_run(name: str, columns: Any) -> None:
    _check(name, columns, COLUMNS)
    for index, policy in enumerate(columns["policies"]):
        none = type(policy) is dict and policy.get("kind") == NO_QUOTA
        shape = NO_POLICY if none else POLICY
        _check(f"{name}.policies[{index}]", policy, shape)
    for line, levels in columns["levels"].items():
        _check_table(f"{name}.levels.{line}", levels, LEVEL_COLUMNS)
    _check_table(f"{name}.events", columns["events"], EVENT_COLUMNS)
    _check_details(name, columns["events"])


def _check_table(name: str, columns: Columns, names: Iterable[str]) -> None:
    """Raise an error unless every column has an entry for each time, in order."""
    length = len(columns["times"])
    for before, time in pairwise(columns["times"]):
        if time < before:
            raise _wrong(f"{name}.times", f"{before} or later after {before}", time)
    for each in names:
        if len(columns[each]) != length:
            raise _wrong(f"{name}.{each}", f"a list of {length}", columns[each])


def _check_details(name: str, events: Columns) -> None:
    """Raise an error if a detail should be a number and is not."""
    rows = zip(events["what"], events["requests"], events["details"], strict=True)
    for what, request, detail in rows:
        gave_up = request is None and what in END_KINDS
        if gave_up or what in NUMBERED_DETAILS:
            COUNT.check(f"{name}: the detail of {what!r}", detail)


def _check(name: str, value: Any, shape: Any) -> None:
    """Raise an error that says where ``value`` does not have the ``shape``."""
    if isinstance(shape, Validator):
        shape.check(name, value)
    elif isinstance(shape, dict):
        _check_object(name, value, shape)
    elif shape is bool:
        if type(value) is not bool:
            raise _wrong(name, "true or false", value)
    elif type(value) is not list:
        raise _wrong(name, "a list", value)
    elif isinstance(shape, list):
        for index, each in enumerate(value):
            _check(f"{name}[{index}]", each, shape[0])


def _check_object(name: str, value: Any, shape: dict[str, Any]) -> None:
    known = {field.removesuffix("?"): each for field, each in shape.items()}
    needed = {field for field in shape if not field.endswith("?")}
    if type(value) is not dict or not needed <= value.keys() <= known.keys():
        raise _wrong(name, _object_with(shape), value)
    for field, each in value.items():
        _check(f"{name}.{field}", each, known[field])


def _object_with(fields: Iterable[str]) -> str:
    """An object with these ``fields`` in words, those that may be missing last."""
    needed = [field for field in fields if not field.endswith("?")]
    optional = [field.removesuffix("?") for field in fields if field.endswith("?")]
    words = "an object"
    if needed:
        words += f" with {', '.join(needed)}"
    if optional:
        words += f"; optional: {', '.join(optional)}"
    return words


def _wrong(name: str, allowed: str, value: Any) -> ValueError:
    return ValueError(f"{name} must be {allowed}, got {reprlib.repr(value)}")
