"""Budgets: quotas of requests and of tokens, although tokens are known only later.

- *Reserve the most.*  Before the answer is there, nobody knows what it costs.  So a
  request costs an estimate of its prompt and all the tokens that its answer may have
  (`most_tokens`).
- *Space by the larger share.*  A request of 300 tokens takes 300 / 30,000 of a minute's
  tokens, and 1 / 500 of its requests.  The larger of the two decides when the next one
  may leave: 0.6 s later.  So no budget is exceeded, whatever ran before.  A first
  period's worth does not go at once, even if the API would allow it.
- *Keep room for the largest.*  Any request may be one that is sent just before a period
  ends.  With 30,000 tokens a minute, prompts of up to 800 characters and 300 tokens for
  each answer use 97 % of them.  The more costs differ, the less is used.
- *Give nothing back, unless the API does.*  OpenAI and Azure count a request when it
  arrives, by the most that it may cost, and refused ones too.  Bedrock corrects that
  once the answer is there: say what it has cost, ``turn.correct(tokens=412)``.  Gemini
  counts only prompts, and Anthropic has a budget for prompts and one for answers.

Sources: developers.openai.com, "Rate limits"; learn.microsoft.com, "Manage Azure OpenAI
quota"; AWS, "How tokens are counted in Amazon Bedrock"; platform.claude.com, "Rate
limits"; ai.google.dev, "Rate limits".
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any, Self

import httpx

from inflight_lab.runners.patiently import Patience

BYTES_PER_TOKEN = 4  # of a prompt: right for English and for code, too few for Chinese
UNLIMITED_ANSWER = 1000  # tokens, for a request that sets no limit
ANSWER_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class Budgets:
    """Keeps requests and tokens within several quotas at once.

    >>> budgets = Budgets(requests=(500, 60), tokens=(30_000, 60))
    >>> async with budgets.turn(tokens=320):
    ...     await client.get(server.url)

    This allows 500 requests and 30,000 tokens in 60 seconds; the names are yours.  A
    turn waits until one request of 320 tokens may leave.  At most ``limit`` are inside
    at once; ``limiter`` takes the place of that semaphore.  First come, first served.
    Raises ``ValueError`` for a number that is not greater than 0.
    """

    def __init__(
        self, *, limit: int = 90, limiter: Any = None, **budgets: tuple[float, float]
    ) -> None:
        for name, numbers in {"limit": (limit,), **budgets}.items():
            if not min(numbers) > 0:
                raise ValueError(f"{name} must be greater than 0, got {numbers}")
        self._budgets = budgets
        self.slots = limiter or asyncio.Semaphore(limit)
        self._line = asyncio.Lock()  # first come, first served
        self._due = 0.0  # when the next request may leave
        self._largest = dict.fromkeys(budgets, 0.0)  # cost so far
        self._smallest = {name: amount for name, (amount, _) in budgets.items()}

    def turn(self, *, requests: float = 1, **costs: float) -> "Turn":
        """Make a turn for a request that costs so much of each budget.

        Raises ``ValueError`` for a cost that never fits.  What has no budget costs
        nothing.
        """
        costs["requests"] = requests
        for name, (amount, _) in self._budgets.items():
            cost = costs.get(name, 0)
            if not 0 <= cost <= amount:
                raise ValueError(f"{name} must be 0 to {amount:g}, got {cost:g}")
            self._largest[name] = max(self._largest[name], cost)
            self._smallest[name] = min(self._smallest[name], cost)
        return Turn(self, costs)

    def pause(self, seconds: float) -> None:
        """Hold back every request for this long, including those already waiting."""
        self._due = max(self._due, time.perf_counter() + seconds)

    async def wait(self, costs: Mapping[str, float]) -> None:
        """Wait in line until a request of these costs may leave."""
        async with self._line:
            while self._due > time.perf_counter():
                await asyncio.sleep(0.01)  # an answer may bring it forward
            earliest = time.perf_counter() - 0.01  # a late timer is made up for
            self._due = max(self._due, earliest) + self._seconds(costs)

    def give_back(
        self, reserved: Mapping[str, float], used: Mapping[str, float]
    ) -> None:
        """Replace what one request has reserved by what it has used."""
        for name in self._budgets:
            self._smallest[name] = min(self._smallest[name], used.get(name, 0))
        self._due -= self._seconds(reserved) - self._seconds(used)

    def _seconds(self, costs: Mapping[str, float]) -> float:
        """How long these costs take, by the budget of which they take most."""
        seconds = [0.0]
        for name, (amount, period) in self._budgets.items():
            cost = costs.get(name, 0)
            if cost > 0:
                headroom = max(0.0125 * period, 0.1)  # network delay varies (jitter)
                most = max(1, self._usable(name, amount) / cost)
                seconds.append((period + headroom) / most)
        return max(seconds)

    def _usable(self, name: str, amount: float) -> float:
        """How much of a budget is spread over a period.

        Evenly spaced requests may put one more into a period than belongs there: one
        leaves as it begins, and another just before it ends.  So as much is kept free
        as the largest costs.  If all cost the same, whole requests are counted instead:
        100 of 300 tokens fit into 30,000.
        """
        largest = self._largest[name]
        all_but_one = amount - largest
        whole_requests = amount // largest * self._smallest[name]
        return max(all_but_one, whole_requests)


class Turn:
    """``async with turn:`` waits in line, for each attempt of a request anew."""

    def __init__(self, budgets: Budgets, costs: Mapping[str, float]) -> None:
        self.costs = costs
        self.pause = budgets.pause
        self._budgets = budgets

    def correct(self, **costs: float) -> None:
        """Say what the request has really cost.  The rest is given back."""
        used = {**self.costs, **costs}
        self._budgets.give_back(self.costs, used)
        self.costs = used

    async def __aenter__(self) -> Self:
        await self._budgets.slots.__aenter__()
        try:
            await self._budgets.wait(self.costs)
        except BaseException:  # cancelled while it waited
            await self._budgets.slots.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._budgets.slots.__aexit__(*error)


def most_tokens(body: Mapping[str, Any]) -> float:
    """Estimate the most tokens that a request to a language model may cost.

    That is a quarter of the bytes of its ``body`` as JSON, and the limit of its answer,
    as often as it asks for answers (``n``).
    """
    prompt = len(json.dumps(body, ensure_ascii=False).encode()) / BYTES_PER_TOKEN
    limits = [body[name] for name in ANSWER_LIMITS if name in body]
    answer = limits[0] if limits else UNLIMITED_ANSWER
    return float(prompt + answer * body.get("n", 1))


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Budgets,
    patiently: Patience,
    verbose: bool = False,
) -> httpx.Response:
    """GET ``url`` within the budgets until there is an answer, and return it.

    Raises `NoAnswer` if this request has failed for good, and `Stop` if all will.
    """

    async def get() -> httpx.Response:
        if verbose:
            print(f"Making request {num}")
        return await client.get(url, headers={"Content-Type": "application/json"})

    answer: httpx.Response = await patiently(limiter.turn(), get)
    return answer


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    patiently: Patience | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times within budgets; return the responses in order.

    ``limiter`` may be the `Budgets`; by default they are 100 requests a second.  The
    other parameters are those of `paced`.
    """
    if not isinstance(limiter, Budgets):
        limiter = Budgets(requests=(100, 1), limit=limit, limiter=limiter)
    patiently = patiently or Patience()
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url,
                    num,
                    client=client,
                    limiter=limiter,
                    patiently=patiently,
                    verbose=verbose,
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)
