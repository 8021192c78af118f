"""The checks of the exercises in notebook 13: requests and tokens."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_whole_number,
    practice,
    shows_verdict,
    statuses,
)
from inflight_lab.runners.budgets import Budgets, Turn

PROMPT = "Please count the words of this. " * 20


class NotedBudgets(Budgets):
    """Budgets that keep what the last request reserved, and its correction."""

    reserved = 0.0
    corrected: float | None = None

    def turn(self, *, requests: float = 1, **costs: float) -> Turn:
        """Make a turn, and note the tokens."""
        self.reserved = costs.get("tokens", 0)
        self.corrected = None
        return super().turn(requests=requests, **costs)

    def give_back(
        self, reserved: Mapping[str, float], used: Mapping[str, float]
    ) -> None:
        """Give back what one request did not use, and note it."""
        self.corrected = used.get("tokens")
        super().give_back(reserved, used)


@shows_verdict
async def check_reserves(solution: Solution) -> str:
    """Notebook 13: ``solution(client, url, body, budgets)`` reserves, and corrects."""
    budgets = NotedBudgets(requests=(60, 1), tokens=(20_000, 1))
    reserved = []
    async with practice(latency=0.02) as (server, client):
        chat = server.url.replace("/get", "/v1/chat/completions")
        for max_tokens in (100, 300, 20):
            body = chat_with(max_tokens)
            answer = await solution(client, chat, body, budgets)
            expect(statuses([answer]) == [200], f"return the answer, not {answer!r}.")
            expect_the_most(budgets.reserved, body)
            expect_the_rest_back(budgets, answer.json()["usage"]["total_tokens"])
            reserved.append(f"{budgets.reserved:g}")
    first, second, third = reserved
    return (
        f"you reserved {first}, {second} and {third} tokens,"
        " and gave back what the answers did not use."
    )


def chat_with(max_tokens: int) -> dict[str, Any]:
    """The body of a request with a long prompt."""
    return {
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": max_tokens,
    }


def expect_the_most(reserved: float, body: dict[str, Any]) -> None:
    """Expect that a request reserved all that it may cost, and not much more."""
    max_tokens = body["max_tokens"]
    least = len(PROMPT) / 4 + max_tokens
    expect(
        least <= reserved <= 1.25 * least,
        f"the prompt has {len(PROMPT)} characters, and max_tokens is {max_tokens}:"
        f" you reserved {reserved:g} tokens.",
    )


def expect_the_rest_back(budgets: NotedBudgets, used: float) -> None:
    """Expect that what the answer did not use was given back."""
    corrected = budgets.corrected
    counts = budgets.reserved if corrected is None else corrected
    expect(
        counts == used,
        f"a request used {used:g} tokens, but your budget counts {counts:g}.",
    )


class TwoQuotas(NamedTuple):
    """Requests and tokens that an API allows, and the most requests of a cost."""

    requests: int
    tokens: int
    cost: int
    most: int


TWO_QUOTAS = (
    TwoQuotas(requests=500, tokens=30_000, cost=100, most=300),
    TwoQuotas(requests=60, tokens=30_000, cost=100, most=60),
    TwoQuotas(requests=50, tokens=1000, cost=30, most=33),
)


@shows_verdict
async def check_most_requests(solution: Solution) -> str:
    """Notebook 13: ``solution(requests, tokens, cost)`` is the most that both allow."""
    for quotas in TWO_QUOTAS:
        most = solution(quotas.requests, quotas.tokens, quotas.cost)
        expect_whole_number(most)
        expect(
            most == quotas.most,
            f"{quotas.requests} requests and {quotas.tokens:,} tokens are allowed."
            f" {most!r} requests of {quotas.cost} tokens, which cost"
            f" {most * quotas.cost:,}, are not the most that fits.",
        )
    most = solution(30, 200, 10)
    refused = await refused_of_ten_tokens(most, rate=30, tokens=200)
    expect(
        refused == 0,
        f"{refused} of {most} requests of 10 tokens were refused:"
        " 200 tokens are allowed.",
    )
    return f"{most} requests of 10 tokens fit into 200, and none was refused."


async def refused_of_ten_tokens(count: int, *, rate: int, tokens: int) -> int:
    """How many of ``count`` requests of ten tokens an API with both quotas refuses."""
    nine_words = "word " * 9
    question = {"messages": [{"content": nine_words}], "max_tokens": 1}
    async with practice(latency=0.02, rate=rate, tokens=tokens, period=60) as (
        server,
        client,
    ):
        chat = server.url.replace("/get", "/v1/chat/completions")
        await asyncio.gather(*(client.post(chat, json=question) for _ in range(count)))
        return server.stats().refused
