"""Note which task uses which limit, what blocks a loop, what `gather` throws away.

A loop is blocked by whatever does not await.  How long `time.sleep` sleeps is known,
and how long a step computes is the thread's own processor time, so other busy programs
make neither of them longer.  A step that waits for something else is not noticed: it
looks like one that a busy machine has stopped.
"""

import asyncio
import multiprocessing.process
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import CodeType
from typing import Any

from inflight_lab.watch.probes import replace
from inflight_lab.watch.request_log import (
    Block,
    LimitUse,
    RequestLog,
    ThrownAway,
    current_sender,
    is_called_by_a_script,
    is_of_a_script,
    limit_around,
    line_in,
    number_of,
    script_line,
)

Size = Callable[[Any], tuple[float, float]]
"""How many slots a limit has, and in how many seconds it gives them; 0: when freed."""
LONG_COMPUTING = 0.05
"""Seconds of processor time; a step that computes longer blocks the loop."""
PROCESS_EVENTS = ("subprocess.Popen", "os.system", "os.fork", "os.posix_spawn")
FRESH = 0.02
"""Seconds for which a reading of the processor time is used: it is slow to read."""


def watch_asyncio(log: RequestLog) -> None:
    """Note it from now on, in each loop."""
    log.sees_asyncio = True
    semaphore = asyncio.Semaphore
    _watch_limits(log, semaphore, "acquire", "release", _size_of_semaphore)
    with suppress(ImportError):
        limiter = import_module("aiolimiter").AsyncLimiter
        _watch_limits(log, limiter, "__aenter__", "__aexit__", _size_of_limiter)
    _watch_steps(log)
    _watch_gather(log)


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
        use = log.limits[number] = LimitUse(slots, script_line(), period=period)
    use.acquired += 1
    use.senders.add(current_sender())
    return number


def _watch_steps(log: RequestLog) -> None:
    def sleep(original_sleep: Any, seconds: float) -> None:
        if log.open and asyncio._get_running_loop() is not None:
            log.blocks.append(Block("in time.sleep", script_line(), seconds))
        original_sleep(seconds)

    original: Any = asyncio.Handle._run
    clock = threading.local()
    """Of each thread: ``computed`` so much processor time ``at`` some moment."""

    def run(handle: Any) -> None:
        if not log.open:
            original(handle)
            return
        began = time.perf_counter()
        if began - getattr(clock, "at", 0.0) > FRESH:
            clock.at = began
            clock.computed = time.thread_time()
        original(handle)
        seconds = time.perf_counter() - began
        if seconds < LONG_COMPUTING:
            return
        before = began - clock.at  # the steps before it computed no longer than that
        computed = time.thread_time() - clock.computed - before
        if computed >= LONG_COMPUTING:
            log.blocks.append(Block("computing", _place(handle), computed))

    replace(time, "sleep", sleep)
    handle_class: Any = asyncio.Handle
    handle_class._run = run  # without `replace`: it is called for every step


def _place(handle: asyncio.Handle) -> str:
    """``work() (main.py:12)``: the script's function that a step of a loop is part of.

    It is the outermost one, since the step may have left those that it awaited.
    """
    called = getattr(handle, "_callback", None)
    task = getattr(called, "__self__", None)
    coroutine = task.get_coro() if isinstance(task, asyncio.Task) else None
    while coroutine is not None:
        code: CodeType | None = getattr(coroutine, "cr_code", None)
        if code and is_of_a_script(code):
            return f"{code.co_name}() ({line_in(code, code.co_firstlineno)})"
        coroutine = getattr(coroutine, "cr_await", None)
    return ""


def _watch_gather(log: RequestLog) -> None:
    def gather(original: Any, *things: Any, return_exceptions: bool = False) -> Any:
        outer = original(*things, return_exceptions=return_exceptions)
        line = script_line()

        def note(_: object) -> None:
            error = getattr(outer, "_exception", None)  # it must not count as seen
            if error is not None:
                children = outer._children
                if any(_returned_nothing(each) for each in children):
                    children = []  # what they got is elsewhere
                senders = frozenset(map(number_of, children))
                thrown = ThrownAway(type(error).__name__, senders, line)
                log.thrown_away.append(thrown)

        if not return_exceptions and things:
            outer.add_done_callback(note)
        return outer

    replace(asyncio, "gather", gather)


def _returned_nothing(task: Any) -> bool:
    """Whether a task ended well, without a result; an error must not count as seen."""
    is_over = task.done() and not task.cancelled()
    return is_over and task._exception is None and task.result() is None


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
