"""The checks of the exercises in notebook 13: requests and tokens."""

from collections.abc import Mapping
from typing import Any

from inflight_lab.exercises.check import (
    Solution,
    expect,
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
