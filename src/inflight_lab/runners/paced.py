"""Paced: the rate limit that was wanted.  Nearly the whole quota used, and no 429.

Requests go out one after the other, evenly spaced, a little slower than the API permits.  Three things
make that right:

- *Space, do not burst.*  A request is due one spacing after the one before it, and the spacing is 1.25 %
  wider than the quota's: room for what the rules below cost, so that requests stay evenly spread.  (With
  0.3 % it reaches 99.7 % of a window, but 10 ms of jitter then gathers the requests in clusters, and an
  API that permits a burst of 5 refuses 1 in 45: measured with the simulator of this project's tests.)
- *Catch up, but not without bound.*  A loop that was busy wakes up late.  Starting the schedule over
  from there loses the time for good; sending all that is overdue is a burst.  So at most ``burst``
  requests go at once, and what is later than that is given up.
- *Count as the API counts.*  Each request takes one of ``rate`` places and gives it back a period after
  it reached the API.  When was that?  At the latest when the answer came, less the shortest latency
  seen: what took longer than that may have been lost on the way there.

Below all that lies a limit on concurrency, smaller than httpx's pool of 100 connections: with a slow
API the paced requests would otherwise pile up in the pool.

Sources: the schedule is the generic cell rate algorithm (ITU-T I.371, Annex A, virtual scheduling), the
leaky bucket as a meter (J. S. Turner, IEEE Communications Magazine 24(10), 1986), with the client
waiting where the meter would refuse.  The places are the sliding log by which many APIs count.

Its limits, where T is the quota's spacing and J the jitter of the way to the API:

- Window quotas are kept whatever the way does.  No client can use more than W / (W + J) of a window W
  without a 429; this one uses W / (W + V), where V is by how much latencies exceed the shortest on
  average.  Only a request that was cancelled or got no answer can arrive unseen, after its place was
  given back.
- GCRA with a burst b keeps no such account: J must stay below (b - ``burst``) T.  With the 8 of this
  file and 10 permitted, that is two spacings.  For less, lower ``burst``.
- GCRA with burst 1 permits nothing early, so at most T / (T + J) is to be had: take ``burst=1`` and a
  lower ``rate``.

And a quota is per API key, not per process: others who use it count too.

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.paced URL --count 200 --rate 100``.
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
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx


class Pacer:
    """``async with pacer:`` waits until one more request fits the quota of ``rate`` per ``period`` seconds.

    Take both as the API states them: 6,000 a minute is not 100 a second, it permits more at a time.
    First come, first served.  A waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.
    ``burst``, 1 or more, is how many may go at once after a delay; a fraction is a part of one spacing.
    Keep one pacer for all that share a quota: it may serve one batch after the other, on one event loop.
    A task can be inside once at a time.

    Raises ``TypeError`` or ``ValueError`` for a bad argument.
    """

    def __init__(
        self,
        rate: float = 100,
        period: float = 1.0,
        *,
        limit: int | None = None,
        limiter: Limiter | None = None,
        burst: float = 8,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._period = period
        self._spacing = 1.0125 * period / rate
        self._catch_up = (burst - 1) * self._spacing
        self._due = 0.0
        self._places = asyncio.Semaphore(max(1, int(rate)))
        self._sent: dict[asyncio.Task[Any] | None, float] = {}
        self._shortest = float("inf")

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            self._sent[asyncio.current_task()] = await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        sent, ended, answered = self._sent.pop(asyncio.current_task()), loop.time(), exc_type is None
        if answered:
            self._shortest = min(self._shortest, ended - sent)
        loop.call_at(sent + 1.01 * self._period, self._give_back, ended, answered)
        await self._limiter.__aexit__(exc_type, exc, traceback)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        due = self._due > asyncio.get_running_loop().time()
        return due or self._turn.locked() or self._places.locked() or self._limiter.locked()

    async def _take_turn(self) -> float:
        """Wait for a place and for the schedule; the moment at which the request goes."""
        clock = asyncio.get_running_loop().time
        came = clock()
        async with self._turn:
            due = max(self._due, came)
            while (wait := due - clock()) > 0:  # noqa: ASYNC110, a clock is no event
                await asyncio.sleep(wait)
            await self._places.acquire()
            self._due = max(due, clock() - self._catch_up) + self._spacing
            return clock()

    def _give_back(self, ended: float, answered: bool) -> None:
        """Free a place one period after its request reached the API: by now the shortest latency is known."""
        arrived = ended - self._shortest if answered else ended
        asyncio.get_running_loop().call_at(arrived + self._period, self._places.release)


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: Limiter, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once and return the response.

    Raises ``ValueError`` for a status other than 200, and what httpx raises when there is no answer.
    """
    async with limiter:
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
    rate: float = 100,
    period: float = 1.0,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, within ``rate`` per ``period`` seconds; return the responses in order.

    ``rate`` is what the API permits; the margin is taken off here.  ``limit`` is how many may be in
    flight at once, by default 90: fewer than the connections of httpx's pool.
    ``limiter`` is a `Pacer` to share one quota between batches: then ``rate``, ``period`` and ``limit``
    are its own.  Any other limiter takes the place of ``limit`` only: the pace is kept on top of it.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure is raised and the other results are lost, unless ``return_exceptions`` is true:
    then each failure stands in the place of its response.  As always with ``asyncio.gather``, a raised
    failure does not cancel the other requests: with a client of your own they go on hitting the API.
    ``verbose`` prints a line just before each request.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    pacer = limiter if isinstance(limiter, Pacer) else Pacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=pacer, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below: what a limiter is, clear errors for bad arguments, and the file as a script.


class Limiter(Protocol):
    """What ``asyncio.Semaphore`` has, and all that a runner needs of it."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *exc_info: Any) -> bool | None: ...

    def locked(self) -> bool:
        """Whether every slot is taken, so that one more request would have to wait."""
        ...


P = ParamSpec("P")
R = TypeVar("R")


def check_arguments(
    *, url: object, count: object, rate: object, period: object, limit: object, **_: object
) -> None:
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
    check_quota(rate=rate, period=period, limit=limit)


def check_quota(*, rate: object, period: object, limit: object, burst: object = 1, **_: object) -> None:
    """The same for what `Pacer` takes."""
    for name, value in (("rate", rate), ("period", period), ("burst", burst)):
        allowed = "1 or more" if name == "burst" else "more than 0"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} must be a number, {allowed}, got {value!r}")
        if not 0 < value < float("inf") or (name == "burst" and value < 1):
            raise ValueError(f"{name} must be {allowed}, and finite, got {value!r}")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise TypeError(f"limit must be an integer, 1 or more, or None, got {limit!r}")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, or None, got {limit!r}")


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


def checked_first(init: Callable[P, None]) -> Callable[P, None]:
    """The same for a constructor, which is no coroutine function."""

    @functools.wraps(init)
    def init_checked(*args: P.args, **kwargs: P.kwargs) -> None:
        call = inspect.signature(init).bind(*args, **kwargs)
        call.apply_defaults()
        check_quota(**call.arguments)
        init(*args, **kwargs)

    return init_checked


Pacer.__init__ = checked_first(Pacer.__init__)  # type: ignore[method-assign]


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
    parser = argparse.ArgumentParser(description="Send many requests, at the rate that the API permits.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--rate", type=float, default=100, help="how many per period (default 100)")
    parser.add_argument("--period", type=float, default=1.0, help="in seconds (default 1)")
    parser.add_argument("--limit", type=int, help="how many at once (default 90)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(
        options["url"],
        f"{count} requests, at most {options['rate']:g} in {options['period']:g} s",
        yes=options.pop("yes"),
    )
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()
