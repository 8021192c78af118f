"""The checks of the exercises in notebooks 11 to 13: scale, and shared limits."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_list,
    practice,
    shows_verdict,
    statuses,
)
from inflight_lab.runners.budgets import Budgets, Turn
from inflight_lab.server import PracticeServer


class Pages:
    """Items that count how many were taken; each loop begins at the first one."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for page in range(self.count):
            self.taken += 1
            yield page


@shows_verdict
async def check_shares_items(solution: Solution) -> str:
    """Notebook 11: ``solution(make_one, items, limit)`` makes each item once."""
    count, limit = 24, 4
    pages = Pages(count)
    made: list[int] = []
    ahead: list[int] = []  # how many were taken and not yet made, at each request
    async with practice(latency=0.05) as (server, client):

        async def make_one(page: int) -> None:
            ahead.append(pages.taken - len(made))
            await client.get(server.url, params={"page": page})
            made.append(page)

        await solution(make_one, pages, limit)
    peak = server.stats().peak_in_flight
    expect(
        sorted(made) == list(range(count)),
        f"{len(made)} requests for {count} items, and {len(set(made))} of these were"
        " made: each is wanted once.",
    )
    expect(
        peak == limit,
        f"limit {limit}, and the server saw {peak} in flight at once.",
    )
    expect(
        max(ahead) <= limit,
        f"{max(ahead)} items were taken before they were needed:"
        " a million would fill memory.",
    )
    return (
        f"each of {count} items once, {peak} in flight,"
        f" and never more than {max(ahead)} items taken."
    )


@shows_verdict
async def check_paced_threads(solution: Solution) -> str:
    """Notebook 12: ``solution(url, count, rate)`` keeps the rate, from threads."""
    expect(
        sys.platform != "emscripten",
        "a page in a browser has one thread only: this takes a Python on a computer.",
    )
    count, rate = 45, 20
    with PracticeServer(latency=0.02, quota="sliding-window", rate=rate) as server:
        returned = await asyncio.to_thread(solution, server.url, count, rate)
        stats = server.stats()
    expect(
        stats.refused == 0,
        f"{stats.refused} of {stats.started} requests were refused:"
        f" {stats.busiest_period} were sent in the busiest second, {rate} allowed.",
    )
    expect_list(returned)
    expect(
        stats.accepted == len(returned) == count,
        f"{count} requests wanted: {stats.accepted} were accepted,"
        f" and you returned {len(returned)} statuses.",
    )
    expect(
        all(status == 200 for status in returned),
        f"each of the {count} answers had status 200: return those statuses.",
    )
    return f"{count} requests in {stats.elapsed:.1f} s, and none was refused."


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
