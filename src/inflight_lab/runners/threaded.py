"""Threads: the same limit with ``threading.Semaphore``, for code without ``await``.

The semaphore is the same counter of free slots; ``acquire`` blocks the thread instead
of suspending a task.  A thread costs more than a task, so there is a fixed number of
them.  If that number were ``limit``, the pool itself would be the limit, and the
simplest one.  You need the semaphore when there are more threads, because they do other
work too, or when several pools share one limit.

One thing differs: ``asyncio.Semaphore`` serves first come, first served; this one does
not.  A thread that gives its slot back and wants the next one often gets it before
those that waited.
"""

import contextlib
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx

Limiter = contextlib.AbstractContextManager[object]  # what threading.Semaphore is


def make_one_request(
    url: str, num: int, *, client: httpx.Client, limiter: Limiter, verbose: bool = False
) -> httpx.Response:
    """Wait for a slot, GET ``url`` once, and return the response.

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
    run's own ``threading.Semaphore(limit)``.  The first failure is raised: requests
    that have not begun are dropped, and the others are waited for, because a thread
    cannot be cancelled.  The other parameters are those of `semaphore`.
    """
    limiter = limiter or threading.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.Client()
    with opened as client:
        make_one = functools.partial(
            make_one_request, url, client=client, limiter=limiter, verbose=verbose
        )
        return in_threads(
            make_one, count, threads=threads, return_exceptions=return_exceptions
        )


def in_threads(
    make_one: Callable[[int], httpx.Response],
    count: int,
    *,
    threads: int,
    return_exceptions: bool,
) -> list[httpx.Response | BaseException]:
    """Call ``make_one`` with each number below ``count``, in ``threads`` threads."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(make_one, num) for num in range(count)]
        try:
            if not return_exceptions:
                for future in as_completed(futures):
                    future.result()  # raises the first failure when it comes
            return [future.exception() or future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import BLOCKING_OBJECTS, checked

make_many_requests = checked(make_many_requests, **BLOCKING_OBJECTS)
PLAN = "{count} requests, at most {limit} at once"
