"""Patience: send a request, and again for as long as that may help.

- *The API decides first.*  If it asks one request to wait, all wait: the pacer pauses.
  If a 429 names no time, all wait for 0.5 s, and twice as long each time in a row.
- *Back off* where a request fails alone, exponentially and with jitter, so that those
  that failed together do not come back together.  So does a 503 that names no time: it
  may concern one item.  Eight attempts take at least a minute: an outage of that length
  costs no answer.
- *Give up* one request if it is wrong or forbidden.  Whether all are, as with a wrong
  key, one answer does not say: `AnswerFile` ends a run if too many fail in a row.
- *Stop* if no wait will help: the money is spent, or the pause is too long.  Nothing
  more is sent, but what is under way is still answered.  Nobody can list all the words
  in which APIs say that a month's quota is used up.  But then they refuse eleven times
  in a row, until a pause would be longer than ten minutes.

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
from typing import Any, NoReturn

import httpx

from inflight_lab.runners.refusals import pause_in, reason_in, verdict_on

BACKOFF = 0.5  # seconds to wait after a failure, doubled with each further one up to 30
LOST = (OSError, httpx.TransportError, httpx.DecodingError)  # or too late: TimeoutError
UNSENDABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)
Call = Callable[..., Awaitable[Any]]


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

    It makes at most ``attempts`` attempts, of ``timeout`` seconds each: 8, of 30 s.  It
    ends all if a pause would take more than ``longest_pause`` seconds, 600 by default.
    If your client is not httpx, name its errors for a connection that was lost:
    ``Patience(lost=(aiohttp.ClientConnectionError, aiohttp.ClientPayloadError))``.

    Share one among all requests of a run.  It counts how often one was ``refused``.
    An `AnswerFile` counts ``failures`` in a row, and ends the run if all seem to fail.
    """

    attempts: int = 8  # for each request, the first one included
    timeout: float = 30.0  # seconds for one attempt
    longest_pause: float = 600.0  # seconds; where it would take more, all ends
    lost: tuple[type[Exception], ...] = ()  # errors of another client than httpx

    def __post_init__(self) -> None:
        self.refused = 0  # how often so far
        self.failures = 0  # in a row, which AnswerFile counts
        self._pause = 0.0  # seconds, of all; doubled each time until there is an answer
        self._under_way = 0  # requests
        self._end = ""  # why nothing is sent any more
        self._logged_until = 0.0  # when the wait is over that was logged

    async def __call__(self, pacer: Any, send: Call, *args: Any, **kw: Any) -> Any:
        """Await ``send(*args, **kw)`` until there is an answer, and return it."""
        wait, why = 0.0, ""
        for attempt in range(self.attempts):
            await self._wait(wait, why)
            wait = min(BACKOFF * 2**attempt, 30) * random.uniform(1, 2)  # if it fails
            try:
                async with pacer:
                    doubled = max(BACKOFF, 2 * self._pause)  # when this one leaves
                    response = await self._send_once(send, *args, **kw)
            except TimeoutError:
                why = f"no answer in {self.timeout:g} s"
                continue
            except LOST + self.lost as error:
                why = f"{type(error).__name__} {error}"
                continue
            why = f"status {response.status_code} {reason_in(response)}"
            match verdict_on(response):
                case "answer":
                    self._pause = 0.0
                    return response
                case "end all":
                    await self.stop(why)
                case "pause all":
                    self.refused += 1
                    self._pause = max(self._pause, doubled)  # once for those in flight
                    pause = max(self._pause, pause_in(response))
                    wait = await self._pause_all(pacer, pause, why)
                case "try again":
                    continue
                case "give up":
                    raise NoAnswer(why)
        raise NoAnswer(why)

    async def _send_once(self, send: Call, *args: Any, **kw: Any) -> Any:
        """Send, unless the run has ended while this request waited for its turn."""
        if self._end:
            await self.stop(self._end)
        self._under_way += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await send(*args, **kw)
        except UNSENDABLE as error:  # whose own words may hold a key
            raise Stop(f"{type(error).__name__}: check headers and URL") from None
        finally:
            self._under_way -= 1

    async def _pause_all(self, pacer: Any, pause: float, why: str) -> float:
        """Hold all back; return for how many seconds this request is to wait."""
        if pause > self.longest_pause:
            await self.stop(f"{why} (a pause of {pause:.0f} s)")
        pacer.pause(pause)
        return pause + random.uniform(0, BACKOFF)  # not all at once

    async def _wait(self, seconds: float, why: str) -> None:
        """Sleep.  If that is long, log why, once for all that wait meanwhile."""
        if seconds > 5 and time.monotonic() >= self._logged_until:
            self._logged_until = time.monotonic() + seconds
            logging.getLogger(__name__).warning("Waiting %.0f s: %s", seconds, why)
        await asyncio.sleep(seconds)

    async def stop(self, why: str) -> NoReturn:
        """End the run, as soon as nothing is under way that may be answered."""
        self._end = why
        while self._under_way:
            await asyncio.sleep(0.01)  # meanwhile the last answer is written
        raise Stop(why)
