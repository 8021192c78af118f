"""The checks of the exercises in notebooks 01 to 04."""

import time

import httpx

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_number,
    observe,
    practice,
    shows_verdict,
    statuses,
)
from inflight_lab.runners import semaphore_pause


@shows_verdict
async def check_two_at_once(solution: Solution) -> str:
    """Notebook 01: ``solution(url, client=)`` has two requests in flight together."""
    responses, stats = await observe(solution, on={"latency": 0.3})
    expect(
        stats.started == 2 and statuses(responses) == [200, 200],
        f"{stats.started} requests reached the server, and you returned {responses!r};"
        " two requests and their two responses are wanted.",
        "What does `await` make of a task?",
    )
    expect(
        stats.peak_in_flight == 2,
        "the server saw both requests, but never two in flight at once.",
        "When does the second request start: before or after the first `await` ends?",
    )
    return "two requests, both in flight at once."


ACCEPTED = 4
FAILURES = (
    ValueError("Unexpected Status: Http status code is 429."),
    ValueError("Unexpected Status: Http status code is 429."),
    httpx.ConnectError("All connection attempts failed"),
)


@shows_verdict
async def check_split(solution: Solution) -> str:
    """Notebook 02: ``solution(outcomes)`` returns the responses, and the failures."""
    responses, failures = solution([httpx.Response(200)] * ACCEPTED + [*FAILURES])
    expect(
        statuses(responses) == [200] * ACCEPTED,
        f"4 of 7 requests were accepted, and you returned {len(responses)} responses.",
        "Which of the outcomes is an `httpx.Response`, and which an exception?",
    )
    expect(
        list(failures) == [*FAILURES],
        "3 of 7 failed, with ConnectError and ValueError;"
        f" you returned {len(failures)} failures.",
        "Which class do the two kinds of error have in common?",
    )
    return "4 responses, and 3 failures of two kinds."


@shows_verdict
async def check_one_semaphore(solution: Solution) -> str:
    """Notebook 03: ``solution(url, count, limit=, client=)`` keeps its limit."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        asked = f"{count} requests with limit={limit}"
        responses, stats = await observe(
            solution, count, limit=limit, on={"latency": 0.25}
        )
        returned, most = len(statuses(responses)), min(limit, count)
        expect(
            returned == count,
            f"{asked}: {returned} responses returned, {count} are wanted.",
            "How many requests does `gather` get, and who returns what it brings?",
        )
        expect(
            stats.peak_in_flight == most,
            f"{asked}: the server saw {stats.peak_in_flight} in flight at once,"
            f" and {most} are wanted.",
            "How many semaphores does one run make, and how many slots has each?",
        )
    return (
        "the peak was the limit, for limits of 2 and 5;"
        " and 3 requests needed no more than 3 slots."
    )


LATENCY = 0.1
PAUSE = 0.3
PAUSING_RUNS = ((6, 3, 0.8), (8, 3, 0.9), (2, 3, 0.1))
"""Each a count, a limit, and the seconds that such a run must take."""


@shows_verdict
async def check_elapsed(solution: Solution) -> str:
    """Notebook 04: ``solution(count, limit, latency, pause)`` is a run's duration."""
    compared = []
    for count, limit, seconds in PAUSING_RUNS:
        predicted = solution(count, limit, LATENCY, PAUSE)
        expect_number(predicted)
        took = await seconds_of_a_run(count, limit)
        # Judged by what the run must take: a busy computer only ever adds to that.
        expect(
            abs(predicted - seconds) <= 0.01,
            f"{count} requests, limit {limit}, latency {LATENCY} s, pause {PAUSE} s:"
            f" you predict {predicted:.2f} s; it takes at least {seconds:.2f} s,"
            f" and here {took:.2f} s.",
            "How many rounds are full, and how long does each of them take? And the"
            " requests that are left over?",
        )
        compared.append(f"{predicted:.2f} s, and it took {took:.2f} s")
    return f"you predicted {'; '.join(compared)}."


async def seconds_of_a_run(count: int, limit: int) -> float:
    """How many seconds it takes here."""
    async with practice(latency=LATENCY) as (server, client):
        begun = time.perf_counter()
        await semaphore_pause.make_many_requests(
            server.url, count, limit=limit, pause=PAUSE, client=client
        )
        return time.perf_counter() - begun
