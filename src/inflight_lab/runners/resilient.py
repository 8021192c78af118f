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
3. *Otherwise back off*: exponentially, with full jitter, as ``retry_policy.py`` says.
   A request that was refused adds this jitter to the server's pause too.  A request
   that was not sent adds none: it goes as soon as the gate is open and a slot is free.
4. *Within a retry budget*: each request may be attempted a few times, and all requests
   of the run share one budget of retries.  Without it, retries multiply the load just
   when the server can handle the least.
5. *Within a time limit*: each attempt has one, and so have all attempts and backoffs of
   a request together.  A pause that the server asked for does not count, because the
   request cannot help it.

Libraries such as stamina and tenacity have such a loop, and httpx-retries has a
transport that does it, but none of them has the gate.

This is not a rate limit: it reacts to refusals and does not avoid them.  Pass a
``limiter`` that does.

Source: "Site Reliability Engineering", chapter 21, "Handling Overload" (O'Reilly,
2016).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import NoReturn

import httpx

from inflight_lab.runners.error_bodies import unexpected_status
from inflight_lab.runners.gate import Gate, GateShutError
from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.runners.retry_policy import TRANSIENT, RetryPolicy, is_transient

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is


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
            outcome = await request.use_slot(client)
        if not isinstance(outcome, Pause):
            return outcome
        await retries.gate.sleep(outcome.seconds)


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


@dataclass(kw_only=True)
class Retries(RetryPolicy):
    """A retry policy, and the gate and the retry budget that the requests share."""

    retry_budget: float = 1.0
    """Retries that each request adds to the common budget; 1.0 may double the load."""
    reserve: int = 10
    """Retries in the common budget from the beginning."""
    give_up_after: float = 60.0
    """For a request's attempts and backoffs; no retry would begin after that."""

    def __post_init__(self) -> None:
        self.gate = Gate(self)
        self.retries_left = float(self.reserve)  # for all requests together

    def add_request(self) -> None:
        """Add to the budget the retries that come with one more request."""
        self.retries_left += self.retry_budget

    def spend_retry(self) -> None:
        """Charge the budget for one retry."""
        self.retries_left -= 1


@dataclass
class Failure:
    """An attempt that failed, and what the API says about further ones."""

    error: Exception
    refusal: Refusal | None = None
    """None if the API did not refuse, for example when the connection was lost."""

    @property
    def requested(self) -> float:
        """The pause that the server asked for, in seconds: 0 if for none."""
        if self.refusal is None:
            return 0.0
        return self.refusal.pause or 0.0


@dataclass
class Pause:
    """How long a request waits, without a slot, before it comes again."""

    seconds: float


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

    async def use_slot(self, client: httpx.AsyncClient) -> httpx.Response | Pause:
        """Return the answer, or a pause after which to come again.

        Nothing is sent while the gate is shut.  Raises the error that ends the request.
        """
        self._began = self._began or time.perf_counter()
        shut_for = self.seconds_until_open()
        if shut_for > 0:
            return Pause(shut_for)
        outcome = await self.attempt(client)
        if isinstance(outcome, Failure):
            return Pause(self.plan_retry(outcome))
        return outcome

    def seconds_until_open(self) -> float:
        """The seconds until the gate opens.  Gives up if nobody waits that long."""
        try:
            return self._retries.gate.seconds_until_open()
        except GateShutError as shut:
            self._give_up(not_sent(shut.refusal), shut.why)

    async def attempt(self, client: httpx.AsyncClient) -> httpx.Response | Failure:
        """Send it once.  Raises an error that no retry can fix."""
        self._attempts += 1
        if self._verbose:
            again = f", attempt {self._attempts}" if self._attempts > 1 else ""
            print(f"Making request {self._num}{again}")
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._retries.timeout):
                response = await client.get(
                    self._url, headers={"Content-Type": "application/json"}
                )
        except TRANSIENT as lost:
            return Failure(lost)
        finally:
            self._busy_seconds += time.perf_counter() - began
        if response.status_code == 200:
            return response
        return self._failure_in(response)

    def _failure_in(self, response: httpx.Response) -> Failure:
        """What failed; a refusal holds for the other requests too.

        Raises ``ValueError`` for a status that is neither a refusal nor temporary.
        """
        error = unexpected_status(response)
        refusal = read_refusal(response)
        if refusal is not None:
            self._retries.gate.obey(refusal, response)
            return Failure(error, refusal)
        if is_transient(response):
            return Failure(error)
        raise error

    def plan_retry(self, failure: Failure) -> float:
        """Charge for the next attempt, and return the seconds until it; or give up."""
        backoff = self._retries.draw_backoff(self._attempts)
        why_not = self.why_not_again(failure, backoff)
        if why_not:
            self._give_up(failure.error, why_not)
        self._retries.spend_retry()
        self._busy_seconds += backoff
        return failure.requested + backoff

    def why_not_again(self, failure: Failure, backoff: float) -> str:
        """What forbids another attempt; empty if nothing does."""
        retries = self._retries
        if failure.refusal is not None:
            why_nobody_waits = retries.gate.why_nobody_waits(failure.refusal)
            if why_nobody_waits:
                return why_nobody_waits
        if self._attempts >= retries.attempts:
            return "there are no more attempts."
        if retries.retries_left < 1:
            return "the retry budget was spent."
        if self._busy_seconds + backoff > retries.give_up_after:
            return f"a retry would exceed give_up_after, {retries.give_up_after:g} s."
        return ""

    def _give_up(self, error: Exception, why: str) -> NoReturn:
        """Raise the error, with a note of what was tried and why it ends."""
        elapsed = time.perf_counter() - self._began
        attempts = "1 attempt" if self._attempts == 1 else f"{self._attempts} attempts"
        error.add_note(f"Gave up after {attempts} in {elapsed:.1f} s: {why}")
        raise error


def not_sent(refusal: Refusal) -> Exception:
    """What to raise for a request that finds the gate shut, for good or too long."""
    if refusal.is_permanent:
        reason = refusal.reason or "it gives no reason."
        return ValueError(f"Not sent: the API will refuse every request: {reason}")
    return TimeoutError("Not sent: the server asked for too long a pause.")


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, instance

check_constructor(Retries)
make_many_requests = checked(make_many_requests, retries=instance(Retries))
PLAN = "{count} requests, at most {limit} at once, and up to {count} + 10 retries"
