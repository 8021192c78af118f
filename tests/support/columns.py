"""A run from its columns: the way back, which only a page goes otherwise."""

from __future__ import annotations

from collections import Counter
from typing import Any

from inflight_lab.lesson.runs.columns import Columns
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms


def from_columns(columns: Columns) -> Run:
    """The run that `to_columns` turned into ``columns``."""
    levels = {name: from_rows(Level, rows) for name, rows in columns["levels"].items()}
    counts = dict(columns["counts"])
    announced = counts.pop("announced")
    named = ("now", "live", "stopped", "unlimited")
    return Run(
        **{name: columns[name] for name in named},
        counts=Stats(**counts),
        announced=announced,
        dropped=Counter(columns["dropped"]),
        terms=[terms_of(fields) for fields in columns["terms"]],
        levels=no_levels() | levels,
        events=from_rows(RequestEvent, columns["events"]),
    )


def from_recording(recording: Columns) -> dict[str, Run]:
    """The runs that `to_recording` recorded, by name."""
    return {name: from_columns(columns) for name, columns in recording["runs"].items()}


def from_rows(row: Any, columns: Columns) -> list[Any]:
    """A list of columns, as rows."""
    return [
        row(**dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]


def terms_of(fields: Columns) -> Terms:
    """Terms, and their quota."""
    quota = fields["quota"] and QuotaPolicy(**fields["quota"])
    return Terms(**fields | {"quota": quota})
