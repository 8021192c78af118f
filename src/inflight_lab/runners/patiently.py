"""Patiently: send a request, and again for as long as that may help.

- *The API decides first.*  If it asks one request to wait, all wait: the pacer pauses.
  If it names no time, or refuses again after it, all wait for 0.5 s, and twice as long
  each time in a row.
- *Back off* as well, exponentially and with full jitter, so that requests that failed
  together do not come back together.
- *Stop* if no wait will help: the money is spent, the key is wrong, or the pause is too
  long.  Nothing more is sent and whoever waits is woken, but requests in flight still
  get their answers.
- *Stop* if nothing is accepted any more.  Nobody can list all the words in which APIs
  say that a month's quota is used up.  But then they refuse ten times in a row, though
  all waited longer each time, or they say no to 50 requests one after the other.

404 and 410 are answers, too: there is no such thing.  All other failures that another
attempt may fix get one: a lost connection, a timeout, every server error.  For a GET
that is safe.  A POST may be carried out twice, unless a key tells the API that both are
the same one.

Sources: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015;
RFC 9110, section 9.2.2, on what is safe to repeat.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NoReturn

from inflight_lab.runners.pacer import refuse_unless
from inflight_lab.runners.refusals import read_refusal, reason_in

NOTHING_THERE = (404, 410)
LOST = {  # errors that another attempt may fix, by the names of their classes
    *("TimeoutError", "ConnectionError", "APIConnectionError"),  # the last: openai
    *("TimeoutException", "NetworkError", "RemoteProtocolError", "ProxyError"),  # httpx
    *("ClientConnectionError", "ClientPayloadError"),  # aiohttp
}
IN_VAIN = {"RequestError", "ClientError"}  # the other errors of httpx and aiohttp


class NoAnswer(Exception):  # noqa: N818
    """Why one request has no answer.  Others may have one.

    >>> try:
    ...     await Patience()(Pacer(10), client.get, server.url)
    ... except NoAnswer as failure:
    ...     print(failure.status)
    """

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status  # of the last response; 0 if none came


class Stop(Exception):  # noqa: N818
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
    this request has failed for good, and `Stop` if all will.

    Share one among all requests of a run.  All times are in seconds.
    """

    attempts: int = 8  # for each request, the first one included
    timeout: float = 30.0  # for one attempt; the client's own count each read by itself
    longest_pause: float = 600.0  # if the API asks for more, nobody waits
    first_backoff: float = 0.5  # the longest after one failure; doubled after each
    longest_backoff: float = 30.0
    refusals_in_a_row: int = 10  # end the run; those during one pause count as one
    failures_in_a_row: int = 50  # end the run; requests, not attempts

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            refuse_unless(value > 0, each.name, value, "greater than 0")
        self._refused = 0  # in a row
        self._failed = 0  # in a row
        self._paused_until = 0.0
        self._why_stopped = ""
        self._waits: set[asyncio.Timeout] = set()

    async def __call__(
        self,
        pacer: Any,
        send: Callable[..., Awaitable[Any]],
        *args: Any,
        **options: Any,
    ) -> Any:
        """Await ``send(*args, **options)`` until there is an answer, and return it."""
        send_once = partial(send, *args, **options)
        attempt = 1
        while True:
            pause = 0.0
            try:
                response = await self._send(pacer, send_once)
            except Exception as error:
                failure = self._lost(error)
            else:
                if response.status_code < 400:
                    self._refused = 0
                    self._failed = 0
                    return response
                failure, pause = self._heed(response, pacer)
            if attempt == self.attempts:
                raise self._given_up(failure)
            backoff = random.uniform(0, self._longest_backoff_after(attempt))
            async with self._unless_stopped():
                await asyncio.sleep(pause + backoff)
            attempt += 1

    async def _send(self, pacer: Any, send_once: Callable[[], Awaitable[Any]]) -> Any:
        async with contextlib.AsyncExitStack() as turn:
            async with self._unless_stopped():
                await turn.enter_async_context(pacer)
            async with asyncio.timeout(self.timeout):
                return await send_once()

    def _lost(self, error: Exception) -> NoAnswer:
        """The failure, if another attempt may fix it; else raise."""
        names = {kind.__name__ for kind in type(error).__mro__}
        failure = NoAnswer(f"{type(error).__name__} {error}".strip())
        failure.__cause__ = error
        if not names.isdisjoint(LOST):
            return failure
        if not names.isdisjoint(IN_VAIN):
            raise self._given_up(failure)
        raise error

    def _heed(self, response: Any, pacer: Any) -> tuple[NoAnswer, float]:
        """The failure, and the pause before another attempt; raise if none helps."""
        status = response.status_code
        failure = NoAnswer(f"status {status} {reason_in(response)}".strip(), status)
        refusal = read_refusal(response)
        if status == 401:
            self._stop(f"the API does not accept the key: {failure}")
        if refusal is None:
            if status in (408, 409) or 500 <= status < 600:
                return failure, 0.0
            raise self._given_up(failure)
        pause = refusal.pause or 0.0
        is_hopeless = refusal.is_permanent or pause > self.longest_pause
        if is_hopeless and refusal.concerns_all:
            how_long = f"a pause of {pause:.0f} s" if pause else "no more requests"
            self._stop(f"the API asks for {how_long}: {failure}")
        if is_hopeless:
            raise self._given_up(failure)
        if refusal.concerns_all:
            pause = self._pause(pacer, refusal.pause, failure)
        return failure, pause

    def _pause(self, pacer: Any, named: float | None, failure: NoAnswer) -> float:
        """Hold back all requests, longer each time in a row; return the seconds."""
        now = time.perf_counter()
        if now >= self._paused_until:
            self._refused += 1
        if self._refused >= self.refusals_in_a_row:
            self._stop(f"{self._refused} refusals in a row, the last one: {failure}")
        pause = named or 0.0
        if named is None or self._refused > 1:
            pause = max(pause, self._longest_backoff_after(self._refused))
        self._paused_until = max(self._paused_until, now + pause)
        pacer.pause(pause)
        return pause

    def _longest_backoff_after(self, failures: int) -> float:
        return min(self.longest_backoff, self.first_backoff * 2.0 ** (failures - 1))

    def _given_up(self, failure: NoAnswer) -> NoAnswer:
        """Count the request as failed, and return what to raise for it."""
        self._failed += 1
        if failure.status in NOTHING_THERE:
            self._failed = 0
        if self._failed >= self.failures_in_a_row:
            self._stop(f"{self._failed} failures in a row, the last one: {failure}")
        return failure

    def _stop(self, why: str) -> NoReturn:
        """Send nothing more, and wake who waits."""
        if not self._why_stopped:
            self._why_stopped = why
            for wait in self._waits:
                wait.reschedule(0)
        raise Stop(self._why_stopped)

    @contextlib.asynccontextmanager
    async def _unless_stopped(self) -> AsyncIterator[None]:
        """Wait in this block, but only until the run is stopped."""
        wait = asyncio.timeout(0 if self._why_stopped else None)
        self._waits.add(wait)
        try:
            async with wait:
                yield
        except TimeoutError:
            if not self._why_stopped:
                raise
        finally:
            self._waits.discard(wait)
        if self._why_stopped:
            raise Stop(self._why_stopped)
