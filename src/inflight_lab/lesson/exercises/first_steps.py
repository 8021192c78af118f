"""The checks of the exercises in notebooks 01 to 04."""

import asyncio
import time
from typing import Any

import httpx

from inflight_lab.lesson.exercises.check import (
    Solution,
    expect,
    expect_answers,
    expect_number,
    observe,
    shows_verdict,
    statuses,
)
from inflight_lab.runners import semaphore_pause


@shows_verdict
async def check_two_at_once(solution: Solution) -> str:
    """Notebook 01: ``solution(url, client=)`` has two requests in flight together."""
    responses, stats = observe(solution, on={"latency": 0.3})
    expect(
        not any(isinstance(each, asyncio.Task) for each in responses or ()),
        "you returned two tasks, not their responses.",
        "What does `await` make of a task?",
    )
    answered = statuses(responses).count(200)
    expect(
        stats.started == answered == 2,
        f"{stats.started} requests reached the server, and you returned {answered}"
        " responses; two of each are wanted.",
        "Which of the two is sent, and which is returned?",
    )
    expect(
        stats.peak_in_flight == 2,
        "the server saw both requests, but never two in flight at once.",
        "When does the second request start: before or after the first `await` ends?",
    )
    return (
        f"both were in flight at once, and answered after {stats.elapsed:.1f} s."
        " One after the other they take 0.6 s."
    )


ACCEPTED = 4
FAILURES = (
    ValueError("Unexpected Status: Http status code is 429."),
    httpx.ConnectError("All connection attempts failed"),
)


@shows_verdict
async def check_split(solution: Solution) -> str:
    """Notebook 02: ``solution(outcomes)`` returns the responses, and the failures."""
    responses, failures = solution([httpx.Response(200)] * ACCEPTED + [*FAILURES])
    expect(
        statuses(responses) == [200] * ACCEPTED,
        f"4 of 6 requests were accepted, and you returned {len(responses)} responses.",
        "Which of the outcomes is an `httpx.Response`, and which an exception?",
    )
    expect(
        list(failures) == [*FAILURES],
        "2 of 6 failed, with ConnectError and ValueError;"
        f" you returned {len(failures)} of them.",
        "Which class do the two kinds of error have in common?",
    )
    return "4 responses, and 2 failures of two kinds."


@shows_verdict
async def check_one_semaphore(solution: Solution) -> str:
    """Notebook 03: ``solution(url, count, limit=, client=)`` keeps its limit."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        asked = f"{count} requests with limit={limit}"
        responses, stats = observe(solution, count, limit=limit, on={"latency": 0.3})
        most = min(limit, count)
        expect_answers(
            responses,
            count,
            "How many requests does `gather` get, and who returns what it brings?",
        )
        expect(
            stats.peak_in_flight == most,
            f"{asked}: the server saw {stats.peak_in_flight} in flight at once,"
            f" and {most} are wanted.",
            "How many semaphores does one run make, and how many slots has each?",
        )
    return "at most 2 in flight where the limit was 2, and 5 where it was 5."


LATENCY = 0.3
PAUSE = 1.0


@shows_verdict
async def check_elapsed(solution: Solution) -> str:
    """Notebook 04: ``solution(count, limit, latency, pause)`` is a run's duration."""
    for count, limit in ((6, 3), (2, 3), (200, 3)):
        predicted = solution(count, limit, LATENCY, PAUSE)
        expect_number(predicted)
        took, _ = observe(time_a_run, count, limit=limit, on={"latency": LATENCY})
        expect(
            abs(predicted - took) <= 0.01,
            f"{count} requests, limit {limit}, latency {LATENCY} s, pause {PAUSE:g} s:"
            f" you predict {predicted:.1f} s, and the run takes {took:.1f} s.",
            "How many rounds are full, and how long does each of them take? And the"
            " requests that are left over?",
        )
    return f"{count} requests take {took:.1f} s, as you predicted."


async def time_a_run(url: str, count: int, **options: Any) -> float:
    """How many seconds a run of notebook 04 takes."""
    begun = time.perf_counter()
    await semaphore_pause.make_many_requests(url, count, pause=PAUSE, **options)
    return time.perf_counter() - begun
