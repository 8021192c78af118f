"""Gate: one for all requests to an API, shut for as long as the API refuses them.

If the API asks one request to wait for 20 seconds, all wait: the others would be
refused as well.  If it says that no wait will help, or asks for more than
``longest_pause``, nobody waits: nothing is sent, and pauses end at once.  That holds
until the gate opens, whatever other answers ask for meanwhile.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

import httpx

from inflight_lab.runners.refusals import Refusal


class Patience(Protocol):
    """What says how long requests wait: a `RetryPolicy`, for example."""

    longest_pause: float
    """In seconds.  If the API asks for more, nobody waits."""


class Gate:
    """One gate for all requests, which is shut while the API refuses them."""

    def __init__(self, policy: Patience) -> None:
        self._policy = policy
        self._opens_at = -math.inf
        self._not_waited_for: tuple[Refusal, httpx.Response, str] | None = None
        self._sleepers: set[asyncio.Future[None]] = set()

    def obey(self, refusal: Refusal, answer: httpx.Response) -> None:
        """Stay shut for as long as a refusal says; never open sooner than planned."""
        if not refusal.concerns_all:
            return
        pause = math.inf if refusal.is_permanent else refusal.pause or 0.0
        opens_at = time.perf_counter() + pause
        if opens_at <= self._opens_at:
            return
        if not self.is_shut_for_too_long:
            self._not_waited_for = None  # the gate has been open since
        self._opens_at = opens_at
        why = self.why_nobody_waits(refusal)
        if why:
            self._not_waited_for = (refusal, answer, why)
            self._wake_sleepers()

    def why_nobody_waits(self, refusal: Refusal) -> str:
        """Why no request waits as long as a refusal asks; empty if they do."""
        if refusal.is_permanent:
            return "no retry will help."
        longest = self._policy.longest_pause
        if refusal.pause is not None and refusal.pause > longest:
            asked = f"the server asked for a pause of {refusal.pause:.0f} s"
            return f"{asked}, and longest_pause is {longest:g} s."
        return ""

    @property
    def is_shut_for_too_long(self) -> bool:
        """Whether nobody waits until it opens."""
        is_shut = time.perf_counter() < self._opens_at
        return is_shut and self._not_waited_for is not None

    def seconds_until_open(self) -> float:
        """Return the seconds until it opens: 0 or less if it is open.

        Raises `GateShutError` if it is shut for longer than anyone waits.
        """
        seconds = self._opens_at - time.perf_counter()
        if self._not_waited_for is not None and seconds > 0:
            raise GateShutError(*self._not_waited_for)
        return seconds

    async def sleep(self, seconds: float) -> None:
        """Wait for this long; end at once when the gate is shut for too long."""
        if self.is_shut_for_too_long:
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.add(woken)
        try:
            await asyncio.wait([woken], timeout=seconds)  # `_wake_sleepers` may end it
        finally:
            self._sleepers.discard(woken)

    def _wake_sleepers(self) -> None:
        while self._sleepers:
            self._sleepers.pop().set_result(None)


class GateShutError(Exception):
    """Nothing is sent: the API has said that no wait will help, or only a long one."""

    def __init__(self, refusal: Refusal, answer: httpx.Response, why: str) -> None:
        super().__init__(f"The API refuses all requests: {answer.text[:200]}")
        self.refusal = refusal
        self.answer = answer
        self.why = why  # nobody waits
