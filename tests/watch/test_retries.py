"""Findings about requests that repeat failed ones."""

from __future__ import annotations

import random

import pytest

from inflight_lab.watch.findings.given_up import given_up
from inflight_lab.watch.findings.retries import storm_of_retries
from inflight_lab.watch.findings.waves import retries_in_waves
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
        (0.07, "", "Half of the retries came within 0.07 s"),
        (
            1.3,
            "retry-after: 2",
            "Half of the retries came within 1.30 s, and 40 came sooner than the API "
            "had asked",
        ),
    ],
)
def test_repeats_that_come_too_soon(pause: float, headers: str, said: str) -> None:
    """At once, or before the time that the API asks for."""
    found = storm(rounds([pause, pause], headers=headers))
    assert (
        found
        == "certain: 40 of the 60 requests are retries, and 20 of those failed again. "
        f"{said}"
    )


def test_repeats_that_wait_and_come_back_together() -> None:
    """A pause that is long enough, but the same for all, is named."""
    assert storm(rounds([2.1, 2.1], headers="retry-after: 2")) == (
        "likely: 40 of the 60 requests are retries, and 20 of those failed again. "
        "They come back together, because they pause alike: 2.1 s (median)"
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
        "likely: 90 of the 120 requests are retries, and 60 of those failed again. "
        "They come back together, because they pause alike: 2.0 s (median)"
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
        "likely: at most 29 of the 30 requests are retries, and 28 of those failed "
        "again. Half of the retries came within 0.05 s"
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
        "likely: at most 36 of the 54 requests are retries, and 24 of those failed "
        "again. They come back together, because they pause alike: 5.0 s (median)"
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


def test_those_who_wait_as_long_as_the_api_asks() -> None:
    """Are not told to do so, but to add a random time."""
    finding = storm_of_retries(log_of(rounds([2.1, 2.1], headers="retry-after: 2")))
    assert finding
    assert finding.advice.startswith("Each already waits as long as the API asks.")
    finding = storm_of_retries(log_of(rounds([2.1, 2.1])))
    assert finding
    assert finding.advice.startswith("Wait as long as the API says")


def test_what_a_library_sends_again_by_itself_is_no_retry() -> None:
    """At once, where the connection was just being closed."""
    broken = [
        Made(n / 9, 0.5, error="ServerDisconnectedError", library="aiohttp")
        for n in range(20)
    ]
    again = [
        made._replace(asked=made.asked + 0.501, sender=1000 + n, error="cancelled")
        for n, made in enumerate(broken)
    ]
    requests = [
        made._replace(url=f"{ONE_ADDRESS}{n % 20}")
        for n, made in enumerate(broken + again)
    ]
    assert storm(sorted(requests)) == ""


def test_a_library_that_says_how_often_it_sends_is_believed() -> None:
    """Also where a worker goes on with other things at the same address."""
    requests: list[Made] = []
    for thing in range(10):
        for attempt, status in enumerate((429, 429, 200)):
            now = thing + attempt * 0.2
            made = Made(now, 0.1, status, url=ONE_ADDRESS, sender=7, retry=attempt)
            requests.append(made)
    assert storm(requests).startswith(
        "likely: at most 20 of the 30 requests are retries"
    )
    unknown = [made._replace(retry=None) for made in requests]
    assert storm(unknown) == ""


def test_things_that_never_got_an_answer() -> None:
    """Only those that were asked for again: by address, so it is certain."""
    lost = rounds([0.5, 0.5])
    finding = given_up(log_of([made._replace(status=429) for made in lost]))
    assert finding
    assert finding.facts == (
        "20 of 20 addresses never got an answer, and were asked for up to 3 times"
    )
    assert given_up(log_of(lost)) is None
    assert given_up(log_of([Made(n / 9, 0.1, 429) for n in range(30)])) is None


def waves(sizes: list[int], *, refused: list[int], pause: float) -> list[Made]:
    """At one address, each from a task of its own: so many at once, then a pause."""
    requests: list[Made] = []
    for number, (size, count) in enumerate(zip(sizes, refused, strict=True)):
        statuses = [429] * count + [200] * (size - count)
        begin = number * (pause + 0.1)
        requests += [Made(begin, 0.1, status, url=ONE_ADDRESS) for status in statuses]
    senders = enumerate(requests)
    return [made._replace(sender=number) for number, made in senders]


def test_all_that_was_refused_comes_again() -> None:
    """As many as were refused: so they are likely the same."""
    sent = waves([40, 20, 20, 12], refused=[20, 20, 12, 12], pause=15)
    finding = retries_in_waves(log_of(sent))
    assert finding
    assert finding.certainty == "likely"
    assert finding.facts == (
        "3 waves, each 15.0 s after the one before it, and each with as many requests "
        "as had just failed: 52 of 92 in all"
    )


def test_batches_are_no_retries() -> None:
    """Of the same size each time, whatever was refused; nor is one return enough."""
    batches = waves([40, 40, 40], refused=[20, 20, 20], pause=15)
    assert retries_in_waves(log_of(batches)) is None
    all_refused = waves([40, 40, 40], refused=[40, 40, 40], pause=15)
    assert retries_in_waves(log_of(all_refused)) is None
    once = waves([40, 20], refused=[20, 0], pause=15)
    assert retries_in_waves(log_of(once)) is None
