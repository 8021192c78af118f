"""Resilient: nothing is lost when the server refuses, and nobody hammers it.

What happens after a failure, in this order:

1. *The server decides first.*  A 429, 503 or 403 that says when to come back shuts one
   gate for **all** requests of the run until then: those that still wait for a slot
   would only be refused as well.  If it asks for more than ``longest_pause``, they give
   up at once.
2. *Otherwise back off*: exponentially, with full jitter, so that requests that were
   refused together do not come back together.  That jitter is added to ``Retry-After``
   too, for those that were refused.
3. *Within a retry budget*: each request may be attempted a few times, and each request
   of the run allows all of them so many retries.  Without that, retries multiply the
   load just when the server can take the least.
4. *Within a time*: each attempt has a limit, and so have all attempts and backoffs of a
   request together.  A pause that the server asked for does not count: it is not the
   request's fault.

A transport error is retried too: GET is safe to repeat.  Libraries such as stamina and
tenacity bring such a loop, and httpx-retries a transport, but none of them has the
gate.

This is no rate limit: it reacts to refusals and does not avoid them.  Pass a
``limiter`` that does.

Sources: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015;
"Site Reliability Engineering", chapter 21, "Handling Overload" (O'Reilly, 2016); RFC
9110, section 9.2.2, on what is safe to repeat.
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
    """GET ``url`` until there is an answer that is not a refusal, and return it.

    Each attempt waits for a slot, and gives it back before any pause.  When there is no
    further attempt, the last failure is raised, with a note: ``ValueError`` for a
    status other than 200, what httpx raises when there is no answer, ``TimeoutError``
    when one took too long or the gate stays shut for more than
    ``retries.longest_pause``.
    """
    retries.left += retries.retry_budget
    request = RetriedRequest(url, num, retries=retries, verbose=verbose)
    while True:
        async with limiter:
            answer = await request.attempt(client)
        if not isinstance(answer, Failure):
            return answer
        request.give_up_or_go_on(answer)
        await asyncio.sleep(answer.pause)


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
    """GET ``url`` ``count`` times, retry what fails, and return the responses in order.

    At most ``limit`` requests are in flight at once.  ``retries`` is how to retry, by
    default `Retries()`.  Hand the same one to several runs against one API, and they
    share its gate and its retry budget.  The other parameters are those of `semaphore`;
    a failure is one that no retry fixed.
    """
    limiter = limiter or asyncio.Semaphore(limit)
    retries = retries or Retries()
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
    """How to retry, and what the requests of a run share: a gate and a retry budget.

    All times are in seconds.
    """

    attempts: int = 5
    """For each request, the first one included."""
    retry_budget: float = 1.0
    """Retries that each request adds to what all may spend; 1.0 doubles the load."""
    reserve: int = 10
    """Retries that all may spend on top of that."""
    base: float = 0.5
    """The longest backoff after a request's first attempt; it doubles with each one."""
    cap: float = 20.0
    """The longest backoff of all."""
    timeout: float = 10.0
    """For one attempt in all; the client's own timeouts count each read by itself."""
    give_up_after: float = 60.0
    """For attempts and backoffs: no backoff begins that would end after that."""
    longest_pause: float = 120.0
    """The longest pause that the server may ask for; as in OpenAI's client."""
    uniform: Callable[[float, float], float] = random.uniform
    """Draws the jitter."""

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
        doublings = min(attempt - 1, 100)
        longest = min(self.cap, self.base * 2.0**doublings)
        return (asked or 0.0) + self.uniform(0.0, longest)


@dataclass
class Failure:
    """What stands in place of an answer, when it is worth another attempt."""

    error: Exception
    asked: float | None = None  # seconds that the server asked for
    pause: float = 0.0  # seconds until the next attempt


class RetriedRequest:
    """One request, through all of its attempts."""

    def __init__(
        self, url: str, num: int, *, retries: Retries, verbose: bool = False
    ) -> None:
        self._url = url
        self._num = num
        self._retries = retries
        self._verbose = verbose
        self._attempts = 0
        self._began = 0.0  # when it had its first turn
        self._spent = 0.0  # seconds on attempts and backoffs

    async def attempt(self, client: httpx.AsyncClient) -> httpx.Response | Failure:
        """Send it once, unless the gate is shut.  Raises what no retry can fix."""
        now = time.perf_counter()
        self._began = self._began or now
        shut_for = self._retries.not_before - now
        if shut_for > 0:
            not_sent = "Not sent: the server asked for too long a pause."
            return Failure(TimeoutError(not_sent), asked=shut_for, pause=shut_for)
        self._attempts += 1
        if self._verbose:
            again = f", attempt {self._attempts}" if self._attempts > 1 else ""
            print(f"Making request {self._num}{again}")
        answer = await get_once(self._url, client, seconds=self._retries.timeout)
        if isinstance(answer, Failure):
            self._spent += time.perf_counter() - now
            answer.pause = self._retries.pause_after(self._attempts, answer.asked)
        return answer

    def give_up_or_go_on(self, failure: Failure) -> None:
        """Raise the failure, with a note, if there is no further attempt."""
        asked = failure.asked or 0.0
        longest = self._retries.longest_pause
        backoff = failure.pause - asked
        if asked > longest:
            failure.error.add_note(
                f"The server asked for a pause of {asked:.0f} s, "
                f"and longest_pause is {longest:g} s."
            )
        elif self._spent + backoff <= self._retries.give_up_after:
            self._spent += backoff
            return
        elapsed = time.perf_counter() - self._began
        attempts = "1 attempt" if self._attempts == 1 else f"{self._attempts} attempts"
        failure.error.add_note(f"Gave up after {attempts} in {elapsed:.1f} s.")
        raise failure.error


async def get_once(
    url: str, client: httpx.AsyncClient, *, seconds: float
) -> httpx.Response | Failure:
    """GET ``url``: the response if its status is 200, a failure if it may be retried.

    Raises ``ValueError`` for any other status.
    """
    try:
        async with asyncio.timeout(seconds):
            response = await client.get(
                url, headers={"Content-Type": "application/json"}
            )
    except TRANSIENT as lost:
        return Failure(lost)
    if response.status_code == 200:
        return response
    error = ValueError(
        f"Unexpected Status: Http status code is {response.status_code}."
    )
    asked = pause_asked_by(response)
    says_when = response.status_code == 403 and asked is not None
    if response.status_code in REFUSED or says_when:
        return Failure(error, asked)
    raise error


def pause_asked_by(response: httpx.Response) -> float | None:
    """The seconds that a refusal asks for, or None if it asks for nothing.

    They stand in ``Retry-After``, or are the reset of a quota that is used up.
    ``X-RateLimit-Reset`` is in no standard: a Unix time (GitHub, with status 403), or
    seconds from now.
    """
    asked = retry_after(response)
    if asked is not None:
        return asked
    reset = response.headers.get("X-RateLimit-Reset", "")
    is_used_up = response.headers.get("X-RateLimit-Remaining", "0") == "0"
    if not is_used_up or not re.fullmatch(r"[0-9]{1,12}", reset):
        return None
    is_unix_time = len(reset) >= 10
    return max(0.0, float(reset) - time.time()) if is_unix_time else float(reset)


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for, or None if it asks for nothing.

    A date is compared with the response's own ``Date``: the clocks may differ.
    """
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    come_back = http_date(value)
    if come_back is None:
        return None
    answered = http_date(response.headers.get("Date", ""))
    if answered is None:
        answered = time.time()
    return max(0.0, come_back - answered)


def http_date(value: str) -> float | None:
    """An HTTP date, which is always in GMT, as a Unix time; None for anything else."""
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
