"""The checks of the exercises in notebooks 01 to 04."""

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
    shows_verdict,
    statuses,
)
from inflight_lab.runners import naive, semaphore_pause


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
