"""Puts a limiter through all trials, and fills its card.

All trials run on the virtual clock, so a card takes two seconds and says the same on
every machine.
"""

import asyncio
import random
from bisect import bisect
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from inflight_lab.lesson.arguments import check, number
from inflight_lab.lesson.judge.api import LATENCY, QUOTA_MAKERS, Api
from inflight_lab.lesson.judge.card import Card, Reaction, Share
from inflight_lab.lesson.judge.clock import BEGIN, BlockingError, virtual_loop
from inflight_lab.lesson.judge.subject import WANTED, Subject, through

Mishap = Callable[[Subject, Api], Coroutine[Any, Any, Reaction]]
"""Does something to a limiter, and watches its reaction."""

PERIODS = 10
"""How many periods of a trial count; bursts are allowed in one before them."""
ALL_PERIODS = 1 + PERIODS
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

    ``limiter`` is called to make one, so it may be a class.  It gets ``rate`` and
    ``period`` if it takes both.  If it takes ``rate`` alone, it gets that if ``period``
    is 1.  It may need no other argument.  It makes an object for ``async with``, or one
    with an async ``acquire`` or ``wait``.  Each answer takes ``latency`` seconds.

    ``limiter`` may also be a runner, ``(url, count, *, client)``.  A runner only meets
    the quotas, and does not see its 429s.

    Raises ``TypeError`` for anything else, ``ValueError`` for a rate below 1 or a
    negative number, and any error that the limiter itself raises when it is made.
    """
    if not callable(limiter):
        raise TypeError(f"limiter must be {WANTED}, got {limiter!r}")
    number(1).check("rate", rate)
    check("period", period)
    check("latency", latency)
    subject = Subject(limiter, rate, period)
    quota = f"{subject.rate:g} requests in {subject.period:g} s"
    judged_for = f"{quota}, answered after {latency:g} s"
    card = Card(subject.name, judged_for, subject.quota)
    try:
        _fill(card, subject, latency)
    except BlockingError as error:
        card.shares.clear()
        card.findings.clear()
        card.problem = str(error)
    return card


def _fill(card: Card, subject: Subject, latency: float) -> None:
    if not subject.is_runner:
        subject.run(subject.try_making())
    _meet_the_quotas(card, subject, latency)
    if subject.is_runner or card.problem:
        return
    for mishap, happens in MISHAPS.items():
        card.findings[mishap] = _reaction(subject, happens, latency)


def _meet_the_quotas(card: Card, subject: Subject, latency: float) -> None:
    for name, make_quota in QUOTA_MAKERS.items():
        card.shares[name] = {}
        for network_name, network in NETWORKS.items():
            quota = make_quota(subject.rate, subject.period)
            api = Api(quota, network.jitter, latency)
            card.problem = _send(subject, api, network) or card.problem
            card.shares[name][network_name] = _share_of(subject, api)
    sends_all_at_once = len(api.arrivals) >= PERIODS * subject.rate
    if not card.most_used and not sends_all_at_once:
        card.problem = card.problem or NO_CLOCK


def _send(subject: Subject, api: Api, network: Network) -> str:
    """Send for all periods; returns what went wrong, or an empty text."""
    try:
        subject.run(_send_beside_stalls(subject, api, network.stall))
    except Exception as error:
        return _raised(error)
    return ""


async def _send_beside_stalls(subject: Subject, api: Api, stall: float) -> None:
    stalls = asyncio.create_task(_stall_each_second(stall))
    all_of_it = subject.send_all(api, 2 * ALL_PERIODS)
    sending = asyncio.create_task(all_of_it)
    await subject.wait([sending], periods=ALL_PERIODS)
    stalls.cancel()


async def _stall_each_second(seconds: float) -> None:
    while seconds:
        await asyncio.sleep(1)
        virtual_loop().stall(seconds)


def _share_of(subject: Subject, api: Api) -> Share:
    begin = BEGIN + subject.period
    end = begin + PERIODS * subject.period
    accepted = sum(begin <= arrival < end for arrival in api.accepted)
    allowed = subject.rate * PERIODS
    return Share(accepted / allowed, api.refusals)


def _reaction(subject: Subject, happens: Mishap, latency: float) -> Reaction:
    api = Api(latency=latency)
    try:
        return subject.run(happens(subject, api))
    except Exception as error:
        return Reaction(False, "fails", _raised(error))


def _raised(error: Exception) -> str:
    return f"it raised {error!r}"


async def _a_rest(subject: Subject, api: Api) -> Reaction:
    """A rest must not save up more than one period allows."""
    limiter = subject.make()
    await through(limiter, api)
    await subject.rest(periods=10)
    requests = subject.send_at_once(limiter, api, periods=3)
    await subject.wait(requests, periods=10)
    return _busiest_of(subject, api.arrivals)


async def _a_stall(subject: Subject, api: Api) -> Reaction:
    """A limiter must not make up for a stall of the loop beyond the quota."""
    limiter = subject.make()
    requests = subject.send_at_once(limiter, api, periods=6)
    await subject.rest(periods=1.5)
    virtual_loop().stall(3 * subject.period)
    await subject.wait(requests, periods=10)
    return _busiest_of(subject, api.arrivals)


def _busiest_of(subject: Subject, arrivals: list[float]) -> Reaction:
    """The most that arrived in a period, and at once.

    *At once* is within a tenth of the quota's spacing.
    """
    spacing = subject.period / subject.rate
    busiest = _most_within(subject.period, arrivals)
    at_once = _most_within(spacing / 10, arrivals)
    detail = f"at most {busiest} in {subject.period:g} s, {at_once} at once"
    if busiest > subject.rate:
        return Reaction(False, "sends too much", detail)
    return Reaction(True, "keeps to the rate", detail)


def _most_within(seconds: float, arrivals: list[float]) -> int:
    most = 0
    for count, arrival in enumerate(arrivals, start=1):
        begin = arrival - seconds + 1e-9
        before = bisect(arrivals, begin)
        most = max(most, count - before)
    return most


async def _cancelled_requests(subject: Subject, api: Api) -> Reaction:
    """After requests were cancelled, all others must get through.

    They may take a little longer than with a new limiter.
    """
    usual = await _periods_for_three(subject, api)
    limiter = subject.make()
    requests = subject.send_at_once(limiter, api, periods=3)
    await _cancel_some(requests, every=subject.period / subject.rate)
    stuck = await subject.wait(requests, periods=usual + 10)
    later = subject.send_at_once(limiter, api, periods=3)
    stuck += await subject.wait(later, periods=usual + 1.5)
    if stuck:
        return Reaction(False, "gets stuck", f"{stuck} others did not get through")
    return Reaction(True, "goes on")


async def _periods_for_three(subject: Subject, api: Api) -> float:
    """How many periods it takes to send the requests of three."""
    begin = virtual_loop().now
    limiter = subject.make()
    requests = subject.send_at_once(limiter, api, periods=3)
    await subject.wait(requests, periods=PATIENCE)
    return (virtual_loop().now - begin) / subject.period


async def _cancel_some(requests: list[asyncio.Task[Any]], *, every: float) -> None:
    """Cancel half of the requests: by turns the oldest one and any other."""
    draw = random.Random(1)
    for turn in range(len(requests) // 2):
        await asyncio.sleep(draw.uniform(0.2, 1.2) * every)
        alive = [request for request in requests if not request.done()]
        if alive:
            given_up = alive[0] if turn % 2 else draw.choice(alive)
            given_up.cancel()


MISHAPS: dict[str, Mishap] = {
    "after a rest": _a_rest,
    "after a stall": _a_stall,
    "after cancelled requests": _cancelled_requests,
}
