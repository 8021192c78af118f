"""Saves runs to a file, from which a page can play them.

A recording is JSON in UTF-8: its `FORMAT`, and complete runs by name, in the columns
that `inflight_lab.runs.columns` makes of them.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inflight_lab.runs.columns import from_columns, to_columns
from inflight_lab.runs.run import MAX_ROWS, Run

FORMAT = "inflight-lab recording 6"
"""The ``format`` of a file.  The number is the version; others are refused."""


def save(path: str | Path, runs: Mapping[str, Run]) -> None:
    """Write complete runs, by name, to a file.

    Raises ``ValueError`` for a run that has not begun or is too long, and ``OSError``
    if the file cannot be written.
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
    return json.dumps({"format": FORMAT, "runs": columns}, separators=(",", ":"))


def load(path: str | Path) -> dict[str, Run]:
    """The runs in a file that `save` wrote, by name.

    Raises ``OSError`` if the file cannot be read, and ``ValueError`` if it is anything
    else.
    """
    try:
        return from_text(Path(path).read_bytes())
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            "path must name a recording that a panel or a plot saved, "
            f"got {str(path)!r}: {str(error)[:200]}"
        ) from None


def from_text(text: str | bytes) -> dict[str, Run]:
    """The runs in a recording that `as_text` made, by name.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else.
    """
    filed = json.loads(text)
    runs = dict(filed["runs"])
    if filed["format"] != FORMAT:
        raise ValueError(f"its format is {filed['format']!r}, not {FORMAT!r}")
    return {name: from_columns(columns) for name, columns in runs.items()}


def _check_complete(run: Run) -> None:
    if not run.now:
        raise ValueError("there is no run to record yet: start one first")
    if not run.whole:
        raise ValueError(
            "the run is too long to be recorded: "
            f"it brought more than {MAX_ROWS:,} events"
        )
