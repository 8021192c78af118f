"""The checks of the exercises in notebooks 00 to 04."""

import asyncio
import time
from dataclasses import dataclass

import httpx

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_list,
    expect_number,
    observe,
    practice,
    sent_within,
    shows_verdict,
    statuses,
)
from inflight_lab.runners import naive, semaphore_pause


@shows_verdict
async def check_knobs(solution: Solution) -> str:
    """Notebook 00: ``solution(server)`` sets a latency of 0.2 s and a rate of 5."""
    async with practice() as (server, client):
        solution(server)
        expect(
            server.latency == 0.2,
            f"your server answers after {server.latency:g} seconds, not 0.2.",
        )
        expect(
            server.quota == "sliding-window",
            f'its quota of {server.rate:g} is "{server.quota}", not "sliding-window".',
        )
        expect(
            server.period == 1,
            f"its quota of {server.rate:g} is for {server.period:g} seconds, not 1.",
        )
        responses = await asyncio.gather(*(client.get(server.url) for _ in range(6)))
    accepted = statuses(responses).count(200)
    seen = f"of 6 requests sent at once your server accepted {accepted}."
    expect(accepted == 5, seen)
    return seen


@shows_verdict
async def check_page(solution: Solution) -> str:
    """Notebook 01: ``solution(url, page, client=)`` returns that page's ``args``."""
    for page in (2, 7):
        args, _ = await observe(solution, page, on={"latency": 0})
        expect(
            args == {"page": str(page)},
            f"asked for page {page}, you returned {args!r}.",
        )
    return "the server was asked for page 2, then for page 7."


@shows_verdict
async def check_two_at_once(solution: Solution) -> str:
    """Notebook 01: ``solution(url, client=)`` has two requests in flight together."""
    responses, stats = await observe(solution, on={"latency": 0.3})
    expect(
        stats.started == 2 and statuses(responses) == [200, 200],
        f"{stats.started} requests reached the server, and you returned {responses!r}.",
    )
    expect(
        stats.peak_in_flight == 2,
        "the server saw both requests, but never two in flight at once.",
    )
    return "two requests, both in flight at once."


@shows_verdict
async def check_split(solution: Solution) -> str:
    """Notebook 02: ``solution(outcomes)`` returns the responses, and the failures."""
    outcomes = await four_responses_and_three_failures()
    failed = outcomes[4:]
    responses, failures = solution(outcomes)
    expect(
        statuses(responses) == [200] * 4,
        f"4 of 7 requests were accepted, and you returned {len(responses)} responses.",
    )
    kinds = " and ".join(sorted({type(failure).__name__ for failure in failed}))
    expect(
        set(failures) == set(failed),
        f"3 of 7 failed, with {kinds}; you returned {len(failures)} failures.",
    )
    return "4 responses, and 3 failures of two kinds."


async def four_responses_and_three_failures() -> list[httpx.Response | BaseException]:
    """Four responses, two refusals, and one request that met no server."""
    make_many = naive.make_many_requests
    async with practice(latency=0, rate=4, period=60) as (server, client):
        outcomes = await make_many(server.url, 6, client=client, return_exceptions=True)
    not_reached = await make_many(server.url, 1, return_exceptions=True)
    return [*outcomes, *not_reached]


@shows_verdict
async def check_stops_at_failure(solution: Solution) -> str:
    """Notebook 02: ``solution(url, count, client=)`` sends no more after a failure."""
    count = 30
    responses, stats = await observe(solution, count, on={"latency": 0.2})
    expect(
        statuses(responses) == [200] * count,
        f"where nothing fails, return all {count} responses.",
    )
    expect(
        stats.peak_in_flight > 1,
        f"{count} requests, and the server saw 1 in flight at a time.",
    )
    # Five at a time, and the fourth is refused: most of the thirty are still to come.
    knobs = {"latency": 0.1, "rate": 3, "period": 60}
    async with practice(max_connections=5, **knobs) as (server, client):
        (outcome,) = await asyncio.gather(
            solution(server.url, count, client=client), return_exceptions=True
        )
        expect(
            isinstance(outcome, Exception),
            f"{server.stats().refused} requests were refused,"
            " and your function raised nothing.",
        )
        await asyncio.sleep(0.15)  # what was on its way to the server arrives
        more = await sent_within(0.6, server)
        sent = server.stats().started
    expect(more == 0, f"{more} more reached the server after your function had failed.")
    return f"after the first failure no more were sent: {sent} of {count}."


@shows_verdict
async def check_one_semaphore(solution: Solution) -> str:
    """Notebook 03: ``solution(url, count, limit=, client=)`` keeps its limit."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        asked = f"{count} requests with limit={limit}"
        responses, stats = await observe(
            solution, count, limit=limit, on={"latency": 0.25}
        )
        expect_list(responses)
        expect(
            len(responses) == count,
            f"{asked}: {len(responses)} responses returned.",
        )
        expect(
            stats.peak_in_flight == min(limit, count),
            f"{asked}: the server saw {stats.peak_in_flight} in flight at once.",
        )
    return (
        "the peak was the limit, for limits of 2 and 5;"
        " and 3 requests needed no more than 3 slots."
    )


@dataclass(frozen=True)
class PausingRun:
    """A run of the pausing rung, and the seconds that it must take."""

    count: int
    limit: int
    seconds: float


LATENCY = 0.1
PAUSE = 0.3
PAUSING_RUNS = (
    PausingRun(count=6, limit=3, seconds=0.8),
    PausingRun(count=8, limit=3, seconds=0.9),
    PausingRun(count=2, limit=3, seconds=0.1),
)


@shows_verdict
async def check_elapsed(solution: Solution) -> str:
    """Notebook 04: ``solution(count, limit, latency, pause)`` is a run's duration."""
    compared = []
    for run in PAUSING_RUNS:
        predicted = solution(run.count, run.limit, LATENCY, PAUSE)
        expect_number(predicted)
        took = await measure(run)
        # Judged by what the run must take: a busy computer only ever adds to that.
        expect(
            abs(predicted - run.seconds) <= 0.01,
            f"{run.count} requests, limit {run.limit}, latency {LATENCY} s,"
            f" pause {PAUSE} s: you predict {predicted:.2f} s; it takes at least"
            f" {run.seconds:.2f} s, and here {took:.2f} s.",
        )
        compared.append(f"{predicted:.2f} s, and it took {took:.2f} s")
    return f"you predicted {'; '.join(compared)}."


async def measure(run: PausingRun) -> float:
    """How many seconds it takes here."""
    async with practice(latency=LATENCY) as (server, client):
        begun = time.perf_counter()
        await semaphore_pause.make_many_requests(
            server.url, run.count, limit=run.limit, pause=PAUSE, client=client
        )
        return time.perf_counter() - begun
