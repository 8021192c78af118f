"""What is judged: anything that lets requests through one by one, or a runner that sends them itself."""

import asyncio
import inspect
import math
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from inflight_lab.judge.api import URL, Api
from inflight_lab.judge.clock import VirtualLoop, run

T = TypeVar("T")
WANTED = "what makes one (with `async with`, `acquire` or `wait`), or a runner (url, count, *, client)"
STEP = 1e-6
"""Seconds that a callback takes."""
Send = Callable[[], Awaitable[Any]]


class Subject:
    """A limiter for ``rate`` requests per ``period`` seconds, made anew for each trial, or a runner.

    Raises ``TypeError`` for what needs other arguments.
    """

    def __init__(self, limiter: Callable[..., Any], rate: float, period: float) -> None:
        self.make, self.rate, self.period = limiter, rate, period
        self.name = getattr(limiter, "__name__", repr(limiter))
        names = inspect.signature(limiter).parameters
        self._options = (
            {"return_exceptions": True} if "return_exceptions" in names else {}
        )
        self._modules = (
            {sys.modules[limiter.__module__]}
            if hasattr(limiter, "__module__")
            else set()
        )
        self.is_runner = {"url", "count"} <= set(names)
        if self.is_runner and "client" not in names:
            raise TypeError(
                f"limiter must take `client` if it is a runner, or it would send for real, got {self.name}"
            )
        if not self.is_runner:
            try:
                inspect.signature(limiter).bind()
            except TypeError as error:
                raise TypeError(
                    f"limiter must need no arguments, got {self.name} ({error}): write a function for it"
                ) from None

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run on a virtual clock, which the limiter sees as well."""
        loop = VirtualLoop(STEP, 200_000 + 40 * self.rate)
        loop.set_exception_handler(lambda *_: None)  # the card says it, not stderr
        return run(main, loop, also=self._modules)

    async def try_making(self) -> None:
        """Make one.  Raises ``TypeError`` if that is no limiter, and whatever it raises itself."""
        made = self.make()
        self._modules.add(sys.modules[type(made).__module__])
        if not any(hasattr(made, name) for name in ("__aenter__", "acquire", "wait")):
            raise TypeError(f"limiter must be {WANTED}; got {made!r} from {self.name}")

    async def send_all(self, api: Api, periods: float) -> None:
        """Ask for as many requests as so many periods allow, as fast as they are let through."""
        count = math.ceil(periods * self.rate)
        if self.is_runner:
            await self.make(URL, count, client=api, **self._options)
        else:
            limiter, left = self.make(), iter(range(count))

            async def sends() -> None:
                for _ in left:
                    await through(limiter, api.get)

            # Not a task for each request: some limiters wake all that wait each time.
            # With answers after 50 ms this many send four times the rate.
            senders = max(200, math.ceil(self.rate / self.period / 5))
            await asyncio.gather(*(sends() for _ in range(senders)))

    def crowd(
        self, limiter: Any, send: Send, periods: float
    ) -> list[asyncio.Task[Any]]:
        """As many requests as so many periods allow, all at once."""
        return [
            asyncio.create_task(through(limiter, send))
            for _ in range(math.ceil(periods * self.rate))
        ]


async def through(limiter: Any, send: Send) -> Any:
    """One request, when the limiter lets it, in whichever way the limiter has it."""
    if hasattr(limiter, "__aenter__"):
        async with limiter:
            return await send()
    await (limiter.acquire() if hasattr(limiter, "acquire") else limiter.wait())
    try:
        return await send()
    finally:
        if hasattr(limiter, "release") and inspect.isawaitable(
            released := limiter.release()
        ):
            await released
