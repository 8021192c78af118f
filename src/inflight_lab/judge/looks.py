"""What a limiter is asked beside its share of a quota: one look at one property each."""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import random
import time
import tracemalloc
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from inflight_lab.judge.api import Api
from inflight_lab.judge.clock import PollingError, StandstillError, virtual_loop
from inflight_lab.judge.subject import Subject, through


def found(subject: Subject, look: Callable[[Subject], Coroutine[Any, Any, str]]) -> str:
    """What a look finds.  Raises ``PollingError`` where nothing can be found."""
    try:
        return subject.run(look(subject))
    except TimeoutError:
        return "NO: it stands still"
    except StandstillError as error:
        return f"NO: it stands still: {error}"
    except PollingError:
        raise
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
    """The most that were sent in any one period, and at one moment."""
    sent = api.arrivals
    most = max(last - bisect(sent, at - subject.period + 1e-9) for last, at in enumerate(sent, 1))
    kept, together = most <= subject.rate, max(Counter(sent).values())
    return f"{'yes' if kept else 'NO'}: at most {most} in one period, {together} at one moment"


async def _in_order(subject: Subject) -> str:
    limiter, order = subject.make(), list[int]()

    async def goes(number: int) -> None:
        order.append(number)

    count = math.ceil(2 * subject.rate)
    await asyncio.gather(*(through(limiter, partial(goes, number)) for number in range(count)))
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
    return f"NO: {len(left)} others wait for ever" if left else await _still_works(subject, limiter)


async def _failed(subject: Subject) -> str:
    """A request that raises gives back what it held."""
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
            await asyncio.gather(*requests(limiter))
        return virtual_loop().now - began

    requests = partial(subject.crowd, send=Api().get, periods=2)
    afterwards, usual = await took(limiter), await took(subject.make())
    if afterwards <= usual + 1.5 * subject.period:
        return "yes"
    count = math.ceil(2 * subject.rate)
    return f"NO: {count} requests took {afterwards:.1f} s afterwards, {usual:.1f} s of a new one"


async def _price(subject: Subject) -> str:
    """Real time and memory for many requests; the loop's own share is in it."""
    limiter, count = subject.make(), math.ceil(10 * subject.rate)

    async def many() -> None:
        await asyncio.gather(*subject.crowd(limiter, partial(asyncio.sleep, 0.05), 10))

    def in_use() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    began = time.process_time()
    await many()
    took = time.process_time() - began
    tracemalloc.start()
    await many()
    before = in_use()
    await many()
    kept = in_use() - before
    tracemalloc.stop()
    return f"{1e6 * took / count:.0f} µs a request, {max(0, kept) / count:.0f} bytes kept for each"


LOOKS = {
    "keeps to the rate after a rest": _burst_after_rest,
    "keeps to the rate after a stall": _after_a_stall,
    "first come, first served": _in_order,
    "survives cancelled requests": _cancelled,
    "survives failed requests": _failed,
    "time and memory": _price,
}
