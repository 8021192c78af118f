"""Adaptive: the limit that nobody told you.

Many APIs do tell, in a header of every answer: ``RateLimit-Policy: "default";q=100;w=1`` means 100
requests (q) in a window of 1 second (w).  Then the pace is 98 % of that, from the first answer on (and a
tenth less with each refusal, should others use the same quota, or the network have much jitter).

Where they do not, the rate has to be found, and to find it costs refusals: it grows until there is a 429,
is cut, and grows again, more slowly.  After a 429 *all* wait for as long as ``Retry-After`` says.

Sources: draft-ietf-httpapi-ratelimit-headers-10 (work in progress) for the header; RFC 6585, section 4,
for 429; RFC 9110, section 10.2.3, for ``Retry-After``; additive increase and multiplicative decrease
(AIMD) from D. Chiu and R. Jain, Computer Networks and ISDN Systems 17(1), 1989, and the quick start
before the first refusal from TCP (RFC 5681).

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.adaptive URL --count 200``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import email.utils
import functools
import inspect
import json
import re
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx


class LearningPacer:
    """``async with pacer:`` waits until the next request is due; ``learn`` corrects the pace.

    First come, first served, evenly spaced, with a catch-up of at most 5 ms.  A waiter that is cancelled
    gives its turn to the next in line.  ``rate``, per second, is the pace: a guess that becomes what the
    API told or what was found.  Keep one pacer for all that share a quota, on one event loop.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.

    When the API asks for a pause of more than ``longest_pause`` seconds, nobody waits: until it is over each
    request that wants a turn is told so by a ``TimeoutError``.
    """

    def __init__(
        self,
        rate: float = 10,
        *,
        limit: int | None = None,
        limiter: Limiter | None = None,
        longest_pause: float = 60,
    ) -> None:
        self.rate = rate
        self._longest_pause = longest_pause
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._due = self._held_until = 0.0
        self._growth = 1.0
        self._share = 0.98

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._limiter.__aexit__(exc_type, exc, traceback)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = asyncio.get_running_loop().time()
        return self._limiter.locked() or self._turn.locked() or max(self._due, self._held_until) > now

    async def _take_turn(self) -> None:
        clock = asyncio.get_running_loop().time
        came = clock()
        async with self._turn:
            due = max(self._due, came)
            while (wait := max(due, self._held_until) - clock()) > 0:
                if self._held_until - clock() > self._longest_pause:
                    raise TimeoutError("Not sent: the server asked for too long a pause.")
                await asyncio.sleep(wait)
            self._due = max(due, clock() - 0.005) + 1 / self.rate

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered."""
        now = asyncio.get_running_loop().time()
        if response.status_code == 429:
            if now >= self._held_until:  # not one more of those that flew at the same time
                self.rate *= 0.5 if self._growth == 1 else 0.9
                self._share *= 0.9
                self._growth = 0.005
            self._held_until = max(self._held_until, now + seconds_to_wait(response.headers))
        else:
            self.rate += self._growth
        if told := told_rate(response.headers):
            self.rate = self._share * told


def told_rate(headers: httpx.Headers) -> float | None:
    """The rate per second that ``RateLimit-Policy`` permits: of several policies the strictest; or None."""
    rates = []
    for policy in headers.get("RateLimit-Policy", "").split(","):
        parameters = dict(re.findall(r";\s*([qw])=(\d+(?:\.\d+)?)(?![^;])", policy))
        quota, window = float(parameters.get("q", 0)), float(parameters.get("w", 0))
        if window > 0 and 0 < quota / window < float("inf"):
            rates.append(quota / window)
    return min(rates, default=None)


def seconds_to_wait(headers: httpx.Headers) -> float:
    """What ``Retry-After`` says, in seconds or as a date; 1 second where it says nothing of use."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    with contextlib.suppress(ValueError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return 1.0


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: LearningPacer, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, learn from the response and return it.

    Raises ``ValueError`` for a status other than 200, what httpx raises when there is no answer, and
    ``TimeoutError`` when the API wants too long a pause.
    """
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
        limiter.learn(response)
    if response.status_code != 200:
        raise ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    rate: float = 10,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, at a pace learnt on the way, and return the responses in order.

    ``rate`` is where the pace begins, per second.  ``limit`` is how many may be in flight at once, by
    default 90: fewer than the connections of httpx's pool.
    ``limiter`` is a `LearningPacer`, to go on with what an earlier batch has learnt: then ``rate`` and
    ``limit`` are its own.  Any other limiter takes the place of ``limit`` only.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    A refused request is not sent again: it is a failure.  The first failure is raised and the other
    results are lost, unless ``return_exceptions`` is true: then each stands in the place of its response.
    As always with ``asyncio.gather``, a raised failure does not cancel the other requests.
    ``verbose`` prints a line just before each request.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    pacer = (
        limiter if isinstance(limiter, LearningPacer) else LearningPacer(rate, limit=limit, limiter=limiter)
    )
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


def check_arguments(*, url: object, count: object, rate: object, limit: object, **_: object) -> None:
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
    check_quota(rate=rate, limit=limit)


def check_quota(*, rate: object, limit: object, longest_pause: object = 0, **_: object) -> None:
    """The same for what `LearningPacer` takes."""
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise TypeError(f"rate must be a number, more than 0, got {rate!r}")
    if not 0 < rate < float("inf"):
        raise ValueError(f"rate must be more than 0, and finite, got {rate!r}")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise TypeError(f"limit must be an integer, 1 or more, or None, got {limit!r}")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, or None, got {limit!r}")
    if isinstance(longest_pause, bool) or not isinstance(longest_pause, int | float):
        raise TypeError(f"longest_pause must be a number of seconds, 0 or more, got {longest_pause!r}")
    if not 0 <= longest_pause < float("inf"):
        raise ValueError(f"longest_pause must be 0 seconds or more, and finite, got {longest_pause!r}")


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


LearningPacer.__init__ = checked_first(LearningPacer.__init__)  # type: ignore[method-assign]


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
    parser = argparse.ArgumentParser(description="Send many requests, at a rate learnt on the way.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--rate", type=float, default=10, help="per second, to begin with (default 10)")
    parser.add_argument("--limit", type=int, help="how many at once (default 90)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(
        options["url"],
        f"{count} requests, {options['rate']:g} a second at first and then what it permits",
        yes=options.pop("yes"),
    )
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()
