"""Processes: one limit for several processes, with a ``BoundedSemaphore``.

The counter of free slots now lives in the operating system.  Every process on this
machine that was given it can lower and raise it.  (For several machines see
`shared_quota`.)  Each process sends one request at a time, so none of them waits unless
there are more processes than ``limit``.

A *bounded* semaphore raises when it is released more often than acquired, instead of
quietly letting one more through.  Processes are started with "spawn", which is safe
beside threads and works the same on every system.  That is why these functions are in a
file that can be imported, and not in a notebook cell.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.synchronize import Semaphore
from typing import Any

import httpx


def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.Client,
    limiter: Semaphore,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a slot, GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
    with limiter:
        if verbose:
            # The line in one piece, whatever other processes print.
            print(f"Making request {num}\n", end="", flush=True)
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
    processes: int = 6,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times from several processes, at most ``limit`` at once.

    Returns the responses in order.  It blocks; in a notebook ``await
    asyncio.to_thread(make_many_requests, ...)`` does not.  In a script call it under
    ``if __name__ == "__main__":``, because each process imports the script again.

    Each process opens a client of its own: a connection cannot be shared.  The first
    failure is raised, and requests that have not begun are dropped.  A process that
    dies ends the run with ``BrokenProcessPool``, whether or not it held a slot.  The
    other parameters are those of `semaphore`.
    """
    spawn = multiprocessing.get_context("spawn")
    # A process inherits the semaphore as it starts; it cannot be sent later.
    limiter = spawn.BoundedSemaphore(limit)
    with ProcessPoolExecutor(
        processes, spawn, Sender.begin, (limiter, verbose)
    ) as pool:
        futures = [pool.submit(Sender.send, url, num) for num in range(count)]
        try:
            if not return_exceptions:
                for future in as_completed(futures):
                    future.result()  # raises the first failure when it comes
            return [future.exception() or future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


class Sender:
    """What each process keeps from one request to the next."""

    keywords: dict[str, Any]

    @classmethod
    def begin(cls, limiter: Semaphore, verbose: bool) -> None:
        """Runs once in each process, as it starts."""
        cls.keywords = {
            "client": httpx.Client(),
            "limiter": limiter,
            "verbose": verbose,
        }

    @classmethod
    def send(cls, url: str, num: int) -> httpx.Response:
        """Runs in whichever process is free."""
        return make_one_request(url, num, **cls.keywords)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import checked

make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, at most {limit} at once"
