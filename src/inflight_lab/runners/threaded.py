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

A lock of ``threading``, unlike one of asyncio, is not first come, first served: whoever
asks at the right moment gets it before those who wait.  So each thread that enters the
pacer waits until the one before it has left.
"""

import contextlib
import functools
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import httpx

from inflight_lab.runners.pacer import Pacer

Limiter = contextlib.AbstractContextManager[object]  # what threading.Semaphore is


class ThreadPacer(Pacer):
    """``with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds, as the API states it.
    ``also`` and ``burst`` are those of `Pacer`.  Share one among all threads that use
    the quota: their number is the limit on requests in flight.  First come, first
    served.  A thread that enters again while it is inside gets ``RuntimeError``.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1,
        *,
        also: Sequence[tuple[float, float]] = (),
        burst: float = 8,
    ) -> None:
        super().__init__(rate, period, also=also, burst=burst)
        self._lock = threading.Lock()  # held for a moment, to read or to note
        self._latest_has_left = threading.Event()  # of the thread that came last
        self._latest_has_left.set()

    def wait(self) -> None:
        """Wait for a turn, where the block cannot be put around the request.

        The request counts from here on.  If it takes much longer than others to reach
        the API, it may be one too many: give a ``rate`` below the quota.
        """
        with self:
            pass

    def __enter__(self) -> None:
        arrived = time.perf_counter()
        thread = threading.get_ident()
        if thread in self._sent:
            raise RuntimeError("This thread is already inside the pacer.")
        has_left = threading.Event()
        with self._lock:
            previous_has_left = self._latest_has_left
            self._latest_has_left = has_left
        try:
            previous_has_left.wait()
            while (wait := self._leave_or_wait(thread, arrived)) > 0:
                time.sleep(min(wait, self.period / 20))
        finally:  # also if Ctrl-C ends the wait
            has_left.set()

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        with self._lock:
            self._note_ended(threading.get_ident(), answered=kind is None)

    def _leave_or_wait(self, thread: int, arrived: float) -> float:
        """Note that a request leaves, or return the seconds until it may."""
        with self._lock:
            wait = self._seconds_until_free()
            if wait <= 0:
                self._note_sent(thread, arrived)
            return wait


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
    failure is raised: requests that have not begun are dropped, and the others are
    waited for, because a thread cannot be cancelled.  The other parameters are those of
    `semaphore`.
    """
    limiter = limiter or threading.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.Client()
    with opened as client, ThreadPoolExecutor(threads) as pool:
        make_one = functools.partial(
            make_one_request, url, client=client, limiter=limiter, verbose=verbose
        )
        futures = [pool.submit(make_one, num) for num in range(count)]
        try:
            if not return_exceptions:
                for future in as_completed(futures):
                    future.result()  # raises the first failure when it comes
            return [future.exception() or future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
