"""Findings about semaphores and rate limiters that are in the wrong place."""

from __future__ import annotations

import pytest

from inflight_lab.watch.events import Acquired, Event, Paced, Released
from inflight_lab.watch.findings.limits import (
    limiter_around_the_tasks,
    limiter_for_each_task,
    semaphore_around_the_tasks,
    semaphore_for_each_task,
)
from tests.support.watching import PROCESS, Made, log_of

TWENTY = [Made(sender=n) for n in range(20)]


def acquired(semaphores: list[int], senders: list[int]) -> list[Event]:
    """Each sender acquires the semaphore beside it."""
    pairs = zip(semaphores, senders, strict=True)
    return [Acquired(0.0, PROCESS, semaphore, sender) for semaphore, sender in pairs]


def test_a_semaphore_for_each_task() -> None:
    """One that is shared limits, and so does one for each host."""
    senders = list(range(20))
    own = semaphore_for_each_task(log_of(TWENTY, *acquired(senders, senders)))
    shared = semaphore_for_each_task(log_of(TWENTY, *acquired([5] * 20, senders)))
    assert own
    assert own.facts == "20, each used by one task, so none ever waited"
    assert shared is None


def test_semaphores_that_are_no_fault() -> None:
    """Those of half the tasks count, fewer do not, nor one for each host."""
    half = acquired(list(range(10)), list(range(10)))
    assert semaphore_for_each_task(log_of(TWENTY, *half))
    assert semaphore_for_each_task(log_of(TWENTY, *half[1:])) is None
    by_host = [
        Made(sender=n, url=f"https://host{n % 6}.example.com/") for n in range(20)
    ]
    assert semaphore_for_each_task(log_of(by_host, *half)) is None
    no_requests = acquired(list(range(10)), list(range(50, 60)))
    assert semaphore_for_each_task(log_of(TWENTY, *no_requests)) is None


def asked(limiters: list[int], senders: list[int], permits: float = 1) -> list[Event]:
    """Each sender asks the rate limiter beside it."""
    pairs = zip(limiters, senders, strict=True)
    return [
        Paced(0.0, PROCESS, limiter, sender, permits, "main.py:8")
        for limiter, sender in pairs
    ]


def test_a_rate_limiter_for_each_task() -> None:
    """One that is shared limits, and one that a worker asks again and again does."""
    senders = list(range(20))
    finding = limiter_for_each_task(log_of(TWENTY, *asked(senders, senders)))
    assert finding
    assert finding.facts == (
        "20, each asked by one task, so none ever waited (main.py:8)"
    )
    shared = asked([5] * 20, senders)
    assert limiter_for_each_task(log_of(TWENTY, *shared)) is None
    of_workers = asked(senders * 3, senders * 3)
    assert limiter_for_each_task(log_of(TWENTY, *of_workers)) is None


SEMAPHORE = 77
MAIN = 500
"""The task that starts the others."""


def around(
    *, status: int = 200, count: int = 20, slots: int = 3, uses: int = 1
) -> tuple[list[Made], list[Event]]:
    """Tasks started inside the block of a semaphore, which send all at once."""
    requests = [
        Made(1.0, 0.5, status, sender=n, around=SEMAPHORE) for n in range(count)
    ]
    first: list[Event] = [Acquired(0.0, PROCESS, SEMAPHORE, MAIN, "main.py:9", slots)]
    return requests, first + [Acquired(0.5, PROCESS, SEMAPHORE, MAIN)] * (uses - 1)


def test_a_semaphore_around_the_tasks() -> None:
    """Where requests are refused it is certain, else it is likely."""
    requests, uses = around(status=429)
    finding = semaphore_around_the_tasks(log_of(requests, *uses))
    assert finding
    assert finding.certainty == "certain"
    assert finding.facts == (
        "it has 3 slots (main.py:9), and 20 requests were in flight at once, of tasks "
        "that were started inside its block and took no slot of their own"
    )
    requests, uses = around()
    finding = semaphore_around_the_tasks(log_of(requests, *uses))
    assert finding
    assert finding.certainty == "likely"


def test_a_semaphore_for_groups_of_requests() -> None:
    """It may be meant so: as long as nothing is refused, it is no fault."""
    requests, uses = around(uses=5)
    assert semaphore_around_the_tasks(log_of(requests, *uses)) is None
    requests, uses = around(uses=5, status=429)
    assert semaphore_around_the_tasks(log_of(requests, *uses))


def test_a_semaphore_whose_slots_the_tasks_release() -> None:
    """The one that starts them acquires for them, so no more are in flight."""
    requests, uses = around(status=429)
    released = [Released(2.0, PROCESS, SEMAPHORE, sender) for sender in range(20)]
    assert semaphore_around_the_tasks(log_of(requests, *uses, *released)) is None
    requests, uses = around(status=429, count=5, slots=5)
    assert semaphore_around_the_tasks(log_of(requests, *uses)) is None


def test_tasks_that_take_a_slot_of_their_own() -> None:
    """Wherever they were started, each is limited."""
    requests, uses = around(status=429)
    own = acquired([SEMAPHORE] * 20, list(range(20)))
    assert semaphore_around_the_tasks(log_of(requests, *uses, *own)) is None


REFUSED = [Made(1 + n / 9, 0.05, 429 if n % 3 else 200, sender=n) for n in range(30)]


@pytest.mark.parametrize(
    ("permits", "is_found"),
    [([1], True), ([1] * 20, True), ([1] * 27, False), ([30], False)],
    ids=["around the loop", "not around retries", "nearly all", "30 at once"],
)
def test_a_rate_limiter_that_is_not_around_each_request(
    permits: list[float], is_found: bool
) -> None:
    """Permits are counted, not calls: one may be for several requests."""
    paced = [Paced(0.0, PROCESS, 7, MAIN, each, "main.py:8") for each in permits]
    finding = limiter_around_the_tasks(log_of(REFUSED, *paced))
    assert bool(finding) == is_found
    if finding:
        permit = "1 permit" if len(permits) == 1 else "20 permits"
        assert finding.certainty == "certain"
        assert finding.facts == (
            f"the script asked it for {permit} (main.py:8), and sent 30 requests to "
            "api.example.com"
        )


def test_a_rate_limiter_that_may_be_for_another_host() -> None:
    """Then it is likely; where nothing is refused, nothing is said."""
    paced = Paced(0.0, PROCESS, 7, MAIN, 1)
    other = [Made(2.0, url="https://other.example/")]
    finding = limiter_around_the_tasks(log_of(REFUSED + other, paced))
    assert finding
    assert finding.certainty == "likely"
    accepted = [made._replace(status=200) for made in REFUSED]
    assert limiter_around_the_tasks(log_of(accepted, paced)) is None
