"""Gate: one for all requests to an API, shut for as long as the API refuses them.

If the API asks one request to wait for 20 seconds, all wait: the others would be
refused as well.  If it says that no wait will help, or asks for more than
``longest_pause``, nobody waits: nothing is sent, and pauses end at once.
"""

from __future__ import annotations

import asyncio
import math
import time

import httpx

from inflight_lab.runners.refusals import Refusal


class Gate:
    """One gate for all requests, which is shut while the API refuses them."""

    def __init__(self, longest_pause: float = 120.0) -> None:
        self.longest_pause = longest_pause  # seconds; if the API asks for more, go home
        self._opens_at = -math.inf
        self._final: tuple[Refusal, httpx.Response] | None = None  # nobody waits
        self._sleepers: set[asyncio.Future[None]] = set()

    def obey(self, refusal: Refusal, answer: httpx.Response) -> None:
        """Stay shut for as long as a refusal says; never open sooner than planned."""
        pause = refusal.pause or 0.0
        if refusal.is_permanent and refusal.concerns_all:
            pause = math.inf
        opens_at = time.perf_counter() + pause
        if opens_at <= self._opens_at:
            return
        self._opens_at = opens_at
        self._final = None
        if pause > self.longest_pause:
            self._final = (refusal, answer)
            self._wake_sleepers()

    @property
    def is_shut_for_too_long(self) -> bool:
        """Whether nobody waits until it opens."""
        return self._final is not None and time.perf_counter() < self._opens_at

    def seconds_until_open(self) -> float:
        """Return the seconds until it opens: 0 or less if it is open.

        Raises `GateShutError` if it is shut for longer than anyone waits.
        """
        seconds = self._opens_at - time.perf_counter()
        if self._final is not None and seconds > 0:
            raise GateShutError(*self._final)
        return seconds

    async def sleep(self, seconds: float) -> None:
        """Wait for this long, but no longer than until nobody waits any more."""
        if self.is_shut_for_too_long:
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        try:
            await asyncio.wait([woken], timeout=seconds)
        finally:
            self._sleepers.discard(woken)

    def _wake_sleepers(self) -> None:
        while self._sleepers:
            self._sleepers.pop().set_result(None)


class GateShutError(Exception):
    """Nothing is sent: the API has said that no wait will help, or only a long one."""

    def __init__(self, refusal: Refusal, answer: httpx.Response) -> None:
        super().__init__(f"The API refuses all requests: {answer.text[:200]}")
        self.refusal = refusal
        self.answer = answer
