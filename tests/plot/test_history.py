"""How much of a run a view gets that opens late."""

from __future__ import annotations

from inflight_lab.plot.history import LATE, for_late_view
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import RequestEvent, Run

LONG = PolicyChange(0.0, QuotaPolicy("sliding-window", 7, 20.0))
SHORT = PolicyChange(90.0, QuotaPolicy("sliding-window", 7, 2.0))


def test_the_longest_period_of_the_run_decides_how_far_back_events_go() -> None:
    """A quota that was shortened or lifted since may still have its window drawn."""
    arrivals = [RequestEvent(second, "arrived", None, 429) for second in range(100)]
    policies = [LONG, SHORT, PolicyChange(95.0, None)]
    run = Run(events=arrivals, policies=policies, now=100.0)
    first = for_late_view(run).events[0]
    assert first.time == 100.0 - LATE - 20.0


def test_without_a_quota_only_the_last_moments_are_needed() -> None:
    """There is no window to draw."""
    arrivals = [RequestEvent(second, "arrived", None, 200) for second in range(100)]
    run = Run(events=arrivals, policies=[PolicyChange(0.0, None)], now=100.0)
    assert for_late_view(run).events[0].time == 100.0 - LATE
