"""The checks of the exercises in notebooks 10, 14 and 15, on a virtual clock."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import httpx

from inflight_lab.lesson.exercises.check import (
    Solution,
    expect,
    expect_answers,
    shows_verdict,
    statuses,
)
from inflight_lab.lesson.judge.clock import VirtualLoop, run
from inflight_lab.lesson.server.quotas import SlidingWindow


class Sent(NamedTuple):
    """How the requests of a solution went."""

    answers: Any
    refused: int
    elapsed: float
    """Seconds until the solution returned."""


@shows_verdict
async def check_learns(solution: Solution) -> str:
    """Notebook 10: ``solution(client, numbers)`` knows of 15 a second, and learns."""
    count = 100
    less = run(send(solution, range(count), SlidingWindow(10, 1)), VirtualLoop())
    expect(
        less.refused <= 5,
        f"the API allows 10 a second: {less.refused} requests were refused,"
        " and 5 at most are wanted.",
        "What does the pacer learn from an answer, and at which rate does it begin?",
    )
    as_said = run(send(solution, range(count), SlidingWindow(15, 1)), VirtualLoop())
    expect(
        as_said.refused == 0,
        f"the API allows 15 a second: {as_said.refused} requests were refused,"
        " and none is wanted.",
        "At which rate does the pacer begin?",
    )
    expect(
        as_said.elapsed < 8,
        f"the API allows 15 a second: {count} requests took {as_said.elapsed:.1f} s,"
        " and 7 s are enough.",
        "At which rate does the pacer begin, and which answers make it slower?",
    )
    for each in (less, as_said):
        expect_answers(each.answers, count, "Who returns what `patiently` brings?")
    return (
        f"{less.refused} refused where 10 a second are allowed,"
        " and none where it is 15."
    )


@shows_verdict
async def check_gives_up(solution: Solution) -> str:
    """Notebook 14: ``solution(client, url)`` gives up after five attempts."""
    status, came, ended = run(insist(solution, 20, 60), VirtualLoop())
    expect(
        len(came) == 5,
        f"an API that always refuses got {len(came)} requests: 5 are wanted.",
        "What counts the attempts, and when does that end the loop?",
    )
    expect(
        ended == came[-1],
        f"the last attempt was refused after {came[-1]:g} s,"
        f" and you waited until {ended:g} s for nothing.",
        "What is there to wait for after the last attempt?",
    )
    expect(status == 429, "the last of the 5 responses is wanted.", "Return it.")
    status, came, _ = run(insist(solution, 2, 7), VirtualLoop())
    expect(
        (status, came) == (200, [0, 7, 14]),
        "an API refuses twice, with Retry-After: 7, then it answers:"
        f" requests came after {listed(came)} seconds, and you returned {status}.",
        "Which of the two numbers is in the answer's `Retry-After`?",
    )
    return "5 attempts, a minute apart, in no time; an answer ends it before."


@shows_verdict
async def check_bought_once(solution: Solution) -> str:
    """Notebook 15: ``solution(client, orders)`` buys each order, and none twice."""
    items = ("tea", "jam", "tea", "jam", "tea", "jam")
    orders = [{"id": number, "item": item} for number, item in enumerate(items)]
    shop = Shop()
    for start in ("first", "second"):
        answers = run(buy(solution, orders, shop), VirtualLoop())
        times = len(shop.bought)
        expect(
            times <= len(orders),
            f"after the {start} start, {len(orders)} orders were bought {times} times:"
            " an order came again, and its key was new.",
            "What must be the same whenever an order is sent, after a restart too?",
        )
        expect(
            times == len(orders),
            f"{times} of {len(orders)} orders were bought: another one had the same"
            " key, so the API took it for a repetition.",
            "What tells two orders of the same item apart?",
        )
        expect_answers(answers, len(orders), "Who returns what `gather` brings?")
    return f"{len(orders)} orders, 3 lost answers, 2 starts: each was bought once."


class Shop:
    """An API that counts requests with the same key once, and loses some answers."""

    def __init__(self) -> None:
        self.bought: set[str] = set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Buy, unless the key is known; the first three answers are lost."""
        before = len(self.bought)
        self.bought.add(request.headers.get("Idempotency-Key", f"none: {before}"))
        is_new = len(self.bought) > before
        await asyncio.sleep(0.05)
        if is_new and before < 3:
            raise httpx.ReadTimeout("the answer is lost")
        return httpx.Response(200)


async def buy(solution: Solution, orders: Sequence[Any], shop: Shop) -> Any:
    """What ``solution(client, orders)`` returns."""
    async with client_of(shop.answer) as client:
        return await solution(client, orders)


async def send(solution: Solution, what: Sequence[Any], quota: SlidingWindow) -> Sent:
    """Run ``solution(client, what)`` against an API with this ``quota``."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    refused = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal refused
        if wait := quota.admit(clock()):
            refused += 1
            return httpx.Response(429, headers={"Retry-After": f"{wait:.3f}"})
        await asyncio.sleep(0.05)
        return httpx.Response(200)

    async with client_of(answer) as client:
        answers = await solution(client, what)
    return Sent(answers, refused, clock() - begun)


async def insist(
    solution: Solution, refusals: int, pause: int
) -> tuple[int | None, list[float], float]:
    """Run ``solution(client, url)`` against an API that refuses ``refusals`` times.

    Returns its status, the times of its requests, and the time when it ended.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    came: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        came.append(clock() - begun)
        if len(came) > refusals:
            return httpx.Response(200)
        return httpx.Response(429, headers={"Retry-After": str(pause)})

    async with client_of(answer) as client:
        response = await solution(client, "http://api.example/items")
    (status,) = statuses([response])
    return status, came, clock() - begun


def client_of(answer: Callable[[httpx.Request], Any]) -> httpx.AsyncClient:
    """A client whose requests go to ``answer``, and through no socket."""
    return httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://api.example"
    )


def listed(seconds: Sequence[float]) -> str:
    """Times as a list, such as "0, 60, 120"."""
    return ", ".join(f"{each:g}" for each in seconds)
