"""The checks of the exercises in notebooks 11 to 13: scale, and shared limits."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from inflight_lab.lesson.exercises.check import (
    Solution,
    expect,
    expect_none_refused,
    observe,
    shows_verdict,
    statuses,
)
from inflight_lab.lesson.server.practice_server import PracticeServer
from inflight_lab.runners.budgets import Budgets, Turn


class Pages:
    """Counts how many of its items were taken; each loop begins at the first one."""

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

    async def share(url: str, client: httpx.AsyncClient) -> None:
        async def make_one(page: int) -> None:
            ahead.append(pages.taken - len(made))
            await client.get(url, params={"page": page})
            made.append(page)

        await solution(make_one, pages, limit)

    _, stats = observe(share, on={"latency": 0.05})
    expect(
        sorted(made) == list(range(count)),
        f"{count} items, and {len(made)} requests: each item is wanted once.",
        "Where does each worker get its next item, and who else takes from there?",
    )
    expect(
        stats.peak_in_flight == limit,
        f"limit {limit}, and the server saw {stats.peak_in_flight} in flight at once.",
        "How many workers are there?",
    )
    expect(
        max(ahead) <= limit,
        f"{max(ahead)} items were taken before they were needed:"
        " a million would fill memory.",
        "When does a worker ask for its next item?",
    )
    return (
        f"each of {count} items once, {limit} in flight,"
        f" and never more than {max(ahead)} items taken."
    )


@shows_verdict
async def check_paced_threads(solution: Solution) -> str:
    """Notebook 12: ``solution(url, count, rate)`` keeps the rate, from threads."""
    expect(
        sys.platform != "emscripten",
        "a page in a browser has one thread only, and 16 are wanted.",
        "Can you run it on your own computer?",
    )
    count, rate = 45, 20
    room = 2  # what a busy computer has held up comes closer together
    with PracticeServer(
        latency=0.02, quota="sliding-window", rate=rate + room
    ) as server:
        returned = await asyncio.to_thread(solution, server.url, count, rate)
        stats = server.stats()
    expect_none_refused(
        stats,
        rate,
        "How many pacers does one run make, and where does a request wait for it?",
    )
    expect(
        stats.accepted == count and returned == [200] * count,
        f"{count} requests wanted, and a list of their statuses: {stats.accepted} were"
        f" accepted with status 200, and you returned {returned!r:.24} ...",
        "How many are asked for, and what does `get` return?",
    )
    return f"{count} requests in {stats.elapsed:.1f} s, and none was refused."


PROMPT = "Please count the words of this. " * 20
PROMPT_TOKENS = 141
BOTH = ("input_tokens", "output_tokens")


class NotedBudgets(Budgets):
    """Budgets that note the last turn, and what it reserved at first."""

    def __init__(self) -> None:
        super().__init__(
            requests=(60, 1), input_tokens=(20_000, 1), output_tokens=(20_000, 1)
        )
        self.turn()

    def turn(self, *, requests: float = 1, **costs: float) -> Turn:
        """Make a turn, and note it."""
        self.last = super().turn(requests=requests, **costs)
        self.reserved = self.last.costs
        return self.last


@shows_verdict
async def check_reserves(solution: Solution) -> str:
    """Notebook 13: ``solution(client, url, body, budgets)`` keeps two accounts."""
    budgets = NotedBudgets()
    reserved = []
    for max_tokens, answered in ((100, 40), (300, 12), (20, None)):
        body = chat_with(max_tokens)
        async with client_that_gets(answered) as client:
            answer = await solution(client, "http://api.example", body, budgets)
        status = 200 if answered else 429
        expect(
            statuses([answer]) == [status],
            f"the answer has status {status}; you returned {answer!r}.",
            "Return what `client.post` brings, whatever its status.",
        )
        expect_the_most(budgets.reserved, max_tokens)
        expect_the_rest_back(budgets, answered)
        reserved.append(in_words(budgets.reserved))
    return f"you reserved {', '.join(reserved)} tokens, and gave back what was left."


def in_words(costs: Mapping[str, float]) -> str:
    """The tokens of a request, such as "176 + 100"."""
    return " + ".join(f"{costs.get(name, 0):g}" for name in BOTH)


def chat_with(max_tokens: int) -> dict[str, Any]:
    """The body of a request with a long prompt."""
    return {
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": max_tokens,
    }


def client_that_gets(answered: int | None) -> httpx.AsyncClient:
    """A client that gets an answer of so many tokens; None: a refusal."""
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": answered}
    answer = httpx.Response(200, json={"usage": usage})
    if answered is None:
        answer = httpx.Response(429, json={"error": "too many tokens"})
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))


def expect_the_most(reserved: Mapping[str, float], max_tokens: int) -> None:
    """Expect that a request reserved the most that it may cost, and not much more."""
    characters = len(PROMPT)
    tokens = reserved.get("input_tokens", 0)
    expect(
        characters / 4 <= tokens <= characters / 4 + 40,
        f"the prompt has {characters} characters: reserve about a quarter of that"
        f" as input_tokens. You reserved {tokens:g}.",
        "What does `most_tokens(body)` count, besides the prompt?",
    )
    tokens = reserved.get("output_tokens", 0)
    expect(
        tokens == max_tokens,
        f"max_tokens is {max_tokens}: you reserved {tokens:g} output_tokens.",
        "How long may this answer be at most?",
    )


def expect_the_rest_back(budgets: NotedBudgets, answered: int | None) -> None:
    """Expect that the unused part was given back, and nothing after a refusal."""
    used = dict(zip(BOTH, (PROMPT_TOKENS, answered or 0), strict=True))
    wanted = in_words(used if answered else budgets.reserved)
    counted = in_words(budgets.last.costs)
    what = "used" if answered else "was refused and keeps"
    expect(
        counted == wanted,
        f"a request {what} {wanted} tokens, but your budget counts {counted}.",
        "Which answers have a `usage`, and which part of it belongs to which account?",
    )
