"""Resilient: nothing is lost when the server refuses, and nobody hammers it.

What counts is the policy, in this order:

1. *The server's word first.*  A 429 or 503 with ``Retry-After`` shuts one gate for **all** requests of
   the run until then: those that still wait for a slot would only be refused as well.
2. *Else back off*: exponentially, with full jitter, so that those refused together do not come back
   together.  Jitter is added to the server's word too, for the refused ones.  Source: Marc Brooker,
   "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
3. *Within a budget*: so many attempts a request, and so many retries for each request of the whole run, or
   retries multiply the load just when the server has the least to give.  Source: "Site Reliability
   Engineering", chapter 21, "Handling Overload" (O'Reilly, 2016).
4. *Within a time*: a limit on each attempt, and one on what a request may take in all.

A transport error is retried too: GET is safe to repeat (RFC 9110, section 9.2.2).  The retry loop itself is
short; libraries such as stamina and tenacity bring one, and httpx-retries a transport, but each request
waits for itself there: none of them has the gate.

This is no rate limit: it reacts to refusals and does not avoid them.  Hand it a ``limiter`` that does.

Copy this file whole: it needs nothing but httpx.  Run it with
``python -m inflight_lab.runners.resilient URL --count 200 --limit 3``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import inspect
import json
import math
import random
import re
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx

REFUSED = (429, 503)
TRANSIENT = (TimeoutError, httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Limiter,
    retries: Retries,
    verbose: bool = False,
) -> httpx.Response:
    """GET ``url`` until there is an answer that is no refusal, and return the response.

    Each attempt waits for a slot, and gives it back before any pause.  When there is no further attempt,
    the last failure is raised, with a note: ``ValueError`` for a status other than 200, what httpx raises
    when there is no answer, ``TimeoutError`` when one took too long or the gate stays shut for too long.
    """
    attempt, begun = 0, None
    retries.earn()
    while True:
        async with limiter:
            begun = retries.clock() if begun is None else begun
            failure: Exception = TimeoutError("Not sent: the server asked for too long a pause.")
            pause = retries.shut_for()
            if not pause:
                attempt += 1
                if verbose:
                    print(f"Making request {num}" + (f", attempt {attempt}" if attempt > 1 else ""))
                try:
                    async with asyncio.timeout(retries.timeout):
                        response = await client.get(url, headers={"Content-Type": "application/json"})
                except TRANSIENT as error:
                    failure, told = error, None
                else:
                    if response.status_code == 200:
                        return response
                    failure = ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
                    if response.status_code not in REFUSED:
                        raise failure
                    told = retry_after(response, now=retries.now())
                pause = retries.pause_after(attempt, told)
        elapsed = retries.clock() - begun
        if elapsed + pause > retries.give_up_after:
            failure.add_note(f"Gave up after {attempt} attempts in {elapsed:.1f} s.")
            raise failure
        await retries.sleep(pause)


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 3,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    retries: Retries | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, at most ``limit`` at once, retry, and return the responses in order.

    ``retries`` is the policy and what the requests share, by default `Retries()`; hand the same one to
    several runs against one API, and they share its gate and its budget.
    ``limiter`` takes the place of the run's own ``asyncio.Semaphore(limit)``: any async context
    manager with ``locked()``, for example one that paces.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    The first failure that no retry could mend is raised and the other results are lost, unless
    ``return_exceptions`` is true: then each stands in the place of its response.  As always with
    ``asyncio.gather``, a raised failure does not cancel the other requests.
    ``verbose`` prints a line just before each attempt.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before anything is sent.
    """
    limiter, retries = limiter or asyncio.Semaphore(limit), retries or Retries()
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(url, num, client=client, limiter=limiter, retries=retries, verbose=verbose)
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


@dataclass
class Retries:
    """How to retry, and what the requests of a run share: one gate and one budget.  All in seconds.

    Raises ``TypeError`` or ``ValueError`` for a bad value.
    """

    attempts: int = 5
    """Attempts per request, the first included."""
    budget: float = 1.0
    """Retries that each request adds to what all may spend: 1.0 at most doubles the load."""
    reserve: int = 10
    """Retries that may be spent on top of that."""
    base: float = 0.5
    """The most that a request backs off after its first attempt; doubled after each further one."""
    cap: float = 20.0
    """The most that it ever backs off."""
    timeout: float = 10.0
    """What one attempt may take in all.  (The client's own timeouts count each read by itself.)"""
    give_up_after: float = 60.0
    """What a request may take from its first turn on: no pause begins that would end later."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)
    """The wall clock, for a ``Retry-After`` that is a date."""
    sleep: Callable[[float], Awaitable[object]] = field(default=asyncio.sleep, repr=False)
    uniform: Callable[[float, float], float] = field(default=random.uniform, repr=False)
    """Draws the jitter; ``lambda low, high: high`` is exponential backoff without any."""

    def __post_init__(self) -> None:
        self._not_before = -math.inf
        self._left = float(self.reserve)
        check_retries(self)

    def shut_for(self) -> float:
        """Seconds until the gate opens; 0.0 if it is open."""
        return max(0.0, self._not_before - self.clock())

    def earn(self) -> None:
        """One more request adds to the budget."""
        self._left += self.budget

    def pause_after(self, attempt: int, told: float | None) -> float:
        """Seconds to wait after ``attempt`` failed; infinity if it was the last one.

        ``told`` is what ``Retry-After`` said, in seconds: that long the gate is shut for every request.
        """
        if told is not None:
            self._not_before = max(self._not_before, self.clock() + told)
        if attempt >= self.attempts or self._left < 1:
            return math.inf
        self._left -= 1
        most = min(self.cap, self.base * 2.0 ** min(attempt - 1, 100))
        return (told or 0.0) + self.uniform(0.0, most)


def retry_after(response: httpx.Response, *, now: float) -> float | None:
    """The seconds that ``Retry-After`` asks for; None if it is not there, or neither seconds nor a date.

    A date is counted from the response's own ``Date``, so that two clocks need not agree; without one,
    from ``now``, a Unix time.  A date in the past is 0.0.  Source: RFC 9110, section 10.2.3; decimals,
    which it does not know, are taken as well, since some APIs send them.
    """
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    at = http_date(value)
    if at is None:
        return None
    sent = http_date(response.headers.get("Date", ""))
    return max(0.0, at - (now if sent is None else sent))


def http_date(value: str) -> float | None:
    """An HTTP-date as a Unix time; None for anything else."""
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


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


def check_arguments(*, url: object, count: object, limit: object, retries: object, **_: object) -> None:
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
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit must be an integer, 1 or more, got {limit!r}")
    if limit < 1:
        raise ValueError(f"limit must be 1 or more, got {limit!r}")
    if not isinstance(retries, Retries | None):
        raise TypeError(f"retries must be a Retries(...), or None for its defaults, got {retries!r}")


def check_retries(retries: Retries) -> None:
    """The same for the fields of `Retries`."""
    for name, least in (("attempts", 1), ("reserve", 0)):
        value = getattr(retries, name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an integer, {least} or more, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be {least} or more, got {value!r}")
    for name in ("budget", "base", "cap", "timeout", "give_up_after"):
        value = getattr(retries, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} must be a number, 0 or more, got {value!r}")
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be 0 or more, and finite, got {value!r}")


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


def most_retries(count: int) -> int:
    """How many the defaults of `Retries` permit to a run of ``count`` requests."""
    retries = Retries()
    return min((retries.attempts - 1) * count, retries.reserve + int(retries.budget * count))


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
    parser = argparse.ArgumentParser(description="Send many requests, a few at a time, and retry.")
    parser.add_argument("url", nargs="?", default="https://httpbin.org/get")
    parser.add_argument("--count", type=int, default=200, help="how many requests (default 200)")
    parser.add_argument("--limit", type=int, default=3, help="how many at once (default 3)")
    parser.add_argument("--return-exceptions", action="store_true", help="keep the failures too")
    parser.add_argument("--yes", action="store_true", help="send to another machine without being asked")
    options = vars(parser.parse_args())
    count = options["count"]
    ask_first(
        options["url"],
        f"{count} requests, at most {options['limit']} at once, and up to {most_retries(count)} retries",
        yes=options.pop("yes"),
    )
    print_result(asyncio.run(make_many_requests(**options, verbose=True)))


if __name__ == "__main__":
    main()
