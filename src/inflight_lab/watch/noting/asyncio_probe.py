"""Note which task uses which limit, and what blocks a loop.

What blocks a loop is `time.sleep` and, in `request_log`, a client that does not await.
How long either takes does not depend on other busy programs.  A loop that computes is
not noticed: it looks like one that a busy machine has stopped.
"""

import asyncio
import multiprocessing.process
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from inflight_lab.watch.noting.probes import replace
from inflight_lab.watch.noting.request_log import (
    Block,
    LimitUse,
    RequestLog,
    current_sender,
    is_called_by_a_script,
    is_next_to_a_script,
    limit_around,
    number_of,
    script_line,
)

Size = Callable[[Any], tuple[float, float]]
"""How many slots a limit has, and in how many seconds it gives them; 0: when freed."""
PROCESS_EVENTS = ("subprocess.Popen", "os.system", "os.fork", "os.posix_spawn")


def watch_asyncio(log: RequestLog) -> None:
    """Note it from now on, in each loop."""
    log.sees_asyncio = True
    semaphore = asyncio.Semaphore
    _watch_limits(log, semaphore, "acquire", "release", _size_of_semaphore)
    with suppress(ImportError):
        limiter = import_module("aiolimiter").AsyncLimiter
        _watch_limits(log, limiter, "__aenter__", "__aexit__", _size_of_limiter)
    _watch_sleep(log)


def _watch_limits(
    log: RequestLog, kind: Any, enter: str, leave: str, size: Size
) -> None:
    """Note who enters and leaves the limits of a class, ``kind``."""

    async def entering(original: Any, limit: Any) -> Any:
        number = _note_use(log, limit, *size(limit))
        result = await original(limit)
        limit_around.set(number)
        return result

    def leaving(original: Any, limit: Any, *why: Any) -> Any:
        limit_around.set(0)
        return original(limit, *why)

    replace(kind, enter, entering)
    replace(kind, leave, leaving)


def _size_of_semaphore(semaphore: Any) -> tuple[float, float]:
    return semaphore._value, 0.0


def _size_of_limiter(limiter: Any) -> tuple[float, float]:
    return limiter.max_rate, limiter.time_period


def _note_use(log: RequestLog, limit: Any, slots: float, period: float) -> int:
    """The number of a limit that the current task is about to acquire."""
    number = number_of(limit)
    use = log.limits.get(number)
    if use is None:
        use = LimitUse(slots, script_line(), period=period)
        use.is_the_scripts = is_next_to_a_script()
        log.limits[number] = use
    use.acquired += 1
    use.senders.add(current_sender())
    return number


def _watch_sleep(log: RequestLog) -> None:
    def sleep(original: Any, seconds: float) -> None:
        if log.open and asyncio._get_running_loop() is not None:
            log.blocks.append(Block("in time.sleep", script_line(), seconds))
        original(seconds)

    replace(time, "sleep", sleep)


def watch_the_rest(log: RequestLog, warn: Callable[[], None]) -> None:
    """Note what is not seen: that the script starts another process (``warn`` is called
    once), and whom it connects to, with whatever library.
    """

    def note() -> None:
        if is_called_by_a_script() and not log.has_other_processes:
            log.has_other_processes = True
            warn()

    def start(original: Any, process: Any) -> None:
        note()
        original(process)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in PROCESS_EVENTS:
            note()
        elif event == "socket.getaddrinfo" and arguments[0]:
            log.connected_to = str(arguments[0])

    replace(multiprocessing.process.BaseProcess, "start", start)
    sys.addaudithook(audit)
