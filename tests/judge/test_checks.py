"""The judge finds the faults that limiters have, and none in one that is sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from inflight_lab.engine.limiter import AdjustableLimiter
from inflight_lab.judge.api import Api
from inflight_lab.judge.checks import CHECKS
from inflight_lab.judge.results import CheckResult
from inflight_lab.judge.subject import Subject
from inflight_lab.runners.paced import Pacer
from tests.judge import limiters
from tests.judge.limiters import PERIOD, RATE

Make = Callable[[], Any]
BY_QUESTION = {check.question: check for check in CHECKS}
REST, STALL = "keeps to the rate after a rest", "keeps to the rate after a stall"
ORDER, CANCEL = "first come, first served", "survives cancelled requests"
FAIL, CHANGE = "survives failed requests", "follows a changed limit"
COST = "time and memory"


def results(
    make: Make, *questions: str, rate: float = RATE, period: float = PERIOD
) -> dict[str, CheckResult]:
    """What the checks say, all of them or those that are asked for."""
    subject = Subject(make, rate, period)
    subject.run(subject.try_making())
    asked = questions or BY_QUESTION
    return {question: BY_QUESTION[question].result(subject) for question in asked}


def failed(found: dict[str, CheckResult]) -> set[str]:
    """The questions whose answer is no."""
    return {question for question, result in found.items() if result.passed is False}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pacer(100),
        lambda: asyncio.Semaphore(5),
        lambda: AdjustableLimiter(5),
        limiters.Released,
    ],
    ids=["Pacer", "Semaphore", "AdjustableLimiter", "release that is awaited"],
)
def test_what_is_sound_is_found_sound(make: Make) -> None:
    """100 a second, or five at a time that take 50 ms each."""
    assert failed(results(make, rate=100, period=1)) == set()


@pytest.mark.parametrize(
    ("make", "faults"),
    [
        (limiters.Spacer, {STALL}),
        (limiters.Bucket, {REST, STALL}),
        (limiters.CatchesUp, {REST, STALL}),
        (limiters.Window, {REST, STALL, ORDER}),
        (limiters.LastFirst, {ORDER}),
        (limiters.LetsAllThrough, {REST, STALL}),
    ],
)
def test_a_fault_of_the_rate_or_the_order_is_found(
    make: Make, faults: set[str]
) -> None:
    """By the questions that are about it, and by no other."""
    asked = results(make, REST, STALL, ORDER)
    assert failed(asked) == faults


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (limiters.Leaks, CANCEL),
        (limiters.Locks, CANCEL),
        (limiters.LosesFailures, FAIL),
    ],
)
def test_a_slot_that_is_lost_is_found(make: Make, fault: str) -> None:
    """With a request that is cancelled, or one that fails."""
    assert failed(results(make, ORDER, CANCEL, FAIL)) == {fault}


def test_what_a_limiter_raises_is_no_hang() -> None:
    """A ``TimeoutError`` of its own is quoted."""
    own = "NO: it raised TimeoutError('Not sent: too many wait')"
    raised = results(limiters.GivesUp, REST, CANCEL, FAIL)
    assert set(map(str, raised.values())) == {own}


@pytest.mark.parametrize("make", [limiters.Hangs, limiters.HangsAndPolls])
def test_what_waits_for_ever_hangs(make: Make) -> None:
    """Whether nothing goes on, or something does so for ever: the judge comes back."""
    hung = results(make, REST, ORDER, FAIL)
    assert set(map(str, hung.values())) == {"NO: it hangs: no request gets through"}


@pytest.mark.parametrize(
    "make", [limiters.HandsOver, limiters.WakesOne, limiters.WakesAll]
)
def test_a_limit_that_is_not_followed_is_found(make: Make) -> None:
    """A slot is handed out although the limit is lower now, or not at once."""
    found = results(make, ORDER, FAIL, CHANGE, rate=100, period=1)
    assert failed(found) == {CHANGE}


class Changed(NamedTuple):
    """A limiter, and what the card says of its limit."""

    make: Make
    says: str
    rate: float = 100
    period: float = 1


@pytest.mark.parametrize(
    "row",
    [
        Changed(
            lambda: AdjustableLimiter(5),
            "yes: with `limit` whole, halved and whole again, 500, 200 and 500 in five",
        ),
        Changed(
            lambda: AdjustableLimiter(1),
            "yes: with `limit` whole, halved and whole again, 200, 100 and 200 in five",
        ),
        Changed(lambda: AdjustableLimiter(10**9), "yes: with `limit`", RATE, PERIOD),
        Changed(lambda: Pacer(RATE, PERIOD), "yes: with `rate`", RATE, PERIOD),
        Changed(lambda: asyncio.Semaphore(5), "cannot be changed"),
        Changed(limiters.ReadOnly, "cannot be changed"),
    ],
)
def test_a_limit_is_changed_where_it_can_be(row: Changed) -> None:
    """Those that follow are found to, a limit of one too; what has none to set has no
    fault.
    """
    found = results(row.make, CHANGE, rate=row.rate, period=row.period)
    assert str(found[CHANGE]).startswith(row.says)


def test_what_a_period_holds_is_counted() -> None:
    """A burst of seven counts as seven, in a period and at one moment."""
    found = results(limiters.Window, REST)[REST]
    assert found.detail == "at most 14 in 2 s, 7 at one moment"
    found = results(limiters.Spacer, REST)[REST]
    assert str(found) == "yes: at most 7 in 2 s, 1 at one moment"


def test_what_is_kept_of_each_request_is_counted() -> None:
    """A log without an end is seen in the memory."""
    found = results(limiters.Remembers, COST, rate=100)[COST]
    assert found.detail.endswith(" µs a request, 1.0 objects kept for each")
    assert found.passed is None


def test_a_sleep_of_no_time_blocks_nothing() -> None:
    """``time.sleep(0)`` only lets other threads run."""
    api, subject = Api(), Subject(limiters.BlocksForNoTime, RATE, PERIOD)
    subject.run(subject.send_all(api, 1))
    assert len(api.arrivals) == RATE


def test_what_polls_with_a_pause_is_judged() -> None:
    """A millisecond is a wait like any other."""
    api, subject = Api(), Subject(limiters.PollsByTheMillisecond, RATE, PERIOD)
    subject.run(subject.send_all(api, 1))
    took = api.arrivals[-1] - api.arrivals[0]
    assert took == pytest.approx(PERIOD - PERIOD / RATE, abs=0.05)


def test_a_high_rate_has_enough_senders() -> None:
    """More than the 4,000 a second that 200 senders could send are waiting to be let
    through.
    """
    api, subject = Api(), Subject(lambda: asyncio.Semaphore(100_000), 20_000, 2)
    subject.run(subject.send_all(api, 0.2))
    assert len(api.arrivals) == 4000
    assert 0.05 <= api.arrivals[-1] - api.arrivals[0] < 0.2
