"""Workers: a fixed number of them share the requests, so that a million cost no more memory than ten.

One task per request costs a kilobyte and more for each, all at once.  Here ``limit`` tasks take the next
item from one shared iterator, and what they bring is handed over as it comes.  The number of workers *is*
the limit: at most ``limit`` requests are in flight, and no semaphore is needed.

Two things are bounded: how many fly, and how far the workers may be ahead of whoever consumes the
outcomes.  The second bounds the memory (also when one slow request holds up the order), and it is
back-pressure: a slow consumer makes the workers wait, and nothing more is sent.

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.workers URL --count 200 --limit 3``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import inspect
import itertools
import json
import math
import sys
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Sequence,
)
from typing import Any, ParamSpec, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


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
    limit: int = 3,
    client: httpx.AsyncClient | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | Exception]:
    """GET ``url`` ``count`` times with ``limit`` workers, and return the responses in order.

    The list grows with ``count``: where that is too much, consume `stream_outcomes` instead.

    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure is raised and the other results are lost; unlike ``asyncio.gather`` this also stops
    the workers, and nothing goes on hitting the API.  With ``return_exceptions`` each failure stands in
    the place of its response.  ``verbose`` prints a line just before each request.

    The limit is the number of workers and cannot change during the run: there is no ``limiter`` to pass.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        make_one = functools.partial(make_one_request, url, client=client, verbose=verbose)
        stream = stream_outcomes(make_one, range(count), limit=limit, return_exceptions=return_exceptions)
        async with contextlib.aclosing(stream) as outcomes:
            return [outcome async for outcome in outcomes]


async def stream_outcomes(
    make_one: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 3,
    ordered: bool = True,
    ahead: int | None = None,
    return_exceptions: bool = False,
) -> AsyncGenerator[R | Exception, None]:
    """Await ``make_one(item)`` for each of ``items``, at most ``limit`` at once, and yield what it returns.

    ``items`` may be endless: it is read only as far as needed.  The outcomes come in the order of the
    items, or as they are completed with ``ordered=False``.  ``ahead`` (by default 10 times ``limit``) is
    how many items may be taken whose outcome you have not had yet; then the workers wait for you.

    A failure is raised in its place, after the outcomes before it, and nothing more is sent; with
    ``return_exceptions`` it is yielded like a result, and the others go on.  What ``items`` itself raises
    is raised in any case, and a cancelled worker ends the stream with ``CancelledError``.

    Leave early only inside `contextlib.aclosing`: at its end the workers are cancelled, and gone.

    >>> async with contextlib.aclosing(stream_outcomes(fetch, urls, limit=10)) as outcomes:
    ...     async for outcome in outcomes:
    ...         if outcome.json()["found"]:
    ...             break

    After a bare ``break`` they are cancelled only when Python happens to collect the generator.  (No
    ``TaskGroup`` in here for the same reason: a generator may be left in the middle of it, see PEP 789.)
    """
    ahead = 10 * limit if ahead is None else ahead
    source, turn, places = each_of(items), asyncio.Lock(), itertools.count()
    done: dict[int, R | Exception] = {}  # outcomes by their place in the stream
    claimed = taken = handed = 0  # how many items are spoken for, how many taken, how many handed over
    end: float = math.inf  # the place at which the stream ends
    reason: BaseException | None = None  # why it ends there, if not for lack of items
    news = asyncio.Event()
    parked: deque[asyncio.Event] = deque()  # the workers that are far enough ahead

    def end_at(place: int, error: BaseException | None) -> None:
        nonlocal end, reason
        if place < end:
            end, reason = place, error
        news.set()

    async def work() -> None:
        nonlocal claimed, taken
        while True:
            try:
                while claimed - handed >= ahead:
                    parked.append(asyncio.Event())
                    await parked[-1].wait()
                claimed += 1
                async with turn:
                    if end < math.inf:
                        return
                    item = await anext(source)
                    num, taken = taken, taken + 1
            except BaseException as error:
                end_at(taken, None if isinstance(error, StopAsyncIteration) else error)
                return
            outcome: R | Exception
            try:
                outcome = await make_one(item)
            except BaseException as error:
                if not (return_exceptions and isinstance(error, Exception)):
                    end_at(num if ordered else next(places), error)
                    return
                outcome = error
            done[num if ordered else next(places)] = outcome
            news.set()

    workers = [asyncio.create_task(work()) for _ in range(limit)]
    try:
        while True:
            while handed in done:
                yield done.pop(handed)
                handed += 1
                if parked:
                    parked.popleft().set()
            if handed >= end:
                break
            news.clear()
            await news.wait()
        if reason is not None:
            raise reason
    finally:
        end = handed  # for a worker that goes on in spite of this
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await source.aclose()


async def each_of(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """The items of either kind of iterable."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


# The lesson ends here.  Below: clear errors for bad arguments, and the file as a script.

P = ParamSpec("P")


def check_arguments(*, url: object, count: object, limit: object, **_: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` that names the parameter, its value and what is allowed."""
    if not isinstance(url, str | httpx.URL):
        raise TypeError(f"url must be a string such as 'http://127.0.0.1:8000/get', got {url!r}")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"url must be a valid URL, got {url!r}: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"url must start with http:// or https:// and name a host, got {url!r}")
    check_number("count", count, least=0)
    check_number("limit", limit, least=1)


def check_number(name: str, value: object, *, least: int) -> None:
    """The same for one integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, {least} or more, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, got {value!r}")


def checked(run: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """``run``, with its arguments checked before anything is sent."""

    @functools.wraps(run)
    async def run_checked(*args: P.args, **kwargs: P.kwargs) -> R:
        call = inspect.signature(run).bind(*args, **kwargs)
        call.apply_defaults()
        check_arguments(**call.arguments)
        return await run(*args, **kwargs)

    return run_checked


def checked_stream(stream: Callable[P, R]) -> Callable[P, R]:
    """``stream``, with its numbers checked as it is called, and not only when it is first read."""

    @functools.wraps(stream)
    def stream_checked(*args: P.args, **kwargs: P.kwargs) -> R:
        call = inspect.signature(stream).bind(*args, **kwargs)
        call.apply_defaults()
        check_number("limit", call.arguments["limit"], least=1)
        if call.arguments["ahead"] is not None:
            check_number("ahead", call.arguments["ahead"], least=1)
        return stream(*args, **kwargs)

    return stream_checked


make_many_requests = checked(make_many_requests)
stream_outcomes = checked_stream(stream_outcomes)


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
    parser = argparse.ArgumentParser(description="Send many requests from a few workers.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--limit", type=int, default=3, help="how many at once (default 3)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(options["url"], f"{count} requests, at most {options['limit']} at once", yes=options.pop("yes"))
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()
