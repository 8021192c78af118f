"""A run as data: it grows, it is bounded, and it can be recorded."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from inflight_lab.lesson.plot.modules import STAGE
from inflight_lab.lesson.runs import run as run_module
from inflight_lab.lesson.runs.columns import to_columns, to_recording
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from tests.support.columns import from_columns, from_recording


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


def full_run() -> Run:
    """One with something in every field."""
    quota = QuotaPolicy("token-bucket", 7, 2.0, 4, 900, "bucket")
    return Run(
        levels=no_levels() | {"limit": levels(3, 5), "tokens": levels(3)},
        events=[
            *lives(7, 1.0, 429),
            RequestEvent(2.0, "taken", None, 2),
            RequestEvent(2.5, "failed", 8, "ConnectError"),
        ],
        terms=[Terms(quota, 3, 0.3), Terms(time=1.5)],
        counts=Stats(started=9, refused=1, failed=2, elapsed=2.5, busiest_period=6),
        announced=8,
        dropped=Counter({"accepted": 3, "cancelled": 2}),
        now=2.75,
        live=True,
        stopped=True,
        unlimited=True,
    )


def test_what_is_new_is_appended() -> None:
    """Rows follow those that there are, and how it stands is what was said last."""
    run, second = Run(), full_run()
    first = Run(levels=no_levels() | {"limit": levels(2)}, events=lives(0, 0.5, 200))
    first.terms = [Terms(latency=0.1)]
    run.append(first)
    run.append(second)
    assert run.levels["limit"] == [*levels(2), *levels(3, 5)]
    assert run.events == first.events + second.events
    assert run.terms == first.terms + second.terms
    assert run.standing() == second.standing()
    assert run.whole


def test_an_update_may_hold_events_from_before_the_last_one() -> None:
    """On a busy computer one side is read a little later than the other."""
    run = Run(events=[RequestEvent(0.5, "sent", 0, None)])
    late = RequestEvent(0.4, "arrived", 1, 200)
    run.append(Run(events=[late, RequestEvent(0.6, "answered", 0, 200)]))
    assert [event.time for event in run.events] == [0.4, 0.5, 0.6]


def test_older_rows_are_dropped_and_what_ended_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a run that goes on for hours the newest rows are kept, and it is not whole."""
    monkeypatch.setattr(run_module, "MAX_ROWS", 30)
    run = Run()
    statuses = (200, 429, 500, 204)
    for number in range(40):
        run.append(Run(events=lives(number, number, statuses[number % 4])))
        assert len(run.events) <= 33
    assert len(run.events) >= 30
    assert run.events[-1].request == 39
    ended = Counter(event.outcome for event in run.events if event.outcome)
    assert run.dropped + ended == Counter(accepted=20, refused=10, failed=10)
    assert not run.whole


def test_requests_that_were_never_sent_are_dropped_by_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One event may stand for many of those that waited."""
    monkeypatch.setattr(run_module, "MAX_ROWS", 0)
    run = Run()
    gave_up = [
        RequestEvent(1.0, "cancelled", None, 6),
        RequestEvent(1.1, "failed", None, 2),
        RequestEvent(1.2, "failed", 0, "ReadTimeout"),
    ]
    run.append(Run(events=gave_up))
    assert run.dropped == Counter(cancelled=6, failed=3)


def test_a_run_is_what_its_columns_say() -> None:
    """Nothing is lost on the way to a page or a file, and back; ``stage/wire.js`` names
    each of them, as the fields are named here.
    """
    run = full_run()
    columns = to_columns(run)
    assert from_columns(columns) == run
    wire = (STAGE / "wire.js").read_text(encoding="utf-8")
    named = set(re.findall(r"@property \{.*?\} \[?(\w+)", wire, re.S))
    sent = {*columns, *columns["events"], *columns["terms"][0]}
    assert sent - named == set()


SENT = RequestEvent(0.01, "sent", 0, None)


def test_a_recording_has_complete_runs_by_name() -> None:
    """One that went on when it was recorded is over when it is played."""
    short = Run(events=[SENT], counts=Stats(started=1), now=0.02)
    recording = to_recording({"Ada": Run(now=0.5, live=True), "": short})
    assert from_recording(recording) == {"Ada": Run(now=0.5), "": short}


def test_a_run_that_is_not_whole_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that has not begun, or whose beginning is gone."""
    with pytest.raises(ValueError, match="no run to record yet: start one first"):
        to_recording({"": Run()})
    monkeypatch.setattr(run_module, "MAX_ROWS", 2)
    run = Run()
    run.append(Run(events=3 * [SENT], now=1.0))
    with pytest.raises(ValueError, match="too long to be recorded"):
        to_recording({"": run})
