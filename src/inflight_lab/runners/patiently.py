"""Patiently: send a request, and again for as long as that may help.

- *The API decides first.*  If it asks one request to wait, all wait: the pacer pauses.
  If it names no time, all wait for 0.5 s, and at least twice as long each time in a
  row.
- *Back off* as well, exponentially and with full jitter, so that requests that failed
  together do not come back together.
- *Stop* if no wait will help: the money is spent, the key is wrong, or the pause is too
  long.  Nothing more is sent and whoever waits is woken, but requests in flight still
  get their answers.
- *Stop* if nothing is accepted any more.  Nobody can list all the words in which APIs
  say that a month's quota is used up.  But then they refuse ten times in a row, though
  all waited longer each time, or they say no to 50 requests one after the other.
- *An API that cannot be reached* is treated like one that refuses: after ten attempts
  in a row without an answer all wait, longer each time; two minutes later the run ends.

404 and 410 are answers, too: there is no such thing.  All other failures that another
attempt may fix get one: a lost connection, a timeout, every server error.  For a GET
that is safe.  A POST may be carried out twice, unless a key tells the API that both are
the same one.

Sources: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015;
RFC 9110, section 9.2.2, on what is safe to repeat.
"""

import asyncio
import contextlib
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from inflight_lab.runners.refusals import Refusal, read_refusal, reason_in

BACKOFFS = (0, 0.5, 1, 2, 4, 8, 16, 30)  # seconds: the longest before each attempt
MOST_REFUSALS = 10  # in a row; those during one pause count as one
MOST_FAILURES = 50  # in a row, of requests that no other attempt helps
# Errors that another attempt may fix, by the names of their classes in any client
LOST = re.compile("Timeout|Connect|Network|RemoteProtocol|Proxy|Payload")


class NoAnswer(Exception):
    """Why one request has no answer.  Others may have one.

    >>> try:
    ...     await Patience()(Pacer(10), client.get, server.url)
    ... except NoAnswer as failure:
    ...     print(failure.status)
    """

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status  # of the last response; 0 if none came


class Stop(Exception):
    """Why no request will have an answer any more.

    >>> try:
    ...     await Patience()(Pacer(10), client.get, server.url)
    ... except Stop as reason:
    ...     print(reason)
    """


@dataclass(kw_only=True)
class Patience:
    """Sends a request, and again for as long as that may help.

    >>> patiently = Patience()
    >>> response = await patiently(Pacer(100), client.get, server.url)

    It takes a turn of the pacer, awaits ``client.get(url)``, and returns the response
    if its status is below 400.  Further arguments are handed on.  Raises `NoAnswer` if
    this request has failed for good, and `Stop` if all will.  An error that no other
    attempt can fix is raised as it is.

    Share one among all requests of a run.  Raises ``ValueError`` if ``attempts`` is
    not 1 to 8.
    """

    attempts: int = len(BACKOFFS)  # for each request, the first one included; no more
    timeout: float = 30.0  # seconds for one attempt
    longest_pause: float = 600.0  # seconds; if the API asks for more, nobody waits

    def __post_init__(self) -> None:
        if not 1 <= self.attempts <= len(BACKOFFS):
            raise ValueError(f"attempts must be 1 to 8, got {self.attempts!r}")
        self._failures = 0  # attempts in a row
        self._refusals = 0  # in a row
        self._paused_until = 0.0
        self._why = ""  # nothing is sent any more
        self._has_ended = asyncio.Event()

    async def __call__(
        self, pacer: Any, send: Callable[..., Awaitable[Any]], *args: Any, **more: Any
    ) -> Any:
        """Await ``send(*args, **more)`` until there is an answer, and return it."""
        pause = 0.0
        for backoff in BACKOFFS[: self.attempts]:
            await self._sleep(pause + random.uniform(0, backoff))
            try:
                async with pacer:
                    if self._why:
                        raise Stop(self._why)
                    async with asyncio.timeout(self.timeout):
                        response = await send(*args, **more)
            except Exception as error:
                if not any(LOST.search(kind.__name__) for kind in type(error).__mro__):
                    raise
                failure = NoAnswer(f"{type(error).__name__} {error}")
                failure.__cause__ = error
                refusal = Refusal(None, concerns_all=False)
            else:
                status = response.status_code
                if status < 400 or status in (404, 410):  # there is no such thing
                    self._failures = self._refusals = 0
                if status < 400:
                    return response
                said = f"status {status} {reason_in(response)}"
                failure = NoAnswer(said.strip(), status)
                is_final = status // 100 != 5 and status not in (408, 409)
                other = Refusal(None, is_final, concerns_all=status == 401)
                refusal = read_refusal(response) or other
            pause = self._heed(refusal, failure, pacer)
        raise failure

    async def _sleep(self, seconds: float) -> None:
        """Wait for so long, or until the run ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_ended.wait()

    def _heed(self, refusal: Refusal, failure: NoAnswer, pacer: Any) -> float:
        """The seconds until another attempt.  Raises why none is made."""
        pause = refusal.pause or 0.0
        is_final = refusal.is_permanent or pause > self.longest_pause
        self._failures += 1
        most = MOST_FAILURES if is_final else MOST_REFUSALS
        if refusal.concerns_all or self._failures >= most:
            if is_final:
                raise self._stop(pause, failure, pacer)
            return self._hold_back_all(pause, failure, pacer)
        if is_final:
            raise failure
        return pause

    def _hold_back_all(self, pause: float, failure: NoAnswer, pacer: Any) -> float:
        """Let all wait, longer each time, and return for how many seconds."""
        now = time.perf_counter()
        is_new = now >= self._paused_until
        if is_new:
            self._refusals += 1
        if self._refusals >= MOST_REFUSALS:
            raise self._stop(pause, failure, pacer)
        pause = max(pause, BACKOFFS[min(self._refusals, 7)])
        if is_new and pause > 5:
            logging.getLogger(__name__).warning("Waiting %.0f s: %s", pause, failure)
        self._paused_until = max(self._paused_until, now + pause)
        pacer.pause(pause)
        return pause

    def _stop(self, pause: float, failure: NoAnswer, pacer: Any) -> Stop:
        """End the run, and return why: the first reason is everybody's."""
        asked = f" (a pause of {pause:.0f} s)" if pause else ""
        self._why = self._why or f"{failure}{asked}"
        self._has_ended.set()
        pacer.end()
        return Stop(self._why)
