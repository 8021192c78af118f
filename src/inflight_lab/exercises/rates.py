"""The checks of the exercises in notebooks 05 to 08: rates and refusals."""

import math

import httpx

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_none_refused,
    expect_number,
    observe,
    practice,
    shows_verdict,
    statuses,
)
from inflight_lab.judge import judge


@shows_verdict
async def check_safe_limit(solution: Solution) -> str:
    """Notebook 05: ``solution(rate, quickest)`` is the largest safe limit."""
    for rate, quickest in ((100, 0.3), (20, 0.6), (30, 0.25), (20, 0.01)):
        limit = solution(rate, quickest)
        expect_number(limit)
        expect(
            limit == rate // bursts(quickest),
            f"{rate} allowed, answers after {quickest} s: a limit of {limit} sends"
            f" {limit * bursts(quickest)} a second at its busiest. The largest whole"
            " number that is safe is wanted.",
            "At which moments of one second can a single slot send?",
        )
    return "10 is safe for 20 a second at 0.6 s; 12 would be right on average only."


def bursts(quickest: float) -> int:
    """How many times one slot sends within a second at the most."""
    return 1 + math.floor(round(1 / quickest, 9))  # 1 / 0.07 is a hair off


@shows_verdict
async def check_one_pacer(solution: Solution) -> str:
    """Notebook 06: ``solution(url, client=, rate=)`` runs 3 pollers in one quota."""
    rate = 20
    # On a busy computer one or two may come together with those of the next second.
    api = {"latency": 0.02, "rate": rate + 2}
    _, stats = await observe(solution, rate=rate, on=api)
    expect(
        stats.started == 60,
        f"3 pollers send 60 requests; the server saw {stats.started}.",
        "Does each poller still send 4 batches of 5?",
    )
    expect_none_refused(
        stats, rate, "How many pacers are there, and how many pollers share each?"
    )
    busiest = f"at most {stats.busiest_period} in one second"
    # All 20 if the quota is used, and room for a busy computer.
    expect(
        stats.busiest_period > 11,
        f"none refused, but {busiest}: {rate} are allowed.",
        "Which rate does the pacer keep?",
    )
    return f"60 requests in {stats.elapsed:.1f} s, {busiest}, none refused."


LATE = {
    "still": "How far apart must requests be, so that no second holds 21 of them?",
    "10 ms of jitter": "If one request is slow and the next ones are not,"
    " how far apart do they arrive?",
    "stalls of 100 ms": "After a stall, how soon does the next request leave?",
}
"""What a refusal on each network asks about."""


@shows_verdict
async def check_limiter(solution: Solution) -> str:
    """Notebook 09: ``solution()`` makes a limiter that uses most of 20 a second."""
    # As it is: its own rate may be a little less than the quota.
    card = judge(lambda: solution(), rate=20)
    expect(not card.problem, f"{card.problem}.", "Who waits for what, and how long?")
    on_networks = card.shares["sliding window"]
    for network, share in on_networks.items():
        expect(
            share.refused == 0,
            f'network "{network}": {share.refused} requests refused,'
            " because more than 20 came in one second.",
            LATE[network],
        )
        expect(
            share.used >= 0.85,
            f'network "{network}": {share.used:.1%} of the quota used, 85% is wanted.',
            "How long does each request wait for the one before?",
        )
    used = [f"{share.used:.1%} ({name})" for name, share in on_networks.items()]
    return f"{', '.join(used)} of the quota, none refused."


@shows_verdict
async def check_wait_for(solution: Solution) -> str:
    """Notebook 07: ``solution(response, attempt)``: ``Retry-After`` or full jitter."""
    async with practice(latency=0, rate=1, period=30) as (server, client):
        await client.get(server.url)
        refused = await client.get(server.url)
    asked = int(refused.headers["Retry-After"])
    waited = solution(refused, 1)
    expect(
        waited == asked,
        f"the server said Retry-After: {asked}, and you wait for {waited!r:.6} s.",
        "What does the answer have in `response.headers`, and is it a number there?",
    )
    for attempt, most in ((1, 0.5), (2, 1), (3, 2)):
        waits = [solution(httpx.Response(503), attempt) for _ in range(200)]
        for wait in waits:
            expect_number(wait)
        shortest, longest = min(waits), max(waits)
        reaches_down = 0 <= shortest < most / 4
        reaches_up = most * 3 / 4 < longest <= most
        expect(
            reaches_down and reaches_up,
            f"attempt {attempt}, no header: 200 clients wait {shortest:.2f} to"
            f" {longest:.2f} s, and not spread over 0 to {most}.",
            "From where to where does the wait go, and which function of `random` picks"
            " any number in between?",
        )
    return (
        f"{asked} s where the server asks for it,"
        " otherwise anything from 0 to 0.5, 1 and 2 s."
    )


@shows_verdict
async def check_fixed(solution: Solution) -> str:
    """Notebook 08: ``solution(url)`` sends 60 requests within 20 a second."""
    async with practice(latency=0.05, rate=20) as (server, _):
        responses = await solution(server.url)
        stats = server.stats()
    busiest = f"at most {stats.busiest_period} in one second"
    expect_none_refused(
        stats,
        20,
        "A semaphore limits how many are in flight. What limits how many are sent in a"
        " second?",
    )
    answered = statuses(responses).count(200)
    expect(
        answered == 60,
        f"60 answers are wanted, and you returned {answered}.",
        "How many requests are asked for?",
    )
    return f"60 answers in {stats.elapsed:.1f} s, {busiest}, none refused."
