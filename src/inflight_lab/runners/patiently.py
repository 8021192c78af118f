"""Patience: send a request, and again for as long as that may help.

- *The API decides first.*  If it asks one request to wait, all wait: the pacer pauses.
  If it names no time, all wait for 0.5 s, and twice as long each time in a row.
- *Back off* where a request fails alone, exponentially and with jitter, so that those
  that failed together do not come back together.  Eight attempts take at least a
  minute: an outage of that length costs no answer.
- *Stop* if no wait will help: the money is spent, the key is wrong, or the pause is too
  long.  Nothing more is sent, but what is under way is still answered.
- *Stop* if nothing is accepted any more.  Nobody can list all the words in which APIs
  say that a month's quota is used up.  But then they refuse ten times in a row, though
  all waited longer each time, or 50 requests fail one after the other.  What can only
  be wrong with one request, such as a 400 or a 422, does not count.

404 and 410 are answers, too, and are returned.  All other failures that another
attempt may fix get one: a lost connection, a timeout, every server error.  For a GET
that is safe.  A POST may be carried out twice, unless a key tells the API that both are
the same one.  A redirect is no answer: to follow it takes a request that nobody counts.

Sources: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015;
RFC 9110, section 9.2.2, on what is safe to repeat.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from inflight_lab.runners.refusals import (
    is_permanent,
    is_temporary,
    pause_in,
    reason_in,
)

BACKOFF = 0.5  # seconds to wait after a failure, doubled with each further one
LONGEST_BACKOFF = 30  # seconds; a request that fails alone waits up to twice as long
MOST_PAUSES = 10  # in a row
MOST_FAILURES = 50  # in a row, of requests that failed for good
NOT_THERE = (404, 410)  # an answer as well: there is no such thing
LOST = (  # errors that another attempt may fix; each OSError is one as well
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.ProxyError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
)


class NoAnswer(Exception):
    """Why one request has no answer.  Others may have one.

    >>> try:
    ...     await Patience()(Pacer(10), client.get, server.url)
    ... except NoAnswer as failure:
    ...     print(failure)
    """


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
    if its status is 200 to 299, or is 404 or 410: there is no such thing.  Further
    arguments are handed on.  Raises `NoAnswer` if this request has failed for good, and
    `Stop` if all will.  An error that no other attempt can fix is raised as it is.

    If your client is not httpx, name its errors for a connection that was lost:
    ``Patience(lost=(aiohttp.ClientConnectionError, aiohttp.ClientPayloadError))``.

    Share one among all requests of a run.
    """

    attempts: int = 8  # for each request, the first one included
    timeout: float = 30.0  # seconds for one attempt
    longest_pause: float = 600.0  # seconds; if the API asks for more, nobody waits
    lost: tuple[type[Exception], ...] = LOST

    def __post_init__(self) -> None:
        self._lost: tuple[type[Exception], ...] = (OSError, *self.lost)
        self._failures = 0  # in a row
        self._pauses = 0  # in a row
        self._paused_until = 0.0
        self._under_way = 0  # requests
        self._why = ""  # why nothing is sent any more

    async def __call__(
        self, pacer: Any, send: Callable[..., Awaitable[Any]], *args: Any, **more: Any
    ) -> Any:
        """Await ``send(*args, **more)`` until there is an answer, and return it."""
        wait = 0.0
        for attempt in range(self.attempts):
            await asyncio.sleep(wait)
            alone = backoff(attempt) * random.uniform(1, 2)  # jitter
            try:
                async with pacer, asyncio.timeout(self.timeout):
                    if self._why:
                        await self._stop(self._why)
                    self._under_way += 1
                    try:
                        response = await send(*args, **more)
                    finally:
                        self._under_way -= 1
            except self._lost as error:
                failure = NoAnswer(f"{type(error).__name__} {error}")
                wait = alone
                continue
            status = response.status_code
            if 200 <= status < 300 or status in NOT_THERE:
                self._failures = 0
                self._pauses = 0
                return response
            failure = NoAnswer(f"status {status} {reason_in(response)}")
            if is_permanent(response):
                await self._stop(f"{failure}")
            if is_temporary(response):
                pause = await self._pause_all(pacer, pause_in(response), f"{failure}")
                wait = pause + random.uniform(0, BACKOFF)
            elif status >= 500 or status in (408, 409):
                wait = alone
            elif status in (402, 403):
                break  # it may be true of all requests
            else:
                raise failure  # something is wrong with this request alone
        self._failures += 1
        if self._failures >= MOST_FAILURES:
            await self._stop(f"{failure}")
        raise failure

    async def _pause_all(self, pacer: Any, asked: float, why: str) -> float:
        """Let all wait, longer each time, and return for how many seconds."""
        if asked > self.longest_pause:
            await self._stop(f"{why} (a pause of {asked:.0f} s)")
        now = time.monotonic()
        is_new = now >= self._paused_until  # and not of one that left before this pause
        if is_new:
            self._pauses += 1
        if self._pauses >= MOST_PAUSES:
            await self._stop(why)
        pause = max(asked, backoff(self._pauses - 1))
        if is_new and pause > 5:
            logging.getLogger(__name__).warning("Waiting %.4g s: %s", pause, why)
        self._paused_until = max(self._paused_until, now + pause)
        pacer.pause(pause)
        return pause

    async def _stop(self, why: str) -> None:
        """End the run, as soon as nothing is under way that may be answered."""
        self._why = why
        while self._under_way:
            await asyncio.sleep(0.01)
        raise Stop(why)


def backoff(failures: int) -> float:
    """The seconds to wait after so many failures: 0.5, 1, 2, 4, ... 30."""
    return min(BACKOFF * 2.0**failures, LONGEST_BACKOFF)
