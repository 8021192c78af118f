"""Naive: one task per request, and nothing that holds them back.

The first rung of the ladder, and the one to get wrong first.  Every request starts at once; what
happens then is decided by httpx's connection pool (100 connections by default) and by the API.

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.naive URL --count 200``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ParamSpec, TypeVar

import httpx


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, verbose: bool = False
) -> httpx.Response:
    """GET ``url`` once and return the response.

    Raises ``ValueError`` for a status other than 200, and what httpx raises when there is no answer.
    """
    if verbose:
        print(f"Making request {num}")
    response = await client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    client: httpx.AsyncClient | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, all at once, and return the responses in order.

    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure is raised and the other results are lost, unless ``return_exceptions`` is true:
    then each failure stands in the place of its response.  As always with ``asyncio.gather``, a raised
    failure does not cancel the other requests: with a client of your own they go on hitting the API.
    ``verbose`` prints a line just before each request.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below: clear errors for bad arguments, and the file as a script.

P = ParamSpec("P")
R = TypeVar("R")


def check_arguments(*, url: object, count: object, **_: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` that names the parameter, its value and what is allowed."""
    if not isinstance(url, str | httpx.URL):
        raise TypeError(f"url must be a string such as 'http://127.0.0.1:8000/get', got {url!r}")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"url must be a valid URL, got {url!r}: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"url must start with http:// or https:// and name a host, got {url!r}")
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"count must be an integer, 0 or more, got {count!r}")
    if count < 0:
        raise ValueError(f"count must be 0 or more, got {count!r}")


def checked(run: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """``run``, with its arguments checked before anything is sent."""

    @functools.wraps(run)
    async def run_checked(*args: P.args, **kwargs: P.kwargs) -> R:
        call = inspect.signature(run).bind(*args, **kwargs)
        call.apply_defaults()
        check_arguments(**call.arguments)
        return await run(*args, **kwargs)

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
    parser = argparse.ArgumentParser(description="Send many requests, all at once.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(options["url"], f"{count} requests, all at once", yes=options.pop("yes"))
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()
