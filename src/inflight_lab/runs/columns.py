"""A run as columns: the JSON that goes to a page, and into a file."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from inflight_lab.runs.events import OUTCOME_KINDS, Stats
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Level, RequestEvent, Run, no_levels

Columns = dict[str, Any]
"""A `Run` as JSON: objects, lists, texts and numbers only."""

LEVEL_COLUMNS = ("times", "last")
EVENT_COLUMNS = ("times", "what", "requests", "details", "quota")
NO_QUOTA = "none"
PLAIN = ("now", "live", "stopped", "unlimited", "window_offset")
"""The fields that are the same in both."""


def to_columns(run: Run) -> Columns:
    """The columns of ``run``.  ``stage/wire.js`` says what each of them is."""
    return {name: getattr(run, name) for name in PLAIN} | {
        "counts": vars(run.counts) | {"announced": run.announced},
        "dropped": {outcome: run.dropped[outcome] for outcome in OUTCOME_KINDS},
        "policies": [_fields_of(change) for change in run.policies],
        "latencies": [change._asdict() for change in run.latencies],
        "levels": {
            line: _columns(LEVEL_COLUMNS, steps)
            for line, steps in run.levels.items()
            if steps
        },
        "events": _columns(EVENT_COLUMNS, run.events),
    }


def from_columns(columns: Columns) -> Run:
    """The run that `to_columns` turned into ``columns``.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` if they are anything else.
    """
    counts = dict(columns["counts"])
    announced = counts.pop("announced")
    levels = no_levels()
    for line, steps in columns["levels"].items():
        levels[line] = [Level(*step) for step in _rows(LEVEL_COLUMNS, steps)]
    return Run(
        **{name: columns[name] for name in PLAIN},
        counts=Stats(**counts),
        announced=announced,
        dropped=Counter(columns["dropped"]),
        policies=[_change_of(fields) for fields in columns["policies"]],
        latencies=[LatencyChange(**fields) for fields in columns["latencies"]],
        levels=levels,
        events=[RequestEvent(*row) for row in _rows(EVENT_COLUMNS, columns["events"])],
    )


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return {name: [] for name in names}
    columns = map(list, zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True))


def _rows(names: Sequence[str], columns: Columns) -> list[tuple[Any, ...]]:
    return list(zip(*(columns[name] for name in names), strict=True))


def _fields_of(change: PolicyChange) -> Columns:
    policy = change.policy._asdict() if change.policy else {"kind": NO_QUOTA}
    when = {"time": change.time, "max_concurrent": change.max_concurrent}
    return when | policy


def _change_of(fields: Columns) -> PolicyChange:
    policy = None
    if fields["kind"] != NO_QUOTA:
        policy = QuotaPolicy(**{name: fields[name] for name in QuotaPolicy._fields})
    return PolicyChange(fields["time"], policy, fields["max_concurrent"])
