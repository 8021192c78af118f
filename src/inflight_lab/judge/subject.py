"""What is judged: anything that lets requests through one by one, or a runner that sends them itself."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from inflight_lab.judge.api import URL, Api

WANTED = (
    "limiter must be what makes one, such as a class, with `async with`, `acquire` or `wait`, "
    "or a runner (url, count, *, client)"
)
SENDERS = 200
"""So many wait at once: few enough for a limiter that wakes them all each time."""
Send = Callable[[], Awaitable[Any]]


class Subject:
    """A limiter, made anew for each trial, or a runner.  Raises ``TypeError`` for anything else."""

    def __init__(self, limiter: Callable[..., Any]) -> None:
        if not callable(limiter):
            raise TypeError(f"{WANTED}; got {limiter!r}")
        signature = inspect.signature(limiter)
        names = signature.parameters
        self.is_runner = {"url", "count"} <= set(names)
        if self.is_runner and "client" not in names:
            raise TypeError(
                f"limiter must take `client` if it is a runner, or it would send for real; got {limiter!r}"
            )
        if not self.is_runner:
            try:
                signature.bind()
            except TypeError as error:
                raise TypeError(f"{WANTED}; got {limiter!r} ({error})") from None
        self._make = limiter
        self._options = {"return_exceptions": True} if "return_exceptions" in names else {}
        self.modules = {sys.modules[limiter.__module__]} if hasattr(limiter, "__module__") else set()

    def __call__(self) -> Any:
        """A new limiter.  Raises ``TypeError`` if it is none."""
        made = self._make()
        self.modules.add(sys.modules[type(made).__module__])
        if not any(hasattr(made, name) for name in ("__aenter__", "acquire", "wait")):
            raise TypeError(f"{WANTED}; got {made!r} from it")
        return made

    async def send_all(self, api: Api, count: int) -> None:
        """Ask for ``count`` requests, as fast as they are let through."""
        if self.is_runner:
            await self._make(URL, count, client=api, **self._options)
        else:
            limiter, left = self(), iter(range(count))

            async def sends() -> None:
                for _ in left:
                    await through(limiter, api.get)

            await asyncio.gather(*(sends() for _ in range(SENDERS)))


async def through(limiter: Any, send: Send) -> Any:
    """One request, when the limiter lets it."""
    async with passing(limiter):
        return await send()


@asynccontextmanager
async def passing(limiter: Any) -> AsyncIterator[None]:
    """``async with`` in whichever way the limiter has it."""
    if hasattr(limiter, "__aenter__"):
        async with limiter:
            yield
        return
    acquired = limiter.acquire() if hasattr(limiter, "acquire") else limiter.wait()
    if inspect.isawaitable(acquired):
        await acquired
    try:
        yield
    finally:
        if hasattr(limiter, "release") and inspect.isawaitable(released := limiter.release()):
            await released
