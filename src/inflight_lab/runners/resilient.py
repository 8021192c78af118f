"""Resilient: retries temporary failures without overloading the server.

What happens after a failure, in this order:

1. *The server decides first.*  A refusal that says when to come back, in any of the
   words that ``refusals.py`` can read, shuts one gate for **all** requests of the run
   until then: requests that still wait for a slot would only be refused as well.  If
   the server asks for more than ``longest_pause``, they give up at once.
2. *When waiting does not help, stop.*  A permanent refusal (the plan is used up, say)
   shuts the gate for good: every other request fails as soon as it has a slot, unsent,
   with the API's own reason.  Pauses end at once.  Only if the refusal is about one
   request, because it is too large for example, do the others go on.
3. *Otherwise back off*: exponentially, with full jitter, so that requests that were
   refused together do not come back together.  A request that was refused adds this
   jitter to the server's pause too.  A request that was not sent adds none: it goes
   when the gate opens and it has a slot.
4. *Within a retry budget*: each request may be attempted a few times, and all requests
   of the run share one budget of retries.  Without it, retries multiply the load just
   when the server can handle the least.
5. *Within a time limit*: each attempt has one, and so have all attempts and backoffs of
   a request together.  A pause that the server asked for does not count, because the
   request cannot help it.

A GET is safe to repeat, so this retries whatever may be temporary: a transport error,
a request timeout (408), a conflict (409), every server error (500 to 599).  OpenAI's
client retries the same.  Libraries such as stamina and tenacity bring such a loop, and
httpx-retries a transport, but none of them has the gate.

This is not a rate limit: it reacts to refusals and does not avoid them.  Pass a
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
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import httpx

from inflight_lab.runners.refusals import Refusal, read_refusal, reason_in

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is
TRANSIENT = (
    TimeoutError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
)
TRANSIENT_STATUSES = (408, 409)  # and every server error
SAYS_NOTHING = Refusal(pause=None)  # what a failure says that names no pause


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Limiter,
    retries: Retries,
    verbose: bool = False,
) -> httpx.Response:
    """GET ``url`` until there is an answer with the status 200, and return it.

    Each attempt waits for a slot, and gives it back before any pause.  If there is no
    further attempt, the last failure is raised, with notes: ``ValueError`` for another
    status or after a permanent refusal, httpx's own error when there is no answer,
    ``TimeoutError`` when an attempt took too long or the gate stays shut for more than
    ``retries.longest_pause``.
    """
    retries.add_request()
    request = RetriedRequest(url, num, retries=retries, verbose=verbose)
    while True:
        async with limiter:
            outcome = await request.attempt(client)
        match outcome:
            case Failure():
                wait = request.plan_retry(outcome)
            case GateShut():
                wait = request.wait_at_gate(outcome)
            case _:
                return outcome
        await retries.gate.sleep(wait)


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
    share its gate and its retry budget.  A permanent refusal ends them all, and those
    that begin later: its gate never opens again.  The other parameters are those of
    `semaphore`; a failure is one that no retry fixed.
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
    """How to retry, and the gate and the retry budget that the requests share.

    All times are in seconds.
    """

    attempts: int = 5
    """For each request, the first one included."""
    retry_budget: float = 1.0
    """Retries that each request adds to the common budget; 1.0 may double the load."""
    reserve: int = 10
    """Retries in the common budget from the beginning."""
    base: float = 0.5
    """The longest backoff after a request's first attempt; it doubles with each one."""
    cap: float = 20.0
    """The longest backoff of all."""
    timeout: float = 10.0
    """For one attempt in all; the client's own timeouts count each read by itself."""
    give_up_after: float = 60.0
    """For a request's attempts and backoffs; no retry would begin after that."""
    longest_pause: float = 120.0
    """The longest pause that the server may ask for; as in OpenAI's client."""
    uniform: Callable[[float, float], float] = random.uniform
    """Draws the jitter."""

    def __post_init__(self) -> None:
        self.gate = Gate()
        self.retries_left = float(self.reserve)  # for all requests together

    def add_request(self) -> None:
        """Add to the budget the retries that come with one more request."""
        self.retries_left += self.retry_budget

    def spend_retry(self) -> None:
        """Charge the budget for one retry."""
        self.retries_left -= 1

    def draw_backoff(self, attempts: int) -> float:
        """Seconds to back off after this many attempts, drawn at random."""
        doublings = min(attempts - 1, 100)
        longest = min(self.cap, self.base * 2.0**doublings)
        return self.uniform(0.0, longest)


class Gate:
    """Shut by a refusal, for a while or for good.  All requests share it."""

    def __init__(self) -> None:
        self._opens_at = -math.inf
        self._reason = ""  # why it is shut for good
        self._sleepers: set[asyncio.Future[None]] = set()

    def obey(self, refusal: Refusal) -> None:
        """Shut for as long as a refusal says; never open sooner than planned."""
        if refusal.is_permanent and refusal.concerns_all:
            self._opens_at = math.inf
            self._reason = refusal.reason
            while self._sleepers:
                self._sleepers.pop().set_result(None)
        elif refusal.pause is not None:
            opens_at = time.perf_counter() + refusal.pause
            self._opens_at = max(self._opens_at, opens_at)

    def why_shut(self) -> GateShut | None:
        """For how long it is shut, and why; None if it is open."""
        seconds = self._opens_at - time.perf_counter()
        return GateShut(seconds, self._reason) if seconds > 0 else None

    async def sleep(self, seconds: float) -> None:
        """Wait for this long, but no longer than until a permanent refusal."""
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        try:
            await asyncio.wait([woken], timeout=seconds)
        finally:
            self._sleepers.discard(woken)


@dataclass
class GateShut:
    """An attempt that was not made, because the gate is shut."""

    seconds: float
    """Until it opens; infinite if it never does."""
    reason: str = ""
    """Why it never opens, in the API's own words."""


@dataclass
class Failure:
    """An attempt that failed, and what the API says about further ones."""

    error: Exception
    refusal: Refusal = SAYS_NOTHING


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
        self._began = 0.0  # when it had its first slot
        self._busy_seconds = 0.0  # in attempts and backoffs

    async def attempt(
        self, client: httpx.AsyncClient
    ) -> httpx.Response | Failure | GateShut:
        """Send it once, unless the gate is shut.

        Raises an error that no retry can fix.
        """
        now = time.perf_counter()
        self._began = self._began or now
        shut = self._retries.gate.why_shut()
        if shut is not None:
            return shut
        self._attempts += 1
        if self._verbose:
            again = f", attempt {self._attempts}" if self._attempts > 1 else ""
            print(f"Making request {self._num}{again}")
        answer = await get_once(self._url, client, seconds=self._retries.timeout)
        if isinstance(answer, Failure):
            self._busy_seconds += time.perf_counter() - now
            self._retries.gate.obey(answer.refusal)
        return answer

    def plan_retry(self, failure: Failure) -> float:
        """Charge for the next attempt, and return the seconds until it; or give up."""
        backoff = self._retries.draw_backoff(self._attempts)
        why_not = self.why_not_again(failure.refusal, backoff)
        if why_not:
            self._give_up(failure.error, why_not)
        self._retries.spend_retry()
        self._busy_seconds += backoff
        requested = failure.refusal.pause or 0.0
        return requested + backoff

    def why_not_again(self, refusal: Refusal, backoff: float) -> str:
        """What forbids another attempt; empty if nothing does."""
        retries = self._retries
        if refusal.is_permanent:
            return "no retry will help."
        if refusal.pause is not None and refusal.pause > retries.longest_pause:
            return self._too_long(refusal.pause)
        if self._attempts >= retries.attempts:
            return "there are no more attempts."
        if retries.retries_left < 1:
            return "the retry budget was spent."
        if self._busy_seconds + backoff > retries.give_up_after:
            return f"a retry would exceed give_up_after, {retries.give_up_after:g} s."
        return ""

    def wait_at_gate(self, shut: GateShut) -> float:
        """The seconds until the gate opens; gives up if that is too long."""
        if math.isinf(shut.seconds):
            reason = shut.reason or "it gives no reason."
            words = f"Not sent: the API will refuse every request: {reason}"
            self._give_up(ValueError(words), "no retry will help.")
        if shut.seconds > self._retries.longest_pause:
            too_late = TimeoutError("Not sent: the server asked for too long a pause.")
            self._give_up(too_late, self._too_long(shut.seconds))
        return shut.seconds

    def _too_long(self, seconds: float) -> str:
        longest = f"longest_pause is {self._retries.longest_pause:g} s"
        return f"the server asked for a pause of {seconds:.0f} s, and {longest}."

    def _give_up(self, error: Exception, why: str) -> NoReturn:
        """Raise the error, with a note of what was tried and why it ends."""
        elapsed = time.perf_counter() - self._began
        attempts = "1 attempt" if self._attempts == 1 else f"{self._attempts} attempts"
        error.add_note(f"Gave up after {attempts} in {elapsed:.1f} s: {why}")
        raise error


async def get_once(
    url: str, client: httpx.AsyncClient, *, seconds: float
) -> httpx.Response | Failure:
    """GET ``url``: the response if its status is 200, else a failure.

    Raises ``ValueError`` for a status that is neither a refusal nor temporary.
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
    error = error_of(response)
    refusal = read_refusal(response)
    if refusal is not None:
        return Failure(error, refusal)
    if response.is_server_error or response.status_code in TRANSIENT_STATUSES:
        return Failure(error)
    raise error


def error_of(response: httpx.Response) -> ValueError:
    """What to raise for a status other than 200; the API's own words are a note."""
    status = response.status_code
    error = ValueError(f"Unexpected Status: Http status code is {status}.")
    reason = reason_in(response)
    if reason:
        error.add_note(f"The API says: {reason}")
    return error


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
