"""Threads: the same limit and the same pace for code without ``await``.

``threading.Semaphore`` is the same counter of free slots; ``acquire`` blocks the thread
instead of suspending a task.  A thread costs more than a task, so there is a fixed
number of them.  If that number were ``limit``, the pool itself would be the limit, and
the simplest one.  You need the semaphore when there are more threads, because they do
other work too, or when several pools share one limit.

`ThreadPacer` keeps the pace of a quota.  Put it around your own calls, whatever sends
them:

    pacer = ThreadPacer(20, 1)  # 20 requests in any second, as the API states it

    def get(url):  # called in many threads: at least rate x latency of them
        with pacer:
            return requests.get(url)

A pace alone does not survive a 500 or a lost connection.  The recipe `with_requests`
does: it tries again, saves each answer, and continues after a stop.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import Any

import httpx

from inflight_lab.runners.pacer import Pacer

Limiter = contextlib.AbstractContextManager[object]  # what threading.Semaphore is


class ThreadPacer:
    """``with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds, as the API states it, and
    ``also`` are others, as for a `Pacer`.  Share one among all threads that use the
    quota: their number is the limit on requests in flight.  A thread takes one turn at
    a time.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        also: Sequence[tuple[float, float]] = (),
    ) -> None:
        self._pacer = Pacer(rate, period, also=also)
        self._turn = threading.Lock()  # whoever has it leaves next
        self._log = threading.Lock()  # whoever has it reads the pacer, or notes there

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        with self._log:
            self._pacer.pause(seconds)

    def __enter__(self) -> None:
        arrived = time.perf_counter()
        with self._turn:
            while wait := self._leave_or_wait(arrived):
                time.sleep(wait)

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        with self._log:
            self._pacer.come_back(threading.get_ident(), is_answered=kind is None)

    def _leave_or_wait(self, arrived: float) -> float:
        with self._log:
            return self._pacer.leave_or_wait(threading.get_ident(), arrived)


def make_one_request(
    url: str, num: int, *, client: httpx.Client, limiter: Limiter, verbose: bool = False
) -> httpx.Response:
    """Wait for a slot or a turn, GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
    with limiter:
        if verbose:
            # The line in one piece, whatever other threads print.
            print(f"Making request {num}\n", end="")
        response = client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(
            f"Unexpected Status: Http status code is {response.status_code}."
        )
    return response


@contextlib.contextmanager
def slot_of(limiter: Limiter, stopped: threading.Event) -> Iterator[None]:
    """Wait for a slot or a turn; it comes too late once the run has stopped."""
    with limiter:
        if stopped.is_set():
            raise CancelledError
        yield


def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 3,
    threads: int = 20,
    client: httpx.Client | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times from several threads, at most ``limit`` at once.

    Returns the responses in order.  It blocks; in a notebook
    ``await asyncio.to_thread(make_many_requests, ...)`` does not.

    ``limiter``, any context manager that threads may share, takes the place of the
    run's own ``threading.Semaphore(limit)``: a `ThreadPacer` for a pace.  The first
    failure is raised, and so is Ctrl-C: then nothing more is sent, and what is in
    flight is waited for, because a thread cannot be cancelled.  The other parameters
    are those of `semaphore`.
    """
    shared = limiter or threading.Semaphore(limit)
    stopped = threading.Event()
    opened = contextlib.nullcontext(client) if client else httpx.Client()
    with opened as client, ThreadPoolExecutor(threads) as pool:

        def make_one(num: int) -> httpx.Response:
            slot = slot_of(shared, stopped)
            return make_one_request(
                url, num, client=client, limiter=slot, verbose=verbose
            )

        try:
            futures = [pool.submit(make_one, num) for num in range(count)]
            if not return_exceptions:
                for future in as_completed(futures):
                    future.result()  # raises the first failure when it comes
            return [future.exception() or future.result() for future in futures]
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)
