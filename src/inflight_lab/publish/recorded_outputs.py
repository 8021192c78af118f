"""The outputs of a cell that bring the recording of a run: which run, and where."""

import json
from collections.abc import Mapping
from typing import Any

from inflight_lab.plot.plain_picture import PLAYER, RECORDING, Place
from inflight_lab.runs.recording import from_text
from inflight_lab.runs.run import Run

OTHER_LIMIT = "inflight_lab_other_limit"
"""In the metadata of an output: it is not part of what the cell showed.  The exporter
had the panel above it recorded at this limit too."""

Output = Mapping[str, Any]


def is_recorded(output: Output) -> bool:
    """Whether it brings the recording of a run."""
    return RECORDING in output.get("data", {})


def runs_of(output: Output) -> dict[str, Run]:
    """The runs that it brings, by name."""
    return from_text(json.dumps(output["data"][RECORDING]))


def place_of(output: Output) -> Place:
    """Where its run was drawn."""
    return Place(**output["metadata"][PLAYER])


def other_limit_of(output: Output) -> int | None:
    """The limit at which the exporter had it recorded; None if the cell did."""
    limit: int | None = output.get("metadata", {}).get(OTHER_LIMIT)
    return limit


def limit_of(runs: Mapping[str, Run]) -> int | None:
    """The limit with which a run began, the first that has one; None if none has."""
    for run in runs.values():
        points = run.levels["limit"]
        if points:
            return int(points[0].last)
    return None
