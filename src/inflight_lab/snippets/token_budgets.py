"""Budgets of requests and tokens, in one piece: what the script to leave with shows."""

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx


class Budgets(httpx.AsyncHTTPTransport):
    """Amounts, and the seconds that each is for.

    ``Budgets(requests=(500, 60), tokens=(30_000, 60))`` allows 500 requests and 30,000
    tokens a minute.  The names are yours.  Around one request write ``async with
    budgets.take(...)``, or use it as a client's transport, where it does that for each
    request: ``httpx.AsyncClient(transport=budgets)``, which may be openai's
    ``http_client``.
    """

    def __init__(self, **budgets: tuple[float, float]) -> None:
        super().__init__()
        budgets = budgets or {"requests": (100, 1)}
        self._budgets = {name: Budget(*budget) for name, budget in budgets.items()}
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._changed = asyncio.Event()  # there may be more room than a moment ago

    @contextlib.asynccontextmanager
    async def take(self, **costs: float) -> AsyncIterator[Callable[..., None]]:
        """Wait until every budget has room for its cost, then take all of them.

        ``as correct`` gives a function: ``correct(tokens=412)``, inside the block or
        later, says what it really cost.  Raises ``ValueError`` at once for a cost that
        never fits.
        """
        self._check(costs)
        async with self._turn:
            while (wait := self._seconds_until_room(costs)) > 0:
                await self._change_within(wait)
            taken = {
                name: budget.take(costs.get(name, 0))
                for name, budget in self._budgets.items()
            }
        try:
            yield partial(self._correct, taken)
        finally:
            for share in taken.values():
                share.end()
            self._changed.set()

    def _check(self, costs: dict[str, float]) -> None:
        for name, cost in costs.items():
            fits = name in self._budgets and 0 <= cost <= self._budgets[name].amount
            if not fits:
                budgets = {
                    name: (budget.amount, budget.period)
                    for name, budget in self._budgets.items()
                }
                raise ValueError(
                    f"This can never be sent: {cost:g} {name}.  Budgets: {budgets}."
                )

    def _seconds_until_room(self, costs: dict[str, float]) -> float:
        """0 if every budget has room; else until it is worth looking again."""
        return max(
            budget.seconds_until_room(costs.get(name, 0))
            for name, budget in self._budgets.items()
        )

    async def _change_within(self, seconds: float) -> None:
        """Wait for a change, but no longer than this."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + 0.001):
                await self._changed.wait()

    def _correct(self, taken: dict[str, "Share"], **costs: float) -> None:
        for name, share in taken.items():
            if name in costs:
                share.correct(costs[name])
        self._changed.set()

    async def estimate(self, request: httpx.Request) -> dict[str, float]:
        """The most tokens that ``request`` may cost.

        A token is about four bytes of the question, and the answer has a limit.
        """
        question = await request.aread()
        limits = re.findall(rb'"max_(?:completion_)?tokens": ?(\d+)', question)
        return {"tokens": len(question) / 4 + sum(int(limit) for limit in limits)}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` for a client, once the budgets have room for it."""
        estimate = await self.estimate(request)
        costs = {name: estimate.get(name, 1) for name in self._budgets}
        async with self.take(**costs) as correct:
            request.headers["Accept-Encoding"] = (
                "identity"  # the usage must be readable
            )
            response = await super().handle_async_request(request)
        response.stream = UsageReader(response.stream, correct)
        return response


class Budget:
    """An amount for each ``period`` seconds, and how much of it is in use."""

    def __init__(self, amount: float, period: float) -> None:
        self.amount = amount
        self.period = period
        self.used = 0.0
        self.ended: deque[Share] = deque()  # of requests that have ended, in order

    def take(self, cost: float) -> "Share":
        """Take ``cost`` for one request."""
        self.used += cost
        return Share(self, cost)

    def seconds_until_room(self, cost: float) -> float:
        """0 if there is room for ``cost``; else until more comes back, at most 60."""
        given_back_before = time.perf_counter() - 1.01 * self.period
        while self.ended and self.ended[0].ended <= given_back_before:
            self.ended.popleft().give_back()
        fractions_may_differ = 1 + 1e-9  # in the last digits of their sum
        if self.used + cost <= self.amount * fractions_may_differ:
            return 0.0
        if not self.ended:
            return 60.0
        return min(60.0, self.ended[0].ended - given_back_before)


class Share:
    """What one request has taken of one budget."""

    def __init__(self, budget: Budget, cost: float) -> None:
        self.budget = budget
        self.cost = cost
        self.ended = 0.0
        self.is_back = False

    def correct(self, cost: float) -> None:
        """It really cost this.  If it is less, many APIs give nothing back."""
        if cost > self.cost and not self.is_back:
            self.budget.used += cost - self.cost
            self.cost = cost

    def end(self) -> None:
        """The request has ended, and a period after that its share comes back."""
        self.ended = time.perf_counter()
        self.budget.ended.append(self)

    def give_back(self) -> None:
        """The API no longer counts the request."""
        self.budget.used -= self.cost
        self.is_back = True


class UsageReader(httpx.AsyncByteStream):
    """The body of an answer, as it comes; its end says how many tokens it took."""

    def __init__(self, stream: Any, correct: Callable[..., None]) -> None:
        self._stream = stream
        self._correct = correct
        self._end = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._end = (self._end + part)[-2000:]
            yield part

    async def aclose(self) -> None:
        """Correct the cost by the last ``usage`` in the answer, if it has one."""
        totals = re.findall(rb'"total_tokens": ?(\d+)', self._end)
        if totals:
            self._correct(tokens=int(totals[-1]))
        await self._stream.aclose()
