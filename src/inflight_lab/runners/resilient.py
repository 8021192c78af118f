"""Resilient: nothing is lost when the server refuses, and nobody hammers it.

The policy, in this order:

1. *The server decides first.*  A 429, 503 or 403 that says when to come back shuts one
   gate for **all** requests of the run until then: those that still wait for a slot
   would only be refused as well.  If it asks for more than ``longest_pause``, they give
   up at once.
2. *Otherwise back off*: exponentially, with full jitter, so that those refused together
   do not come back together.  Jitter is added to ``Retry-After`` too, for the refused
   ones.  Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
   2015.
3. *Within a budget*: so many attempts a request, and so many retries for each request
   of the whole run, or retries multiply the load just when the server has the least to
   give.  Source: "Site Reliability Engineering", chapter 21, "Handling Overload"
   (O'Reilly, 2016).
4. *Within a time*: a limit on each attempt, and one on what all attempts and backoffs
   of a request take. A pause that the server asked for does not count: it is not the
   request's fault.

A transport error is retried too: GET is safe to repeat (RFC 9110, section 9.2.2).
Libraries such as stamina and tenacity bring such a loop, and httpx-retries a transport,
but none of them has the gate.

This is no rate limit: it reacts to refusals and does not avoid them.  Pass a
``limiter`` that does.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is
REFUSED = (429, 503)
TRANSIENT = (
    TimeoutError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
)


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

    Each attempt waits for a slot, and gives it back before any pause.  When there is no
    further attempt, the last failure is raised, with a note: ``ValueError`` for a
    status other than 200, what httpx raises when there is no answer, ``TimeoutError``
    when one took too long or the gate stays shut for more than
    ``retries.longest_pause``.
    """
    attempt, first_turn = 0, None
    spent = 0.0  # on attempts and on backing off
    retries.left += retries.budget
    while True:
        async with limiter:
            turn = time.perf_counter()
            first_turn = first_turn or turn
            failure: Exception = TimeoutError(
                "Not sent: the server asked for too long a pause."
            )
            pause = retries.not_before - turn  # above 0 if the gate is shut
            asked: float | None = pause
            if pause <= 0:
                attempt += 1
                if verbose:
                    print(
                        f"Making request {num}"
                        + (f", attempt {attempt}" if attempt > 1 else "")
                    )
                try:
                    async with asyncio.timeout(retries.timeout):
                        response = await client.get(
                            url, headers={"Content-Type": "application/json"}
                        )
                except TRANSIENT as error:
                    failure, asked = error, None
                else:
                    if response.status_code == 200:
                        return response
                    failure = ValueError(
                        f"Unexpected Status: Http status code is {response.status_code}."
                    )
                    asked = pause_asked_by(response)
                    if response.status_code not in REFUSED and (
                        response.status_code != 403 or asked is None
                    ):
                        raise failure
                spent += time.perf_counter() - turn
                pause = retries.pause_after(attempt, asked)
        asked = asked or 0.0
        too_long = asked > retries.longest_pause
        if too_long:
            longest = f"longest_pause is {retries.longest_pause:g} s"
            failure.add_note(
                f"The server asked for a pause of {asked:.0f} s, and {longest}."
            )
        backoff = pause - asked
        if too_long or spent + backoff > retries.give_up_after:
            elapsed = time.perf_counter() - first_turn
            failure.add_note(f"Gave up after {attempt} attempts in {elapsed:.1f} s.")
            raise failure
        spent += backoff
        await asyncio.sleep(pause)


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

    ``retries`` is the policy and what the requests share, by default `Retries()`; hand
    the same one to several runs against one API, and they share its gate and its
    budget. The other parameters are those of `semaphore`; a failure is one that no
    retry fixed.
    """
    limiter, retries = limiter or asyncio.Semaphore(limit), retries or Retries()
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url,
                    num,
                    client=client,
                    limiter=limiter,
                    retries=retries,
                    verbose=verbose,
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


@dataclass
class Retries:
    """How to retry, and what the requests of a run share: one gate and one budget.  Times are in seconds."""

    attempts: int = 5  # per request, the first included
    budget: float = 1.0  # retries that each request adds to what all may spend: 1.0 at most doubles the load
    reserve: int = 10  # retries that may be spent on top of that
    base: float = 0.5  # the most that a request backs off after its first attempt; doubled after each other
    cap: float = 20.0  # the most that it ever backs off
    timeout: float = 10.0  # for one attempt in all: the client's own timeouts count each read by itself
    give_up_after: float = 60.0  # for a request's attempts and backoffs: no backoff begins that would end later
    longest_pause: float = (
        120.0  # the longest that the server may ask for, as for OpenAI's client
    )
    uniform: Callable[[float, float], float] = random.uniform  # draws the jitter

    def __post_init__(self) -> None:
        self.not_before = -math.inf  # until then the gate is shut
        self.left = float(self.reserve)  # retries that all may still spend

    def pause_after(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after ``attempt`` failed; infinity if it was the last one.

        ``asked`` is what ``Retry-After`` said, in seconds: that long the gate is shut
        for every request.
        """
        if asked is not None:
            self.not_before = max(self.not_before, time.perf_counter() + asked)
        if attempt >= self.attempts or self.left < 1:
            return math.inf
        self.left -= 1
        most = min(self.cap, self.base * 2.0 ** min(attempt - 1, 100))
        return (asked or 0.0) + self.uniform(0.0, most)


def pause_asked_by(response: httpx.Response) -> float | None:
    """The seconds that a refusal asks for, in ``Retry-After`` or as the reset of a quota that is used up.

    ``X-RateLimit-Reset`` is in no standard: a Unix time (GitHub, with status 403), or
    seconds from now.
    """
    asked, reset = retry_after(response), response.headers.get("X-RateLimit-Reset", "")
    used_up = response.headers.get("X-RateLimit-Remaining", "0") == "0"
    if asked is None and used_up and re.fullmatch(r"[0-9]{1,12}", reset):
        return float(reset) if len(reset) < 10 else max(0.0, float(reset) - time.time())
    return asked


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for; of a date, from the response's own ``Date`` on; or None."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    at, sent = http_date(value), http_date(response.headers.get("Date", ""))
    return at if at is None else max(0.0, at - (time.time() if sent is None else sent))


def http_date(value: str) -> float | None:
    """An HTTP-date, which is always in GMT, as a Unix time; None for anything else."""
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        return parsedate_to_datetime(value).replace(tzinfo=UTC).timestamp()
    return None


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, instance

with contextlib.suppress(ImportError):
    import httpx2  # httpx under another name

    TRANSIENT += (
        httpx2.TimeoutException,
        httpx2.NetworkError,
        httpx2.RemoteProtocolError,
    )  # type: ignore[assignment]
check_constructor(Retries)
make_many_requests = checked(make_many_requests, retries=instance(Retries))
PLAN = "{count} requests, at most {limit} at once, and up to {count} + 10 retries"
