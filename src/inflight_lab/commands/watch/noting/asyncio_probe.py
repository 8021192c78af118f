"""Note which task uses which semaphore, and what blocks a loop.

What blocks a loop is `time.sleep` and, in `request_log`, a client that does not await.
How long either takes does not depend on other busy programs.  A loop that computes is
not noticed: it looks like one that a busy machine has stopped.
"""

import asyncio
import sys
import time
from typing import Any

from inflight_lab.commands.watch.noting.probes import replace
from inflight_lab.commands.watch.noting.request_log import (
    Block,
    LimitUse,
    RequestLog,
    current_sender,
    is_of_a_script,
    limit_around,
    number_of,
    script_line,
)


def watch_asyncio(log: RequestLog) -> None:
    """Note it from now on, in each loop."""

    def make(original: Any, limit: Any, *args: Any, **options: Any) -> None:
        original(limit, *args, **options)
        maker: Any = sys._getframe(2)
        while maker.f_globals["__name__"] == "asyncio.locks":  # a BoundedSemaphore
            maker = maker.f_back
        if is_of_a_script(maker.f_code.co_filename):  # else it is part of a library
            log.limits[number_of(limit)] = LimitUse(limit._value, script_line())

    async def acquire(original: Any, limit: Any) -> Any:
        number = number_of(limit)
        if use := log.limits.get(number):
            use.acquired += 1
            use.senders.add(current_sender())
        result = await original(limit)
        limit_around.set(number)
        return result

    def release(original: Any, limit: Any) -> Any:
        limit_around.set(0)
        return original(limit)

    def sleep(original: Any, seconds: float) -> None:
        if log.open and asyncio._get_running_loop() is not None:
            log.blocks.append(Block("in time.sleep", script_line(), seconds))
        original(seconds)

    replace(asyncio.Semaphore, "__init__", make)
    replace(asyncio.Semaphore, "acquire", acquire)
    replace(asyncio.Semaphore, "release", release)
    replace(time, "sleep", sleep)
