"""Whether a limiter follows its limit when that is changed in use."""

import asyncio
import math
from typing import Any

from inflight_lab.judge.api import Api
from inflight_lab.judge.results import CheckResult
from inflight_lab.judge.subject import Subject, through

LIMITS = ("limit", "total_tokens", "rate", "max_rate")
"""What limiters call the limit that can be set while they are in use."""


class _LimitedSenders:
    """Requests that wait for one limiter all the time, while its limit changes."""

    def __init__(self, subject: Subject, limiter: Any, name: str) -> None:
        self._period = subject.period
        self._limiter = limiter
        self._name = name
        self._api = Api()

    async def send_for_ever(self) -> None:
        """Send one request after the other."""
        while True:
            await through(self._limiter, self._api.get)

    async def change(self, limit: float) -> tuple[int, int]:
        """Set the limit; return what it lets through in a period, and in five more.

        The first period is for those in flight, and for those who wait for a time that
        the old limit gave them.
        """
        setattr(self._limiter, self._name, limit)
        before = len(self._api.arrivals)
        await asyncio.sleep(self._period)
        settled = len(self._api.arrivals)
        await asyncio.sleep(5 * self._period)
        return settled - before, len(self._api.arrivals) - settled


async def follows_a_changed_limit(subject: Subject) -> CheckResult:
    """Half the limit lets half as many through, and all of it as many as before."""
    limiter = subject.make()
    name = _name_of_limit(limiter)
    if name is None or not _can_be_set(limiter, name):
        return CheckResult(None, "cannot be changed")
    most = _limit_to_halve(getattr(limiter, name), subject.rate)
    setattr(limiter, name, most)
    limited = _LimitedSenders(subject, limiter, name)
    count = math.ceil(2 * subject.rate) + 2
    async with asyncio.TaskGroup() as tasks:
        senders = [tasks.create_task(limited.send_for_ever()) for _ in range(count)]
        _, whole = await limited.change(most)
        _, half = await limited.change(type(most)(most / 2))
        first, again = await limited.change(most)
        for sender in senders:
            sender.cancel()
    halved = 0.3 * whole < half < 0.7 * whole
    restored = again > 0.8 * whole and first <= 0.4 * whole + 1
    detail = (
        f"with `{name}` whole, halved and whole again, {whole}, {half} and {again} "
        f"in five periods; {first} in the one after it was raised"
    )
    return CheckResult(halved and restored, detail)


def _name_of_limit(limiter: Any) -> str | None:
    for name in LIMITS:
        if isinstance(getattr(limiter, name, None), int | float):
            return name
    return None


def _can_be_set(limiter: Any, name: str) -> bool:
    try:
        setattr(limiter, name, getattr(limiter, name))
    except AttributeError:
        return False
    return True


def _limit_to_halve(limit: float, rate: float) -> float:
    """The limit, if it can be halved and does not need too many tasks."""
    if isinstance(limit, int):
        limit = max(limit, 2)
    return type(limit)(min(limit, max(2, rate)))
