"""Puts limiters through all trials.

All of them run on the virtual clock, so a card takes a second or two and says the same
on every machine.
"""

import asyncio
import random
from bisect import bisect
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from inflight_lab.arguments import check, instance, number
from inflight_lab.judge.api import LATENCY, QUOTAS, Api
from inflight_lab.judge.card import Card, Finding, Share
from inflight_lab.judge.clock import BEGIN, BlockingError, virtual_loop
from inflight_lab.judge.subject import WANTED, Subject, through

PERIODS = 10
"""Of each trial, after the first period, in which bursts are allowed."""
PATIENCE = 1000
"""Periods after which nothing more is expected of a limiter."""
NO_CLOCK = (
    "after the first second it sent nothing; it lets none through, or uses a thread "
    "or a clock that the judge does not reach"
)


class Network(NamedTuple):
    """How smoothly requests travel."""

    jitter: float = 0.0
    """Seconds by which the way to the API varies."""
    stall: float = 0.0
    """Seconds for which the loop stands still once a second."""


NETWORKS = {
    "still": Network(),
    "10 ms of jitter": Network(jitter=0.01),
    "stalls of 100 ms": Network(stall=0.1),
}


def judge(
    limiter: Callable[..., Any],
    *,
    rate: float = 100,
    period: float = 1.0,
    latency: float = LATENCY,
) -> Card:
    """Put a limiter for ``rate`` requests per ``period`` seconds through all trials.

    ``limiter`` is what makes one when it is called, such as its class.  Where that
    takes ``rate`` and ``period``, it gets both; where it takes ``rate`` only, it gets
    that if ``period`` is 1.  It may need nothing else.  What it makes is an object for
    ``async with``, or with an async ``acquire`` (and ``release``, if it has that) or
    ``wait``.  Or ``limiter`` is a runner, ``(url, count, *, client)``, which only meets
    the quotas.  Each answer takes ``latency`` seconds.

    Raises ``TypeError`` for anything else, ``ValueError`` for a rate below 1 or a
    number that is negative, and whatever the limiter itself raises when it is made.
    """
    instance(object, WANTED, callable).check("limiter", limiter)
    number(1).check("rate", rate)
    check("period", period)
    check("latency", latency)
    subject = Subject(limiter, rate, period)
    # In a thread of its own: in a notebook a loop is running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_judge, subject, latency).result()


def _judge(subject: Subject, latency: float) -> Card:
    judged_for = (
        f"{subject.rate:g} requests in {subject.period:g} s, "
        f"answered after {latency:g} s"
    )
    card = Card(subject.name, judged_for, subject.quota)
    try:
        if not subject.is_runner:
            subject.run(subject.try_making())
        _meet_the_quotas(card, subject, latency)
        if not subject.is_runner and not card.problem:
            _ask_what_it_does_after(card, subject, latency)
    except BlockingError as error:
        card.shares.clear()
        card.findings.clear()
        card.problem = str(error)
    return card


def _meet_the_quotas(card: Card, subject: Subject, latency: float) -> None:
    sent_later = False
    for name, make_quota in QUOTAS.items():
        shares = card.shares[name] = {}
        for network_name, network in NETWORKS.items():
            quota = make_quota(subject.rate, subject.period)
            api = Api(quota, network.jitter, latency)
            try:
                subject.run(_send(subject, api, stall=network.stall))
            except Exception as error:
                card.problem = _raised(error)
            shares[network_name] = share = _share_of(subject, api)
            let_all_through = len(api.arrivals) >= PERIODS * subject.rate
            sent_later = sent_later or share.used > 0 or let_all_through
    if not sent_later and not card.problem:
        card.problem = NO_CLOCK


async def _send(subject: Subject, api: Api, *, stall: float) -> None:
    stalls = asyncio.create_task(_stall_each_second(stall))
    sending = asyncio.create_task(subject.send_all(api, 2 * (1 + PERIODS)))
    await _wait([sending], seconds=(1 + PERIODS) * subject.period)
    stalls.cancel()


async def _wait(tasks: list[asyncio.Task[Any]], *, seconds: float) -> int:
    """Wait for ``tasks``, raise what one of them raised, and count those not done."""
    done, others = await asyncio.wait(tasks, timeout=seconds)
    for task in done:
        if not task.cancelled():
            task.result()
    return len(others)


async def _stall_each_second(seconds: float) -> None:
    while seconds:
        await asyncio.sleep(1)
        virtual_loop().stall(seconds)


def _share_of(subject: Subject, api: Api) -> Share:
    begin = BEGIN + subject.period
    end = begin + PERIODS * subject.period
    accepted = sum(begin <= arrival < end for arrival in api.accepted)
    return Share(accepted / (subject.rate * PERIODS), api.refusals)


def _raised(error: Exception) -> str:
    return f"it raised {error!r}"


def _ask_what_it_does_after(card: Card, subject: Subject, latency: float) -> None:
    for after, answer in EVENTS.items():
        try:
            finding = subject.run(answer(subject, Api(latency=latency)))
        except Exception as error:
            finding = Finding(False, "fails", _raised(error))
        card.findings[after] = finding


async def _after_a_rest(subject: Subject, api: Api) -> Finding:
    """A rest must not save up more than one period allows."""
    limiter = subject.make()
    await through(limiter, api.get)
    await asyncio.sleep(10 * subject.period)
    await _wait(subject.send_at_once(limiter, api.get, 3), seconds=10 * subject.period)
    return _busiest_of(subject, api)


async def _after_a_stall(subject: Subject, api: Api) -> Finding:
    """A limiter must not make up for a stall of the loop beyond the quota."""
    requests = subject.send_at_once(subject.make(), api.get, 6)
    await asyncio.sleep(1.5 * subject.period)
    virtual_loop().stall(3 * subject.period)
    await _wait(requests, seconds=10 * subject.period)
    return _busiest_of(subject, api)


def _busiest_of(subject: Subject, api: Api) -> Finding:
    """The most that arrived in a period, and at once.

    *At once* is within a tenth of the quota's spacing.
    """
    busiest = _most_within(api.arrivals, subject.period)
    at_once = _most_within(api.arrivals, subject.period / subject.rate / 10)
    detail = f"at most {busiest} in {subject.period:g} s, {at_once} at once"
    if busiest > subject.rate:
        return Finding(False, "sends too much", detail)
    return Finding(True, "keeps to the rate", detail)


def _most_within(arrivals: list[float], seconds: float) -> int:
    most = 0
    for count, arrival in enumerate(arrivals, start=1):
        before = bisect(arrivals, arrival - seconds + 1e-9)
        most = max(most, count - before)
    return most


async def _after_cancelled_requests(subject: Subject, api: Api) -> Finding:
    """Cancel the oldest request and any other, in turns: the rest must get through.

    So must those that come later, as soon as with a limiter that was never used.
    """
    usual = await _seconds_for_three_periods(subject, api)
    limiter = subject.make()
    draw = random.Random(1)
    requests = subject.send_at_once(limiter, api.get, 3)
    for turn in range(len(requests) // 2):
        await asyncio.sleep(draw.uniform(0.2, 1.2) * subject.period / subject.rate)
        alive = [request for request in requests if not request.done()]
        if alive:
            given_up = alive[0] if turn % 2 else draw.choice(alive)
            given_up.cancel()
    stuck = await _wait(requests, seconds=usual + 10 * subject.period)
    later = subject.send_at_once(limiter, api.get, 3)
    stuck += await _wait(later, seconds=usual + 1.5 * subject.period)
    if stuck:
        return Finding(False, "gets stuck", f"{stuck} others did not get through")
    return Finding(True, "goes on")


async def _seconds_for_three_periods(subject: Subject, api: Api) -> float:
    began = virtual_loop().now
    requests = subject.send_at_once(subject.make(), api.get, 3)
    await _wait(requests, seconds=PATIENCE * subject.period)
    return virtual_loop().now - began


EVENTS: dict[str, Callable[[Subject, Api], Coroutine[Any, Any, Finding]]] = {
    "after a rest": _after_a_rest,
    "after a stall": _after_a_stall,
    "after cancelled requests": _after_cancelled_requests,
}
