"""The subject of a judgement: a limiter, or a runner with a limiter of its own."""

import asyncio
import inspect
import math
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from inflight_lab.lesson.judge.api import URL, Api
from inflight_lab.lesson.judge.clock import VirtualLoop, run

T = TypeVar("T")
WANTED = (
    "what makes one (with `async with`, `acquire` or `wait`), "
    "or a runner (url, count, *, client)"
)
SECONDS_PER_CALLBACK = 1e-6
SENDERS = 2
"""How many times the rate the senders would send if nothing limited them."""


class Subject:
    """Makes a new limiter for each trial, for ``rate`` requests per ``period`` seconds.

    Or ``make`` is a runner.  Raises ``TypeError`` if it needs other arguments.
    """

    def __init__(self, make: Callable[..., Any], rate: float, period: float) -> None:
        self.rate = rate
        self.period = period
        self.name: str = getattr(make, "__name__", repr(make))
        parameters = inspect.signature(make).parameters
        self.quota = _quota_for(parameters, rate, period)
        """The arguments it is made with: empty if it takes no rate."""
        self.make = partial(make, **self.quota)
        self.is_runner = {"url", "count"} <= parameters.keys()
        self._modules = {sys.modules[getattr(make, "__module__", __name__)]}
        """Where clocks may have been imported by their names."""
        if not self.is_runner:
            self._must_need_no_arguments()
        elif "client" not in parameters:
            raise TypeError(
                "limiter must take `client` if it is a runner, "
                f"or it would send for real, got {self.name}"
            )

    def _must_need_no_arguments(self) -> None:
        try:
            inspect.signature(self.make).bind()
        except TypeError as error:
            raise TypeError(
                f"limiter must need no arguments, got {self.name} ({error}): "
                "write a function for it. Only `rate` and `period` are passed on, "
                "and `rate` alone if the period is 1"
            ) from None

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run on a virtual clock, which the limiter sees as well."""
        loop = VirtualLoop(
            seconds_per_callback=SECONDS_PER_CALLBACK,
            max_callbacks=200_000 + 40 * self.rate,
        )
        loop.set_exception_handler(lambda *_: None)  # the card says it, not stderr
        return run(main, loop, also=self._modules)

    async def try_making(self) -> None:
        """Make a limiter, to see whether it is one.

        Raises ``TypeError`` if it is not, and any error of the limiter itself.
        """
        made = self.make()
        self._modules.add(sys.modules[type(made).__module__])
        if not any(hasattr(made, name) for name in ("__aenter__", "acquire", "wait")):
            raise TypeError(f"limiter must be {WANTED}; got {made!r} from {self.name}")

    async def send_all(self, api: Api, periods: float) -> None:
        """Send all requests of ``periods``, as fast as they are let through."""
        count = math.ceil(periods * self.rate)
        if self.is_runner:
            await self.make(URL, count, client=api)
            return
        limiter = self.make()
        left = iter(range(count))
        # Not a task for each request: some limiters wake all that wait each time.
        periods_in_flight = max(1, api.latency / self.period)
        senders = math.ceil(SENDERS * self.rate * periods_in_flight)
        await asyncio.gather(
            *(_send_one_by_one(limiter, api, left) for _ in range(senders))
        )

    def send_at_once(
        self, limiter: Any, api: Api, *, periods: float
    ) -> list[asyncio.Task[Any]]:
        """Start all requests of ``periods`` at once, each in its task."""
        count = math.ceil(periods * self.rate)
        return [asyncio.create_task(through(limiter, api)) for _ in range(count)]

    async def wait(self, tasks: Iterable[asyncio.Task[Any]], *, periods: float) -> int:
        """Wait for ``tasks``, and return how many are not done after ``periods``.

        A cancelled task is done.  If a task has raised, so does this.
        """
        done, others = await asyncio.wait(tasks, timeout=periods * self.period)
        for task in done:
            if not task.cancelled():
                task.result()
        return len(others)

    async def rest(self, *, periods: float) -> None:
        """Do nothing for ``periods``."""
        await asyncio.sleep(periods * self.period)


def _quota_for(
    parameters: Mapping[str, object], rate: float, period: float
) -> dict[str, float]:
    """The arguments to pass on; without ``period``, a rate is per second."""
    quota = {"rate": rate, "period": period}
    taken = {name: number for name, number in quota.items() if name in parameters}
    return taken if "period" in taken or period == 1 else {}


async def _send_one_by_one(limiter: Any, api: Api, left: Iterator[int]) -> None:
    for _ in left:
        await through(limiter, api)


async def through(limiter: Any, api: Api) -> None:
    """Send one request when the limiter lets it, with whichever method it has."""
    if hasattr(limiter, "__aenter__"):
        async with limiter:
            await api.get()
        return
    if hasattr(limiter, "acquire"):
        await limiter.acquire()
    else:
        await limiter.wait()
    await api.get()
