"""What a limiter is asked beside its share of a quota: one look at one property each."""

import asyncio
import gc
import itertools
import math
import random
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from inflight_lab.judge.api import Api
from inflight_lab.judge.clock import virtual_loop
from inflight_lab.judge.subject import Subject, through

LIMITS = ("limit", "total_tokens", "rate", "max_rate")
"""What limiters call the limit that can be set while they are in use."""


def found(subject: Subject, look: Callable[[Subject], Coroutine[Any, Any, str]]) -> str:
    """What a look finds.  Raises ``BlockingError`` where nothing can be found."""
    try:
        return subject.run(look(subject))
    except TimeoutError:
        return "NO: it stands still"
    except Exception as error:
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        return f"NO: it raised {error!r}"


async def _burst_after_rest(subject: Subject) -> str:
    """A rest must not save up more than one period allows."""
    limiter, api = subject.make(), Api()
    await through(limiter, api.get)
    await asyncio.sleep(10 * subject.period)
    await asyncio.gather(*subject.crowd(limiter, api.get, 3))
    return _busiest(subject, api)


async def _after_a_stall(subject: Subject) -> str:
    """Time that the loop stood still must not be made up for beyond the quota."""
    api = Api()
    requests = subject.crowd(subject.make(), api.get, 6)
    await asyncio.sleep(1.5 * subject.period)
    virtual_loop().stall(3 * subject.period)
    await asyncio.wait(requests, timeout=10 * subject.period)
    return _busiest(subject, api)


def _busiest(subject: Subject, api: Api) -> str:
    sent = api.arrivals
    most = max(
        last - bisect(sent, at - subject.period + 1e-9)
        for last, at in enumerate(sent, 1)
    )
    kept, together = most <= subject.rate, max(Counter(sent).values())
    return f"{'yes' if kept else 'NO'}: at most {most} in one period, {together} at one moment"


async def _in_order(subject: Subject) -> str:
    limiter, order = subject.make(), list[int]()

    async def goes(number: int) -> None:
        order.append(number)

    count = math.ceil(2 * subject.rate)
    await asyncio.gather(
        *(through(limiter, partial(goes, number)) for number in range(count))
    )
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(order))
    return "yes" if not overtaken else f"NO: {overtaken} times a later one went first"


async def _cancelled(subject: Subject) -> str:
    """The one whose turn it is gives up, and one that waits, by turns; what they held must come back."""
    limiter, draw = subject.make(), random.Random(1)
    requests = subject.crowd(limiter, Api().get, 3)
    for turn in range(len(requests) // 2):
        await asyncio.sleep(draw.uniform(0.2, 1.2) * subject.period / subject.rate)
        if alive := [request for request in requests if not request.done()]:
            (alive[0] if turn % 2 else draw.choice(alive)).cancel()
    _, left = await asyncio.wait(requests, timeout=20 * subject.period)
    return (
        f"NO: {len(left)} others wait for ever"
        if left
        else await _still_works(subject, limiter)
    )


async def _failed(subject: Subject) -> str:
    limiter = subject.make()

    async def fails() -> None:
        await asyncio.sleep(0.01)
        raise OSError

    await asyncio.gather(*subject.crowd(limiter, fails, 2), return_exceptions=True)
    return await _still_works(subject, limiter)


async def _still_works(subject: Subject, limiter: Any) -> str:
    """Whether it lets requests through as soon as one that was never used."""

    async def took(limiter: Any) -> float:
        began = virtual_loop().now
        async with asyncio.timeout(100 * subject.period):
            await asyncio.gather(*subject.crowd(limiter, Api().get, 2))
        return virtual_loop().now - began

    afterwards, usual = await took(limiter), await took(subject.make())
    kept = afterwards <= usual + 1.5 * subject.period
    return (
        "yes"
        if kept
        else f"NO: it takes {afterwards:.1f} s afterwards, and a new one {usual:.1f} s"
    )


async def _changed(subject: Subject) -> str:
    """Half the limit lets half as many through, and all of it as many as before, while others wait."""
    limiter, api = subject.make(), Api()
    names = [
        name for name in LIMITS if isinstance(getattr(limiter, name, None), int | float)
    ]

    async def sends() -> None:
        while True:
            await through(limiter, api.get)

    async def let_through(limit: float) -> tuple[int, int]:
        setattr(limiter, names[0], limit)
        before = len(api.arrivals)
        await asyncio.sleep(
            subject.period
        )  # for those in flight, and those who wait for their old time
        settled = len(api.arrivals)
        await asyncio.sleep(5 * subject.period)
        return settled - before, len(api.arrivals) - settled

    try:
        limit = getattr(limiter, names[0])
        least = 2 if isinstance(limit, int) else limit  # what can be halved
        most = type(limit)(
            min(max(limit, least), max(2, subject.rate))
        )  # and is not too many tasks
        setattr(limiter, names[0], most)
    except (IndexError, AttributeError):
        return "cannot be changed"
    async with asyncio.TaskGroup() as tasks:
        senders = [
            tasks.create_task(sends()) for _ in range(math.ceil(2 * subject.rate) + 2)
        ]
        _, whole = await let_through(most)
        _, half = await let_through(type(most)(most / 2))
        first, again = await let_through(most)
        for sender in senders:
            sender.cancel()
    follows = (
        0.3 * whole < half < 0.7 * whole
        and again > 0.8 * whole
        and first <= 0.4 * whole + 1
    )
    counts = f"{whole}, {half} and {again} in five periods; {first} in the one after it was raised"
    return f"{'yes' if follows else 'NO'}: with `{names[0]}` whole, halved and whole again, {counts}"


async def _price(subject: Subject) -> str:
    """Real time and memory for many requests; the loop's own share is in it."""
    limiter, count = subject.make(), math.ceil(10 * subject.rate)

    async def many() -> float:
        began = time.process_time()
        await asyncio.gather(*subject.crowd(limiter, partial(asyncio.sleep, 0.05), 10))
        return time.process_time() - began

    def in_use() -> int:
        gc.collect()
        return sys.getallocatedblocks()

    await many()  # what it keeps of the last ones it may keep
    before, took = in_use(), await many()
    kept = in_use() - before
    return f"{1e6 * took / count:.0f} µs a request, {max(0, kept) / count:.1f} objects kept for each"


CHECKS = {
    "keeps to the rate after a rest": _burst_after_rest,
    "keeps to the rate after a stall": _after_a_stall,
    "first come, first served": _in_order,
    "survives cancelled requests": _cancelled,
    "survives failed requests": _failed,
    "follows a changed limit": _changed,
    "time and memory": _price,
}
