"""Findings about requests that repeat failed ones."""

from __future__ import annotations

import random

import pytest

from inflight_lab.watch.findings.retries import storm_of_retries
from tests.support.watching import Made, log_of

ONE_ADDRESS = "https://api.example.com/"


def storm(requests: list[Made]) -> str:
    """What is said about them."""
    finding = storm_of_retries(log_of(requests))
    return f"{finding.certainty}: {finding.facts}" if finding else ""


def rounds(pauses: list[float], count: int = 20, headers: str = "") -> list[Made]:
    """So many that fail and pause, again and again, and at last succeed."""
    requests: list[Made] = []
    for number in range(count):
        requests += by_one_task(number, pauses, headers)
    return sorted(requests)


def by_one_task(number: int, pauses: list[float], headers: str = "") -> list[Made]:
    """The requests of one of them."""
    first = Made(number / 1000, 0.1, 429, headers=headers, sender=number)
    requests = [first._replace(url=f"{ONE_ADDRESS}{number}")]
    for pause in pauses:
        failed = requests[-1]
        requests.append(failed._replace(asked=failed.asked + 0.1 + pause))
    requests[-1] = requests[-1]._replace(status=200, headers="")
    return requests


@pytest.mark.parametrize(
    ("pause", "headers", "said"),
    [
        (0.07, "", "half came within 0.07 s"),
        (
            1.3,
            "retry-after: 2",
            "half came within 1.30 s, and 40 sooner than the API asks for",
        ),
    ],
)
def test_repeats_that_come_too_soon(pause: float, headers: str, said: str) -> None:
    """At once, or before the time that the API asks for."""
    found = storm(rounds([pause, pause], headers=headers))
    assert found == f"certain: 40 of 60 requests, 20 failed again; {said}"


def test_repeats_that_wait_and_come_back_together() -> None:
    """A pause that is long enough, but the same for all, is named."""
    assert storm(rounds([2.1, 2.1], headers="retry-after: 2")) == (
        "likely: 40 of 60 requests, 20 failed again; "
        "all pause alike (median 2.1 s), so they come back together"
    )


@pytest.mark.parametrize("jitter", [False, True])
def test_doubled_pauses(jitter: bool) -> None:
    """1, 2 and 4 seconds bring all back together; a random time spreads them."""
    draw = random.Random(3)
    requests: list[Made] = []
    for number in range(30):
        pauses = [draw.uniform(0, 2**n) if jitter else 2.0**n for n in range(3)]
        requests += by_one_task(number, pauses)
    together = (
        "likely: 90 of 120 requests, 60 failed again; "
        "all pause alike (median 2.0 s), so they come back together"
    )
    assert storm(sorted(requests)) == ("" if jitter else together)


@pytest.mark.parametrize("count", [1, 8])
def test_polls_that_do_not_come_together_are_no_storm(count: int) -> None:
    """One that asks again and again, or many at times of their own."""
    polls = [
        Made(
            n + job / count,
            0.05,
            503 if n < 5 else 200,
            sender=job,
            url=f"{ONE_ADDRESS}{job}",
        )
        for n in range(6)
        for job in range(count)
    ]
    assert storm(sorted(polls)) == ""


def by_one_worker(statuses: list[int]) -> list[Made]:
    """One task that asks for the same address every 0.1 s."""
    return [
        Made(n * 0.1, 0.05, status, url=ONE_ADDRESS, sender=7)
        for n, status in enumerate(statuses)
    ]


def test_workers_that_ignore_refusals_do_not_repeat() -> None:
    """They take the next whatever became of the last; at one address it looks alike."""
    assert storm(by_one_worker([429, 200, 429, 429, 200, 429] * 5)) == ""
    assert storm(by_one_worker([429] * 29 + [200])) == (
        "likely: 29 of 30 requests, 28 failed again; half came within 0.05 s"
    )


def by_workers(*, pause_after_answers: float) -> list[Made]:
    """Six of them at one address: each is refused three times, and pauses 5 s."""
    requests: list[Made] = []
    for sender in range(6):
        now = 0.0
        for status in [429, 429, 429, 200, 200, 429, 429, 429, 200]:
            requests.append(Made(now, 0.1, status, url=ONE_ADDRESS, sender=sender))
            now += 0.1 + (5.0 if status == 429 else pause_after_answers)
    return sorted(requests)


def test_workers_that_pause_after_refusals_only() -> None:
    """They pause because of them, so they come back together; a pace is none."""
    assert storm(by_workers(pause_after_answers=0.01)) == (
        "likely: 36 of 54 requests, 24 failed again; "
        "all pause alike (median 5.0 s), so they come back together"
    )
    assert storm(by_workers(pause_after_answers=5.0)) == ""


@pytest.mark.parametrize(("repeated", "is_found"), [(5, True), (4, False)])
def test_a_few_repeats_are_no_storm(repeated: int, is_found: bool) -> None:
    """From five on they are."""
    assert bool(storm(rounds([0.05], repeated))) == is_found


def test_few_repeats_among_many_requests_are_no_storm() -> None:
    """Up to three in ten."""
    others = [Made(5.0, 0.1)] * 20
    repeats = rounds([0.05], 7)
    assert storm(repeats + others) == ""
    assert storm(rounds([0.05], 16) + others)
