"""Processes: one limit shared by several of them, with ``multiprocessing.BoundedSemaphore``.

The counter of free slots now lives in the operating system, where every process of this machine that was
given it can lower and raise it.  (For several machines see `shared_quota`.)  Each process sends one request
at a time, so it takes more processes than ``limit`` for one to wait.

A *bounded* semaphore raises when it is released more often than acquired, instead of quietly letting one
more through.  Processes are started with "spawn", which is safe beside threads and works the same on every
system; it is why these functions stand in a file that can be imported, and not in a notebook's cell.

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.multiprocess URL --count 200 --limit 3``.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.synchronize import Semaphore
from typing import Any, ParamSpec, TypeVar

import httpx


def make_one_request(
    url: str, num: int, *, client: httpx.Client, limiter: Semaphore, verbose: bool = False
) -> httpx.Response:
    """Wait for a slot, GET ``url`` once, give the slot back and return the response.

    Raises ``ValueError`` for a status other than 200, and what httpx raises when there is no answer.
    """
    with limiter:
        if verbose:
            print(f"Making request {num}\n", end="", flush=True)  # in one piece, whoever else prints
        response = client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
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
    """GET ``url`` ``count`` times from ``processes`` processes, at most ``limit`` at once.

    Returns the responses in order.  It blocks; in a notebook
    ``await asyncio.to_thread(make_many_requests, ...)`` does not.
    In a script call it under ``if __name__ == "__main__":``, for each process imports the script anew.

    Each process opens a client of its own: a connection cannot be shared.
    The first failure is raised, and those not begun are dropped; with
    ``return_exceptions`` each failure stands in the place of its response.  A process that dies ends the
    run with ``BrokenProcessPool``, whether or not it held a slot.  ``verbose`` prints a line just before
    each request.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    spawn = multiprocessing.get_context("spawn")
    limiter = spawn.BoundedSemaphore(limit)  # is inherited by a process as it starts; cannot be sent later
    with ProcessPoolExecutor(processes, spawn, Sender.begin, (limiter, verbose)) as pool:
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
        cls.keywords = {"client": httpx.Client(), "limiter": limiter, "verbose": verbose}

    @classmethod
    def send(cls, url: str, num: int) -> httpx.Response:
        """Runs in whichever process is free."""
        return make_one_request(url, num, **cls.keywords)


# The lesson ends here.  Below: clear errors for bad arguments, and the file as a script.


P = ParamSpec("P")
R = TypeVar("R")


def check_arguments(*, url: object, count: object, limit: object, processes: object, **_: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` that names the parameter, its value and what is allowed."""
    if not isinstance(url, str | httpx.URL):
        raise TypeError(f"url must be a string such as 'http://127.0.0.1:8000/get', got {url!r}")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"url must be a valid URL, got {url!r}: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"url must start with http:// or https:// and name a host, got {url!r}")
    for name, value, least in (("count", count, 0), ("limit", limit, 1), ("processes", processes, 1)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an integer, {least} or more, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be {least} or more, got {value!r}")


def checked(run: Callable[P, R]) -> Callable[P, R]:
    """``run``, with its arguments checked before anything is sent."""

    @functools.wraps(run)
    def run_checked(*args: P.args, **kwargs: P.kwargs) -> R:
        call = inspect.signature(run).bind(*args, **kwargs)
        call.apply_defaults()
        check_arguments(**call.arguments)
        return run(*args, **kwargs)

    return run_checked


make_many_requests = checked(make_many_requests)


def print_result(outcomes: Sequence[object]) -> None:
    """Print the first response as JSON, or say why there is none."""
    print("\n\nFinal result:\n==============\n")
    responses = [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
    if not outcomes:
        print("[] (no request was asked for)")
    elif not responses:
        print(f"No response: all {len(outcomes)} requests failed, the first with {outcomes[0]!r}")
    else:
        try:
            print(json.dumps(responses[0].json(), indent=2))
        except ValueError:
            print(f"The first response is not JSON: {responses[0].text!r}")


def ask_first(url: str, plan: str, *, yes: bool) -> None:
    """Before anything is sent to another machine: show the plan, and end the script unless told to go on."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return  # the run says what is wrong with it
    if host in ("", "localhost", "127.0.0.1", "::1"):
        return
    plan = f"This sends to {host}, which is not this machine: {plan}."
    if yes:
        print(plan, file=sys.stderr)
    elif not (sys.stdin and sys.stdin.isatty()):
        print(plan, "Nothing was sent. To allow it, add --yes.", file=sys.stderr)
        sys.exit(2)
    elif input(f"{plan} Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        sys.exit("Nothing was sent.")


def main() -> None:
    """Run this file as a script."""
    parser = argparse.ArgumentParser(description="Send many requests from several processes.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--limit", type=int, default=3, help="how many at once (default 3)")
    parser.add_argument("--processes", type=int, default=6, help="how many processes (default 6)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(options["url"], f"{count} requests, at most {options['limit']} at once", yes=options.pop("yes"))
    print_result(make_many_requests(**options, verbose=True))


if __name__ == "__main__":
    main()
