"""A run as data: it grows, it is bounded, and a late view gets what it needs."""

from __future__ import annotations

from collections import Counter

import pytest

from inflight_lab.runs import run as run_module
from inflight_lab.runs.columns import from_columns, to_columns
from inflight_lab.runs.events import Stats
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Level, RequestEvent, Run, no_levels


def levels(*values: float) -> list[Level]:
    """One step a second, from second 1 on."""
    return [Level(second, value) for second, value in enumerate(values, 1)]


def lives(number: int, sent: float, status: int) -> list[RequestEvent]:
    """A request that arrives 0.1 s after it was sent, and ends after 0.3."""
    return [
        RequestEvent(sent, "sent", number, None),
        RequestEvent(sent + 0.1, "arrived", number, status, 4.5),
        RequestEvent(sent + 0.3, "answered", number, status),
    ]


def sorted_events(*parts: list[RequestEvent]) -> list[RequestEvent]:
    return sorted((event for part in parts for event in part), key=lambda it: it.time)


def test_what_is_new_is_appended() -> None:
    """Rows follow those that there are, and how it stands is what was said last."""
    run = Run()
    policy = QuotaPolicy("gcra", 7, 2.0)
    first = Run(
        levels=no_levels() | {"waiting": levels(3)},
        events=lives(0, 1.0, 200),
        policies=[PolicyChange(0.0, policy)],
        latencies=[LatencyChange(0.0, 0.3)],
        counts=Stats(started=2, accepted=1),
        now=1.5,
        live=True,
        window_offset=0.25,
    )
    second = Run(
        levels=no_levels() | {"waiting": [Level(2.5, 2)]},
        events=lives(1, 2.0, 429),
        latencies=[LatencyChange(2.0, 0.1)],
        counts=Stats(started=3, accepted=1, refused=1),
        now=2.6,
        stopped=True,
        unlimited=True,
        window_offset=0.5,
    )
    run.append(first)
    run.append(second)
    assert run.levels["waiting"] == [*levels(3), Level(2.5, 2)]
    assert run.events == lives(0, 1.0, 200) + lives(1, 2.0, 429)
    assert run.policies == [PolicyChange(0.0, policy)]
    assert run.latencies == [LatencyChange(0.0, 0.3), LatencyChange(2.0, 0.1)]
    assert run.standing() == second.standing()
    assert run.whole


def test_older_rows_are_dropped_and_what_ended_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a run that goes on for hours the newest rows are kept, and it is not whole."""
    monkeypatch.setattr(run_module, "MAX_ROWS", 30)
    run = Run()
    statuses = (200, 429, 500, 204)
    for number in range(40):
        update = Run(events=lives(number, number, statuses[number % 4]), now=number)
        run.append(update)
        assert len(run.events) <= 33
    assert len(run.events) >= 30
    assert run.events[-1].request == 39
    ended = Counter(event.outcome for event in run.events if event.outcome)
    assert run.dropped + ended == Counter(accepted=20, refused=10, failed=10)
    assert not run.whole


def test_requests_that_were_never_sent_are_dropped_by_their_number() -> None:
    """One event may stand for many of those that waited."""
    gave_up = [
        RequestEvent(1.0, "cancelled", None, 6),
        RequestEvent(1.1, "failed", None, 2),
        RequestEvent(1.2, "failed", 0, "ReadTimeout"),
    ]
    snapshot = Run(events=gave_up, now=9.0).since(5.0)
    assert snapshot.dropped == Counter(cancelled=6, failed=3)
    assert snapshot.events == []


def test_a_late_view_gets_what_is_under_way() -> None:
    """What ended before is only counted; what has not ended keeps its events."""
    stays = [
        RequestEvent(0.5, "taken", None, 3),
        RequestEvent(0.6, "sent", 0, 3),
        RequestEvent(0.7, "arrived", 0, 200, 1.5),
    ]
    was_freed = [
        RequestEvent(0.8, "taken", None, 4),
        RequestEvent(0.9, "freed", None, 4),
    ]
    ends_late = lives(2, 7.9, 200)
    run = Run(
        events=sorted_events(stays, was_freed, lives(1, 1.0, 429), ends_late),
        dropped=Counter(accepted=5),
        now=8.5,
    )
    snapshot = run.since(8.0)
    last_counted = RequestEvent(1.1, "arrived", 1, 429, 4.5)
    assert snapshot.events == [*stays, last_counted, *ends_late]
    assert snapshot.dropped == Counter(accepted=5, refused=1)
    assert run.dropped == Counter(accepted=5)


def test_what_comes_after_the_end_holds_nothing() -> None:
    """The server may see a request after its client has given it up."""
    events = [
        RequestEvent(1.0, "sent", 0, None),
        RequestEvent(1.1, "cancelled", 0, None),
        RequestEvent(1.2, "arrived", 0, 200),
        RequestEvent(1.3, "arrived", None, 200),
    ]
    snapshot = Run(events=events, now=9.0).since(5.0)
    assert snapshot.events == []
    assert snapshot.dropped == Counter(cancelled=1)


def test_a_late_view_gets_the_levels_of_its_own_span() -> None:
    """With the last step before it, which has the level."""
    run = Run(levels=no_levels() | {"limit": levels(5, 6, 7, 8)}, now=4.0)
    snapshot = run.since(2.5)
    assert snapshot.levels["limit"] == levels(5, 6, 7, 8)[1:]


def test_a_run_is_what_its_columns_say() -> None:
    """Nothing is lost on the way to a page or a file, and back."""
    run = Run(
        levels=no_levels() | {"limit": levels(3, 5), "tokens": [Level(1, 3)]},
        events=[
            *lives(7, 1.0, 429),
            RequestEvent(2.0, "taken", None, 2),
            RequestEvent(2.5, "failed", 8, "ConnectError"),
        ],
        policies=[
            PolicyChange(0.0, QuotaPolicy("token-bucket", 7, 2.0, 4, 900)),
            PolicyChange(1.5, None),
        ],
        counts=Stats(
            started=9,
            refused=1,
            failed=2,
            elapsed=2.5,
            busiest_period=6,
        ),
        announced=8,
        dropped=Counter(accepted=3, cancelled=2),
        now=2.75,
        live=True,
        stopped=True,
        unlimited=True,
        window_offset=0.125,
    )
    assert from_columns(to_columns(run)) == run


def test_columns_are_those_of_the_page() -> None:
    """Names and order are what JavaScript reads; a line without steps is left out."""
    run = Run(
        levels=no_levels() | {"limit": [Level(0.5, 2)]},
        events=[RequestEvent(0.5, "arrived", 3, 200, 6.5)],
        policies=[
            PolicyChange(0.0, QuotaPolicy("gcra", 7, 2.0, 3)),
            PolicyChange(0.25, None, max_concurrent=4),
        ],
        latencies=[LatencyChange(0.0, 0.6)],
        dropped=Counter(refused=2),
        now=1.25,
    )
    columns = to_columns(run)
    assert columns["latencies"] == [{"time": 0.0, "latency": 0.6}]
    assert list(columns) == [
        "now",
        "live",
        "stopped",
        "unlimited",
        "window_offset",
        "counts",
        "dropped",
        "policies",
        "latencies",
        "levels",
        "events",
    ]
    assert columns["dropped"] == {
        "accepted": 0,
        "refused": 2,
        "failed": 0,
        "cancelled": 0,
    }
    gcra = {"kind": "gcra", "rate": 7, "period": 2.0, "burst": 3, "tokens": 0}
    assert columns["policies"] == [
        {"time": 0.0, "max_concurrent": 0} | gcra,
        {"time": 0.25, "max_concurrent": 4, "kind": "none"},
    ]
    assert columns["levels"] == {"limit": {"times": [0.5], "last": [2]}}
    assert columns["events"] == {
        "times": [0.5],
        "what": ["arrived"],
        "requests": [3],
        "details": [200],
        "quota": [6.5],
    }


def test_an_update_may_hold_events_from_before_the_last_one() -> None:
    """On a busy computer one side is read a little later than the other."""
    run = Run(events=[RequestEvent(0.5, "sent", 0, None)])
    run.append(Run(events=[RequestEvent(0.4, "arrived", 1, 200)]))
    run.append(Run(events=[RequestEvent(0.6, "answered", 0, 200)]))
    assert [event.time for event in run.events] == [0.4, 0.5, 0.6]
