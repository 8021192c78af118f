"""A run as columns: the JSON that goes to a page, and into a file.

Each list of rows becomes an object with a column for each field.  ``stage/wire.js``
says what they are.  A *recording* is complete runs by name, in columns.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inflight_lab.runs.events import OUTCOME_KINDS, Stats
from inflight_lab.runs.run import MAX_ROWS, Level, RequestEvent, Run, no_levels
from inflight_lab.runs.terms import QuotaPolicy, Terms

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


def from_columns(columns: Columns) -> Run:
    """The run that `to_columns` turned into ``columns``.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` if they are anything else.
    """
    counts = dict(columns["counts"])
    announced = counts.pop("announced")
    levels = no_levels()
    for line, steps in columns["levels"].items():
        levels[line] = [Level(**row) for row in _rows(steps)]
    return Run(
        now=columns["now"],
        live=columns["live"],
        stopped=columns["stopped"],
        unlimited=columns["unlimited"],
        counts=Stats(**counts),
        announced=announced,
        dropped=Counter(columns["dropped"]),
        terms=[_terms_of(fields) for fields in columns["terms"]],
        levels=levels,
        events=[RequestEvent(**row) for row in _rows(columns["events"])],
    )


def to_recording(runs: Mapping[str, Run]) -> Columns:
    """The recording of complete runs, by name, from which a page can play them.

    Raises ``ValueError`` for a run that has not begun or is too long.
    """
    for run in runs.values():
        _check_complete(run)
    columns = {name: to_columns(replace(run, live=False)) for name, run in runs.items()}
    return {"runs": columns}


def from_recording(recording: Columns) -> dict[str, Run]:
    """The runs that `to_recording` recorded, by name."""
    return {name: from_columns(columns) for name, columns in recording["runs"].items()}


def terms_as_json(terms: Terms) -> Columns:
    """The fields of ``terms``, and those of its quota."""
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


def _terms_of(fields: Columns) -> Terms:
    terms = Terms(**fields)
    if not terms.quota:
        return terms
    return terms._replace(quota=QuotaPolicy(**fields["quota"]))


def _levels_as_json(run: Run) -> Columns:
    """Those of the lines that have any."""
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


def _rows(columns: Columns) -> list[dict[str, Any]]:
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]
