"""A card for any limiter: what it uses of each kind of quota, what it is refused, and how it fails.

All trials run on the virtual clock, so they take seconds and come out the same on every machine; only what a
request costs in time and memory is real.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import itertools
import math
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inflight_lab.arguments import check, number
from inflight_lab.judge.api import QUOTAS, Api, network, quota_of
from inflight_lab.judge.clock import BEGIN, StandstillError, run, virtual_loop
from inflight_lab.judge.subject import Subject, passing, through
from inflight_lab.server.quotas import Quota

T = TypeVar("T")
SECONDS = 10.0
"""Of each trial against a quota, after the first second, in which bursts are allowed."""
NO_CLOCK = (
    "NO: after the first second it sent nothing; it uses a thread, or a clock that the judge does not reach"
)
STEP = 1e-6
"""Seconds that a callback takes."""
NETWORKS = {"still": (0.0, 0.0), "10 ms of jitter": (0.01, 0.0), "stalls of 100 ms": (0.0, 0.1)}
"""Seconds by which the way to the API varies, and for which the loop stands still once a second."""


@dataclass
class Card:
    """What was found.  ``str(card)`` is the table."""

    name: str
    shares: dict[str, dict[str, tuple[float, int]]] = field(default_factory=dict)
    """By quota and network: the share of the quota that was used, and the refusals."""
    findings: dict[str, str] = field(default_factory=dict)
    """By question: what a look at one property found."""

    def __str__(self) -> str:
        lines = [
            f"{self.name}: share of the quota used, and 429s",
            f"{'':16}" + "".join(f"{n:>18}" for n in NETWORKS),
        ]
        for quota, cells in self.shares.items():
            lines.append(f"{quota:16}" + "".join(f"{share:>10.1%}, {n:>5}" for share, n in cells.values()))
        return "\n".join([*lines, "", *(f"{question}: {found}" for question, found in self.findings.items())])


def judge(limiter: Callable[..., Any], *, rate: float = 100, period: float = 1.0) -> Card:
    """Put a limiter for ``rate`` requests per ``period`` seconds through all trials.

    ``limiter`` is what makes one when it is called without arguments, such as its class: an object for
    ``async with``, or with ``acquire`` (and ``release``, if it has that) or ``wait``.  Or it is a runner,
    ``(url, count, *, client)``, which only meets the quotas.

    Raises ``TypeError`` for anything else, and whatever the limiter itself raises when it is made.
    """
    check("rate", rate, number(1))
    check("period", period)
    with ThreadPoolExecutor(1) as elsewhere:  # in a notebook another loop runs in this thread
        return elsewhere.submit(_judge, limiter, rate, period).result()


def _judge(limiter: Callable[..., Any], rate: float, period: float) -> Card:
    subject = Subject(limiter)
    card = Card(getattr(limiter, "__name__", None) or repr(limiter))
    if not subject.is_runner:
        _run(subject, _made(subject))  # or raise before anything is judged
    for quota in QUOTAS:
        card.shares[quota] = {}
        for name, (jitter, stall) in NETWORKS.items():
            counting = quota_of(quota, rate, period)
            api = Api(network(jitter), counting)
            if error := _trial(subject, api, counting, stall):
                card.findings["runs without an error"] = f"NO: {error!r}"
            card.shares[quota][name] = _share(api, counting), api.refusals
    if subject.is_runner:
        return card
    if not any(share for cells in card.shares.values() for share, _ in cells.values()):
        card.findings["could be judged"] = NO_CLOCK
    else:
        for question, look in LOOKS.items():
            card.findings[question] = _found(subject, look(subject, rate, period))
    return card


async def _made(subject: Subject) -> None:
    subject()


def _trial(subject: Subject, api: Api, quota: Quota, stall: float) -> BaseException | None:
    """Send for so many seconds as is looked at; returns what the limiter or the runner raised before."""

    async def main() -> None:
        async with asyncio.timeout((1 + SECONDS) * quota.period):
            async with asyncio.TaskGroup() as tasks:
                stalls = tasks.create_task(_stall_each_second(stall))
                await subject.send_all(api, math.ceil(quota.rate * (2 * SECONDS + 2)))
                stalls.cancel()

    try:
        _run(subject, main())
    except (TimeoutError, StandstillError):
        return None  # what it has sent until then counts
    except Exception as error:
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        return error
    return None


def _share(api: Api, quota: Quota) -> float:
    """The share of the quota that was used after the first period."""
    begin, long = BEGIN + quota.period, SECONDS * quota.period
    return sum(begin <= at < begin + long for at in api.accepted) / (quota.rate * SECONDS)


async def _stall_each_second(seconds: float) -> None:
    while seconds:
        await asyncio.sleep(1)
        virtual_loop().stall(seconds)


def _run(subject: Subject, main: Coroutine[Any, Any, T]) -> T:
    return run(main, also=subject.modules, step=STEP)


def _found(subject: Subject, look: Coroutine[Any, Any, str]) -> str:
    try:
        return _run(subject, look)
    except TimeoutError:
        return "NO: it stands still"
    except StandstillError as error:
        return f"NO: it stands still: {error}"
    except Exception as error:
        return f"NO: it raised {error!r}"


async def _burst_after_rest(subject: Subject, rate: float, period: float) -> str:
    """A rest must not save up more than one period allows."""
    limiter, api = subject(), Api(network())
    await through(limiter, api.get)
    await asyncio.sleep(10 * period)
    await _many(limiter, api, math.ceil(3 * rate))
    return _busiest(api, rate, period)


async def _after_a_stall(subject: Subject, rate: float, period: float) -> str:
    """Time that the loop stood still must not be made up for beyond the quota."""
    limiter, api = subject(), Api(network())
    tasks = [asyncio.create_task(through(limiter, api.get)) for _ in range(math.ceil(6 * rate))]
    await asyncio.sleep(1.5 * period)
    virtual_loop().stall(3 * period)
    await asyncio.wait(tasks, timeout=10 * period)
    return _busiest(api, rate, period)


async def _in_order(subject: Subject, rate: float, period: float) -> str:
    limiter, order = subject(), list[int]()

    async def one(number: int) -> None:
        async with passing(limiter):
            order.append(number)

    await asyncio.gather(*(one(number) for number in range(math.ceil(2 * rate))))
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(order))
    return "yes" if not overtaken else f"NO: {overtaken} times a later one went first"


async def _cancelled(subject: Subject, rate: float, period: float) -> str:
    """The one whose turn it is gives up, and one that waits, by turns; what they held must come back."""
    limiter, api, draw = subject(), Api(network()), random.Random(1)
    tasks = [asyncio.create_task(through(limiter, api.get)) for _ in range(math.ceil(3 * rate))]
    for turn in range(len(tasks) // 2):
        await asyncio.sleep(draw.uniform(0.2, 1.2) * period / rate)
        if alive := [task for task in tasks if not task.done()]:
            (alive[0] if turn % 2 else draw.choice(alive)).cancel()
    await asyncio.wait(tasks, timeout=20 * period)
    return await _still_works(
        limiter, subject(), rate, period, left=[task for task in tasks if not task.done()]
    )


async def _failed(subject: Subject, rate: float, period: float) -> str:
    """A request that raises gives back what it held."""
    limiter = subject()

    async def fails() -> None:
        await asyncio.sleep(0.01)
        raise OSError

    await asyncio.gather(
        *(through(limiter, fails) for _ in range(math.ceil(2 * rate))), return_exceptions=True
    )
    return await _still_works(limiter, subject(), rate, period)


async def _still_works(limiter: Any, fresh: Any, rate: float, period: float, left: Any = ()) -> str:
    """Whether it lets requests through as soon as one that was never used."""
    if left:
        return f"NO: {len(left)} others wait for ever"
    count, api = math.ceil(2 * rate), Api(network())
    began = virtual_loop().now
    async with asyncio.timeout(100 * period):
        await _many(limiter, api, count)
    took = virtual_loop().now - began
    began = virtual_loop().now
    await _many(fresh, api, count)
    usual = virtual_loop().now - began
    late = took > usual + 1.5 * period
    return f"NO: {count} requests took {took:.1f} s afterwards, {usual:.1f} s of a new one" if late else "yes"


async def _price(subject: Subject, rate: float, period: float) -> str:
    """Real time and memory for many requests; the loop's own share is in it."""
    limiter, count = subject(), math.ceil(10 * rate)

    async def many() -> None:
        await asyncio.gather(
            *(through(limiter, functools.partial(asyncio.sleep, 0.05)) for _ in range(count))
        )

    began = time.process_time()
    await many()
    took = time.process_time() - began
    tracemalloc.start()
    await many()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    await many()
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return f"{1e6 * took / count:.0f} µs a request, {max(0, kept) / count:.0f} bytes kept for each"


async def _many(limiter: Any, api: Api, count: int) -> None:
    await asyncio.gather(*(through(limiter, api.get) for _ in range(count)))


def _busiest(api: Api, rate: float, period: float) -> str:
    """The most that were sent in any one period, and at one moment."""
    sent, most, first = api.arrivals, 0, 0
    for last, at in enumerate(sent):
        while sent[first] <= at - period + 1e-9:
            first += 1
        most = max(most, last - first + 1)
    together = max(Counter(sent).values())
    return f"{'yes' if most <= rate else 'NO'}: at most {most} in one period, {together} at one moment"


LOOKS: dict[str, Callable[[Subject, float, float], Coroutine[Any, Any, str]]] = {
    "keeps to the rate after a rest": _burst_after_rest,
    "keeps to the rate after a stall": _after_a_stall,
    "first come, first served": _in_order,
    "survives cancelled requests": _cancelled,
    "survives failed requests": _failed,
    "time and memory": _price,
}
