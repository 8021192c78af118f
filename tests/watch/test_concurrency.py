"""Findings about how many requests run at once."""

from __future__ import annotations

import pytest

from inflight_lab.watch.events import GatherFailed
from inflight_lab.watch.findings.concurrency import (
    one_after_the_other,
    requests_after_a_failure,
)
from tests.support.watching import PROCESS, Made, log_of

SEVEN_IN_TWO_SECONDS = 'ratelimit-policy: "default";q=7;w=2'


def alone(requests: list[Made]) -> str:
    """What is said about them, as far as the numbers go."""
    finding = one_after_the_other(log_of(requests))
    return f"{finding.certainty}: {finding.facts}" if finding else ""


@pytest.mark.parametrize(
    ("took", "said"),
    [
        (0.29, "certain: 20 of 20 requests were alone in flight, 97% of the time"),
        (0.18, "likely: 20 of 20 requests were alone in flight, 61% of the time"),
        (0.14, ""),
    ],
)
def test_one_at_a_time_most_of_the_time(took: float, said: str) -> None:
    """A long pause between two requests is a pace, and nothing to speed up."""
    assert alone([Made(n * 0.3, took) for n in range(20)]) == said


@pytest.mark.parametrize(
    ("rate", "headers", "is_found"),
    [(2.9, SEVEN_IN_TWO_SECONDS, False), (2.7, SEVEN_IN_TWO_SECONDS, True)],
)
def test_one_at_a_time_may_be_all_that_the_quota_allows(
    rate: float, headers: str, is_found: bool
) -> None:
    """At more than 80 % of 3.5 a second, more at once would soon be too many."""
    requests = [Made(n / rate, 0.95 / rate, headers=headers) for n in range(40)]
    assert bool(alone(requests)) == is_found


def test_a_refusal_says_that_more_at_once_would_not_help() -> None:
    """However fast the requests are otherwise."""
    requests = [Made(n * 0.1, 0.09, 429 if n == 6 else 200) for n in range(20)]
    assert alone(requests) == ""


@pytest.mark.parametrize("count", [4, 5])
def test_four_in_a_row_are_no_habit(count: int) -> None:
    """From five on it is one."""
    assert bool(alone([Made(n / 8, 0.12) for n in range(count)])) == (count == 5)


LOOP = [Made(n * 0.1, 0.09, sender=7) for n in range(40)]


def test_a_loop_beside_other_requests() -> None:
    """It is named if it takes most of the time, whatever runs beside it or after it."""
    after = [Made(4.0, 0.1)] * 20
    beside = [Made(n + 0.05, 0.1) for n in range(3)]
    words = "likely: {} of {} requests were alone in flight, {}% of the time"
    assert alone(LOOP + after) == words.format(40, 60, 88)
    assert alone(LOOP + beside) == words.format(34, 43, 77)
    assert alone(LOOP[:15] + [Made(1.6, 2.4)] * 20) == ""


def test_a_pace_that_overlaps_now_and_then_is_no_loop() -> None:
    """Its requests come from tasks of their own, so nobody waits for each answer."""
    pace = [Made(n * 0.12, 0.13 if n % 5 == 0 else 0.1) for n in range(40)]
    assert alone(pace) == ""


def test_requests_after_a_failure() -> None:
    """Only what the tasks send that were left running, and after the failure."""
    requests = [Made(n / 10, sender=n % 3) for n in range(20)]
    failure = GatherFailed(0.95, PROCESS, "HTTPStatusError", [0, 1])
    finding = requests_after_a_failure(log_of(requests, failure))
    assert finding
    assert finding.facts == "gather raised HTTPStatusError, its tasks sent 7 more"
    late = failure._replace(time=1.95)
    assert requests_after_a_failure(log_of(requests, late)) is None
    elsewhere = failure._replace(process=PROCESS + 1)
    assert requests_after_a_failure(log_of(requests, elsewhere)) is None
    finding = requests_after_a_failure(log_of(requests, elsewhere, late, failure))
    assert finding
