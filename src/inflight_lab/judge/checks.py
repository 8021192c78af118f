"""The checks of a limiter besides its share of a quota, one property each."""

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
from typing import Any, NamedTuple

from inflight_lab.judge.api import Api
from inflight_lab.judge.changed_limit import follows_a_changed_limit
from inflight_lab.judge.clock import StuckError, virtual_loop
from inflight_lab.judge.results import YES, CheckResult, raised
from inflight_lab.judge.subject import Subject, through

REST = "keeps to the rate after a rest"
STALL = "keeps to the rate after a stall"
ORDER = "first come, first served"
CANCELLED = "survives cancelled requests"
FAILED = "survives failed requests"
CHANGED = "follows a changed limit"


class Check(NamedTuple):
    """A question about a limiter, and the function that answers it."""

    question: str
    answer: Callable[[Subject], Coroutine[Any, Any, CheckResult]]
    patience: int = 100
    """Periods that the answer may take; then the limiter hangs."""

    def result(self, subject: Subject) -> CheckResult:
        """Ask it about ``subject``.  Raises ``BlockingError`` if the limiter blocks."""
        try:
            return subject.run(self._answer_in_time(subject))
        except StuckError:  # any other ``TimeoutError`` is the limiter's own
            return CheckResult(False, "it hangs: no request gets through")
        except Exception as error:
            return raised(error)

    async def _answer_in_time(self, subject: Subject) -> CheckResult:
        try:
            async with asyncio.timeout(self.patience * subject.period) as patience:
                return await self.answer(subject)
        except TimeoutError as error:
            if patience.expired():
                raise StuckError from error
            raise


async def _keeps_to_the_rate_after_a_rest(subject: Subject) -> CheckResult:
    """A rest must not save up more than one period allows."""
    limiter = subject.make()
    api = Api()
    await through(limiter, api.get)
    await asyncio.sleep(10 * subject.period)
    await asyncio.gather(*subject.send_at_once(limiter, api.get, 3))
    return _rate_verdict(subject, api)


async def _keeps_to_the_rate_after_a_stall(subject: Subject) -> CheckResult:
    """A limiter must not make up for a stall of the loop beyond the quota."""
    api = Api()
    requests = subject.send_at_once(subject.make(), api.get, 6)
    await asyncio.sleep(1.5 * subject.period)
    virtual_loop().stall(3 * subject.period)
    await asyncio.wait(requests, timeout=10 * subject.period)
    return _rate_verdict(subject, api)


def _rate_verdict(subject: Subject, api: Api) -> CheckResult:
    busiest = _busiest(api.arrivals, subject.period)
    together = max(Counter(api.arrivals).values(), default=0)
    detail = f"at most {busiest} in {subject.period:g} s, {together} at one moment"
    return CheckResult(busiest <= subject.rate, detail)


def _busiest(arrivals: list[float], period: float) -> int:
    """The most arrivals in any span of one period."""
    busiest = 0
    for count, arrival in enumerate(arrivals, start=1):
        before = bisect(arrivals, arrival - period + 1e-9)
        busiest = max(busiest, count - before)
    return busiest


async def _first_come_first_served(subject: Subject) -> CheckResult:
    limiter = subject.make()
    order: list[int] = []

    async def note(number: int) -> None:
        order.append(number)

    count = math.ceil(2 * subject.rate)
    await asyncio.gather(
        *(through(limiter, partial(note, number)) for number in range(count))
    )
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(order))
    if overtaken:
        return CheckResult(False, f"{overtaken} requests overtook an earlier one")
    return YES


async def _survives_cancelled_requests(subject: Subject) -> CheckResult:
    """Cancel the oldest request and any other, in turns: the rest must get through."""
    limiter = subject.make()
    draw = random.Random(1)
    requests = subject.send_at_once(limiter, Api().get, 3)
    for turn in range(len(requests) // 2):
        await asyncio.sleep(draw.uniform(0.2, 1.2) * subject.period / subject.rate)
        alive = [request for request in requests if not request.done()]
        if alive:
            given_up = alive[0] if turn % 2 else draw.choice(alive)
            given_up.cancel()
    _, stuck = await asyncio.wait(requests, timeout=20 * subject.period)
    if stuck:
        return CheckResult(False, f"{len(stuck)} other requests never got through")
    return await _still_works(subject, limiter)


async def _survives_failed_requests(subject: Subject) -> CheckResult:
    limiter = subject.make()

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise OSError

    requests = subject.send_at_once(limiter, fail, 2)
    await asyncio.gather(*requests, return_exceptions=True)
    return await _still_works(subject, limiter)


async def _still_works(subject: Subject, limiter: Any) -> CheckResult:
    """Whether it lets requests through as soon as one that was never used."""
    afterwards = await _seconds_for_two_periods(subject, limiter)
    usual = await _seconds_for_two_periods(subject, subject.make())
    if afterwards <= usual + 1.5 * subject.period:
        return YES
    detail = f"it takes {afterwards:.1f} s afterwards, and a new one {usual:.1f} s"
    return CheckResult(False, detail)


async def _seconds_for_two_periods(subject: Subject, limiter: Any) -> float:
    began = virtual_loop().now
    await asyncio.gather(*subject.send_at_once(limiter, Api().get, 2))
    return virtual_loop().now - began


async def _time_and_memory(subject: Subject) -> CheckResult:
    """Real time and memory for many requests; the loop's own share is in it."""
    limiter = subject.make()
    count = math.ceil(10 * subject.rate)

    async def send_all() -> float:
        began = time.process_time()
        send = partial(asyncio.sleep, 0.05)
        await asyncio.gather(*subject.send_at_once(limiter, send, 10))
        return time.process_time() - began

    await send_all()  # so that what a limiter keeps of its last requests is there
    before = _objects_in_use()
    seconds = await send_all()
    kept = max(0, _objects_in_use() - before)
    microseconds = 1e6 * seconds / count
    detail = (
        f"{microseconds:.0f} µs a request, {kept / count:.1f} objects kept for each"
    )
    return CheckResult(None, detail)


def _objects_in_use() -> int:
    gc.collect()
    return sys.getallocatedblocks()


CHECKS = (
    Check(REST, _keeps_to_the_rate_after_a_rest),
    Check(STALL, _keeps_to_the_rate_after_a_stall),
    Check(ORDER, _first_come_first_served),
    Check(CANCELLED, _survives_cancelled_requests),
    Check(FAILED, _survives_failed_requests),
    Check(CHANGED, follows_a_changed_limit),
    Check("time and memory", _time_and_memory, patience=1000),
)
