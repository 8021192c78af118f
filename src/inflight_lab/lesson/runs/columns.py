"""A run as columns: the JSON that goes to a page, and into a file.

Each list of rows becomes an object with a column for each field; ``stage/wire.js``
lists them.  A *recording* has complete runs by name, in columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inflight_lab.lesson.runs.events import OUTCOME_KINDS
from inflight_lab.lesson.runs.run import MAX_ROWS, Level, RequestEvent, Run
from inflight_lab.lesson.runs.terms import Terms

Columns = dict[str, Any]
"""A `Run`, or several, as JSON: objects, lists, texts and numbers only."""


def to_columns(run: Run) -> Columns:
    """The columns of ``run``."""
    return {
        "now": run.now,
        "live": run.live,
        "stopped": run.stopped,
        "unlimited": run.unlimited,
        "counts": vars(run.counts) | {"announced": run.announced},
        "dropped": {kind: run.dropped[kind] for kind in OUTCOME_KINDS},
        "terms": [terms_as_json(terms) for terms in run.terms],
        "levels": _levels_as_json(run),
        "events": _columns(RequestEvent._fields, run.events),
    }


def to_recording(runs: Mapping[str, Run]) -> Columns:
    """The recording of complete runs, by name, from which a page can play them.

    Raises ``ValueError`` for a run that has not begun or is too long.
    """
    for run in runs.values():
        _check_complete(run)
    columns = {name: to_columns(replace(run, live=False)) for name, run in runs.items()}
    return {"runs": columns}


def terms_as_json(terms: Terms) -> Columns:
    """The fields of ``terms``, with the fields of its quota."""
    fields: Columns = terms._asdict()
    if terms.quota:
        fields["quota"] = terms.quota._asdict()
    return fields


def _check_complete(run: Run) -> None:
    if not run.now:
        raise ValueError("there is no run to record yet: start one first")
    if not run.whole:
        raise ValueError(
            "the run is too long to be recorded: "
            f"it brought more than {MAX_ROWS:,} events"
        )


def _levels_as_json(run: Run) -> Columns:
    """The lines that have at least one step."""
    return {
        line: _columns(Level._fields, steps)
        for line, steps in run.levels.items()
        if steps
    }


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return {name: [] for name in names}
    columns = map(list, zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True))
