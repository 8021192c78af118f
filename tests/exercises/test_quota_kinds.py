"""Requests that a quota is asked about without a server."""

from __future__ import annotations

from inflight_lab.exercises.quota_kinds import ask
from inflight_lab.quotas.algorithms import SlidingWindow


def test_each_request_gets_the_answer_of_the_quota() -> None:
    """As it comes, and in order: what fits is accepted, and the rest is refused."""
    events = ask(SlidingWindow(2, 1), [0, 0.5, 0.9, 1.0])
    assert [event.time for event in events] == [0, 0, 0.5, 0.5, 0.9, 0.9, 1.0, 1.0]
    assert [event.request for event in events] == [1, 1, 2, 2, 3, 3, 4, 4]
    statuses = [event.detail for event in events if event.kind == "answered"]
    assert statuses == [200, 200, 429, 200]
