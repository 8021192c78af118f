"""A run as columns: the JSON that goes to a page, and into a file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from inflight_lab.runs.events import OUTCOME_KINDS, RunStats
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.levels import Line, Point
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import RequestEvent, Run, no_levels

Columns = dict[str, Any]
"""A `Run` as JSON: objects, lists, texts and numbers only."""

LEVEL_COLUMNS = ("times", "lowest", "highest", "last")
EVENT_COLUMNS = ("times", "what", "requests", "details", "quota")
NO_QUOTA = "none"


def to_columns(run: Run) -> Columns:
    """The columns of ``run``.  Lines without points are left out."""
    levels = {
        line: _columns(LEVEL_COLUMNS, points)
        for line, points in run.levels.items()
        if points
    }
    return {
        "now": run.now,
        "live": run.live,
        "stopped": run.stopped,
        "slow": run.slow,
        "unlimited": run.unlimited,
        "window_offset": run.window_offset,
        "counts": vars(run.counts).copy(),
        "dropped": {outcome: run.dropped[outcome] for outcome in OUTCOME_KINDS},
        "policies": [_fields_of(change) for change in run.policies],
        "latencies": [change._asdict() for change in run.latencies],
        "levels": levels,
        "events": _columns(EVENT_COLUMNS, run.events),
    }


def from_columns(columns: Columns) -> Run:
    """The run that `to_columns` turned into ``columns``.

    ``stopped``, ``slow``, ``unlimited``, ``latencies`` and some counts may be missing,
    as in recordings from before there were such fields.
    """
    levels = no_levels()
    for line in levels.keys() & columns["levels"].keys():
        points = _rows(LEVEL_COLUMNS, columns["levels"][line])
        levels[line] = [Point(*point) for point in points]
    events = _rows(EVENT_COLUMNS, columns["events"])
    return Run(
        levels=levels,
        events=[RequestEvent(*event) for event in events],
        policies=[_change_of(fields) for fields in columns["policies"]],
        latencies=[LatencyChange(**fields) for fields in columns.get("latencies", [])],
        counts=_counts_of(columns["counts"], levels),
        dropped=Counter(columns["dropped"]),
        now=columns["now"],
        live=columns["live"],
        stopped=columns.get("stopped", False),
        slow=columns.get("slow", 1.0),
        unlimited=columns.get("unlimited", False),
        window_offset=columns["window_offset"],
    )


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return {name: [] for name in names}
    columns = map(list, zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True))


def _counts_of(counts: Columns, levels: dict[Line, list[Point]]) -> RunStats:
    """The counts; a recording without the newer ones has all levels to find them in."""
    found: Columns = {
        "announced": _highest(levels["waiting"]),
        "most_tokens": _highest(levels["tokens"]),
    }
    return RunStats(**found | counts)


def _highest(points: list[Point]) -> float:
    return max((point.highest for point in points), default=0)


def _rows(names: Sequence[str], columns: Columns) -> Iterable[tuple[Any, ...]]:
    return zip(*(columns[name] for name in names), strict=True)


def _fields_of(change: PolicyChange) -> Columns:
    policy = change.policy._asdict() if change.policy else {"kind": NO_QUOTA}
    when = {"time": change.time, "max_concurrent": change.max_concurrent}
    return when | policy


def _change_of(fields: Columns) -> PolicyChange:
    max_concurrent = fields.get("max_concurrent", 0)  # missing in older recordings
    if fields["kind"] == NO_QUOTA:
        return PolicyChange(fields["time"], None, max_concurrent)
    policy = QuotaPolicy(**{name: fields[name] for name in QuotaPolicy._fields})
    return PolicyChange(fields["time"], policy, max_concurrent)
