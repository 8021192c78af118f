"""How much of a run a view gets that opens late."""

from __future__ import annotations

import pytest

from inflight_lab.plot import history
from inflight_lab.plot.history import HISTORY, LATE, for_late_view
from inflight_lab.runs.run import RequestEvent, Run
from inflight_lab.runs.terms import QuotaPolicy, Terms

LONG = Terms(QuotaPolicy("sliding-window", 7, 20.0))
SHORT = Terms(QuotaPolicy("sliding-window", 7, 2.0), time=90.0)


def test_what_is_drawn_can_be_played_again() -> None:
    """A view that opens late has every event of the last minute."""
    arrivals = [RequestEvent(second, "arrived", None, 200) for second in range(100)]
    run = Run(events=arrivals, now=100.0)
    assert for_late_view(run).events[0].time == 100.0 - HISTORY


def test_a_crowd_of_events_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a busy run the last ones are, and the view can be played from there."""
    monkeypatch.setattr(history, "MANY_EVENTS", 30)
    arrivals = [RequestEvent(second, "arrived", None, 200) for second in range(100)]
    events = for_late_view(Run(events=arrivals, now=100.0)).events
    assert [event.time for event in events] == list(range(70, 100))


def test_the_longest_period_of_the_run_decides_how_far_back_events_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many they are: a quota that was shortened or lifted since may still have
    its window drawn.
    """
    monkeypatch.setattr(history, "MANY_EVENTS", 1)
    arrivals = [RequestEvent(second, "arrived", None, 429) for second in range(100)]
    terms = [LONG, SHORT, Terms(time=95.0)]
    run = Run(events=arrivals, terms=terms, now=100.0)
    first = for_late_view(run).events[0]
    assert first.time == 100.0 - LATE - 20.0


def test_without_a_quota_only_the_last_moments_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is no window to draw."""
    monkeypatch.setattr(history, "MANY_EVENTS", 1)
    arrivals = [RequestEvent(second, "arrived", None, 200) for second in range(100)]
    run = Run(events=arrivals, terms=[Terms()], now=100.0)
    assert for_late_view(run).events[0].time == 100.0 - LATE
