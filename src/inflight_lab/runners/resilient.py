"""Resilient: a failure that passes costs no answer, and nobody hammers the server.

What happens after a failure, in this order:

1. *The server decides first.*  A refusal that says when to come back, in any of the
   words that ``refusals.py`` can read, shuts one gate for **all** requests of the run
   until then: requests that still wait for a slot would only be refused as well.  If
   the server asks for more than ``longest_pause``, they give up at once.
2. *When waiting does not help, stop.*  A permanent refusal (the plan is used up, say)
   shuts the gate for good: every other request fails as soon as it has a slot, unsent,
   with the API's own reason.  Nobody sits out a pause before that.
3. *Otherwise back off*: exponentially, with full jitter, so that requests that were
   refused together do not come back together.  A request that was refused adds this
   jitter to the server's pause too.
4. *Within a retry budget*: each request may be attempted a few times, and all requests
   of the run share one budget of retries.  Without it, retries multiply the load just
   when the server can handle the least.
5. *Within a time*: each attempt has a time limit, and so have all attempts and backoffs
   of a request together.  A pause that the server asked for does not count: it is not
   the request's fault.

GET is safe to repeat, so whatever may pass is retried: a transport error, a timeout of
the server's (408), a conflict (409), every server error (500 to 599).  OpenAI's client
retries the same.  Libraries such as stamina and tenacity bring such a loop, and
httpx-retries a transport, but none of them has the gate.

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
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import httpx

from inflight_lab.runners.refusals import Refusal, read_refusal

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is
TRANSIENT = (
    TimeoutError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
)
TRANSIENT_STATUSES = (408, 409)  # and every server error


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
    further attempt, the last failure is raised, with notes: ``ValueError`` for a status
    other than 200 or after a permanent refusal, httpx's own error when there is no
    answer, ``TimeoutError`` when an attempt took too long or the gate stays shut for
    more than ``retries.longest_pause``.
    """
    retries.add_request()
    request = RetriedRequest(url, num, retries=retries, verbose=verbose)
    while True:
        async with limiter:
            answer = await request.attempt(client)
        if not isinstance(answer, Failure):
            return answer
        await retries.gate.sleep(request.plan_retry(answer))


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
    share its gate and its retry budget: a permanent refusal ends them all.  The other
    parameters are those of `semaphore`; a failure is one that no retry fixed.
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
        self.gate = Gate()
        self.retries_left = float(self.reserve)  # for all requests together

    def add_request(self) -> None:
        """Add to the budget the retries that one more request is good for."""
        self.retries_left += self.retry_budget

    def may_retry(self, attempts: int) -> bool:
        """Whether a request that has had this many attempts may have another."""
        return attempts < self.attempts and self.retries_left >= 1

    def draw_backoff(self, attempts: int) -> float:
        """Seconds to back off after this many attempts, drawn at random."""
        doublings = min(attempts - 1, 100)
        longest = min(self.cap, self.base * 2.0**doublings)
        return self.uniform(0.0, longest)

    def spend_retry(self) -> None:
        """Charge the budget for one retry."""
        self.retries_left -= 1


class Gate:
    """One for all requests: a refusal shuts it, for a while or for good."""

    def __init__(self) -> None:
        self._not_before = -math.inf  # it is shut until then
        self._permanent: Refusal | None = None  # shuts it for good
        self._sleepers: set[asyncio.Future[None]] = set()

    def heed(self, refusal: Refusal) -> None:
        """Shut for as long as a refusal says; never open sooner than planned."""
        if refusal.is_permanent:
            self._permanent = refusal
            while self._sleepers:
                self._sleepers.pop().set_result(None)
        elif refusal.pause is not None:
            opens = time.perf_counter() + refusal.pause
            self._not_before = max(self._not_before, opens)

    def failure(self) -> Failure | None:
        """How a request fails that comes now; None if it may go."""
        if self._permanent is not None:
            reason = self._permanent.reason or "it gives no reason."
            error = ValueError(f"Not sent: the API will refuse every request: {reason}")
            return Failure(error, self._permanent, was_sent=False)
        shut_for = self._not_before - time.perf_counter()
        if shut_for <= 0:
            return None
        too_long = TimeoutError("Not sent: the server asked for too long a pause.")
        return Failure(too_long, Refusal(pause=shut_for), was_sent=False)

    async def sleep(self, seconds: float) -> None:
        """Wait for this long, but no longer than until a permanent refusal."""
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        try:
            await asyncio.wait([woken], timeout=seconds)
        finally:
            self._sleepers.discard(woken)


@dataclass
class Failure:
    """An attempt without an answer that can be used, and what the API says about it."""

    error: Exception
    refusal: Refusal
    was_sent: bool = True
    """False if the gate was shut, so that nothing was sent."""


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
        self._began: float | None = None  # when it had its first turn
        self._spent = 0.0  # seconds on attempts and backoffs

    async def attempt(self, client: httpx.AsyncClient) -> httpx.Response | Failure:
        """Send it once, unless the gate is shut.

        Raises an error that no retry can fix.
        """
        now = time.perf_counter()
        if self._began is None:
            self._began = now
        not_sent = self._retries.gate.failure()
        if not_sent is not None:
            return not_sent
        self._attempts += 1
        self._announce()
        answer = await get_once(self._url, client, seconds=self._retries.timeout)
        if isinstance(answer, Failure):
            self._spent += time.perf_counter() - now
            self._retries.gate.heed(answer.refusal)
        return answer

    def plan_retry(self, failure: Failure) -> float:
        """Charge for the next attempt, and return the seconds until it; or give up."""
        retries = self._retries
        if failure.refusal.is_permanent:
            self._give_up(failure.error)
        requested = failure.refusal.pause or 0.0
        if requested > retries.longest_pause:
            self._give_up_because_of_pause(failure.error, requested)
        if not failure.was_sent:
            return requested
        if not retries.may_retry(self._attempts):
            self._give_up(failure.error)
        backoff = retries.draw_backoff(self._attempts)
        if self._spent + backoff > retries.give_up_after:
            self._give_up(failure.error)
        retries.spend_retry()
        self._spent += backoff
        return requested + backoff

    def _announce(self) -> None:
        if self._verbose:
            again = f", attempt {self._attempts}" if self._attempts > 1 else ""
            print(f"Making request {self._num}{again}")

    def _give_up_because_of_pause(self, error: Exception, seconds: float) -> NoReturn:
        error.add_note(
            f"The server asked for a pause of {seconds:.0f} s, "
            f"and longest_pause is {self._retries.longest_pause:g} s."
        )
        self._give_up(error)

    def _give_up(self, error: Exception) -> NoReturn:
        """Raise the error, with a note of what was tried."""
        now = time.perf_counter()
        elapsed = 0.0 if self._began is None else now - self._began
        attempts = "1 attempt" if self._attempts == 1 else f"{self._attempts} attempts"
        error.add_note(f"Gave up after {attempts} in {elapsed:.1f} s.")
        raise error


async def get_once(
    url: str, client: httpx.AsyncClient, *, seconds: float
) -> httpx.Response | Failure:
    """GET ``url``: the response if its status is 200, else a failure.

    Raises ``ValueError`` for a status that is neither a refusal nor one that may pass.
    """
    says_nothing = Refusal(pause=None)
    try:
        async with asyncio.timeout(seconds):
            response = await client.get(
                url, headers={"Content-Type": "application/json"}
            )
    except TRANSIENT as lost:
        return Failure(lost, says_nothing)
    if response.status_code == 200:
        return response
    error = ValueError(
        f"Unexpected Status: Http status code is {response.status_code}."
    )
    refusal = read_refusal(response)
    if refusal is not None:
        if refusal.reason:
            error.add_note(f"The API says: {refusal.reason}")
        return Failure(error, refusal)
    if response.is_server_error or response.status_code in TRANSIENT_STATUSES:
        return Failure(error, says_nothing)
    raise error


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
