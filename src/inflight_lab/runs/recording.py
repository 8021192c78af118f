"""Runs as a text, from which a page can play them.

A recording is JSON: complete runs by name, in the columns that
`inflight_lab.runs.columns` makes of them.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from inflight_lab.runs.columns import from_columns, to_columns
from inflight_lab.runs.run import MAX_ROWS, Run


def as_text(runs: Mapping[str, Run]) -> str:
    """The recording of complete runs, by name.

    Raises ``ValueError`` for a run that has not begun or is too long.
    """
    columns = {}
    for name, run in runs.items():
        _check_complete(run)
        columns[name] = to_columns(replace(run, live=False))
    return json.dumps({"runs": columns}, separators=(",", ":"))


def from_text(text: str | bytes) -> dict[str, Run]:
    """The runs in a recording that `as_text` made, by name."""
    runs = json.loads(text)["runs"]
    return {name: from_columns(columns) for name, columns in runs.items()}


def _check_complete(run: Run) -> None:
    if not run.now:
        raise ValueError("there is no run to record yet: start one first")
    if not run.whole:
        raise ValueError(
            "the run is too long to be recorded: "
            f"it brought more than {MAX_ROWS:,} events"
        )
