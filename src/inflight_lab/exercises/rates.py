"""The checks of the exercises in notebooks 05 to 08: rates and failures."""

import asyncio

import httpx

from inflight_lab.exercises.calculator import bursts, safe_limit
from inflight_lab.exercises.check import (
    NotYetError,
    Solution,
    expect,
    expect_number,
    expect_threads,
    expect_whole_number,
    observe,
    practice,
    sent_within,
    shows_verdict,
    statuses,
)
from inflight_lab.judge import judge
from inflight_lab.runners import semaphore


@shows_verdict
async def check_limit_for(solution: Solution) -> str:
    """Notebook 05: ``solution(rate, latency)`` is the limit that averages ``rate``."""
    for rate, latency in ((50, 0.1), (6, 0.5), (20, 0.2)):
        limit = solution(rate, latency)
        expect_whole_number(limit)
        sent = f"a limit of {limit} sends {limit / latency:.0f} a second"
        expect(
            limit == round(rate * latency),
            f"{rate} a second at {latency} s: {sent}.",
        )
    _, stats = await observe(
        semaphore.make_many_requests, 24, limit=int(limit), on={"latency": latency}
    )
    return (
        f"for {rate} a second at {latency} s your limit sent"
        f" {stats.started / stats.elapsed:.1f} a second on average,"
        f" and {stats.busiest_period} in the busiest second."
    )


@shows_verdict
async def check_safe_limit(solution: Solution) -> str:
    """Notebook 05: ``solution(rate, quickest)`` is the largest safe limit."""
    for rate, quickest in ((100, 0.3), (20, 0.6), (30, 0.25), (20, 0.01)):
        limit = solution(rate, quickest)
        expect_whole_number(limit)
        busiest = limit * bursts(1, quickest)
        expect(
            limit == safe_limit(rate, latency=quickest),
            f"{rate} allowed, answers after {quickest} s:"
            f" a limit of {limit} sends {busiest} a second at its busiest.",
        )
    _, stats = await observe(
        semaphore.make_many_requests,
        36,
        limit=12,
        return_exceptions=True,
        on={"latency": 0.6, "rate": 20},
    )
    return (
        "10 is safe for 20 a second at 0.6 s;"
        f" 12, right on average, gets {stats.refused} of 36 refused."
    )


@shows_verdict
async def check_one_pacer(solution: Solution) -> str:
    """Notebook 06: ``solution(url, client=, rate=)`` runs 3 pollers in one quota."""
    rate = 20
    _, stats = await observe(solution, rate=rate, on={"latency": 0.02, "rate": rate})
    expect(
        stats.started == 60,
        f"3 pollers send 60 requests; the server saw {stats.started}.",
    )
    busiest = f"at most {stats.busiest_period} in one second"
    expect(stats.refused == 0, f"{busiest}, and {stats.refused} were refused.")
    # All 20 if the quota is used, and room for a busy computer.
    expect(
        stats.busiest_period > 13,
        f"none refused, but {busiest}: {rate} are allowed.",
    )
    return f"60 requests in {stats.elapsed:.1f} s, {busiest}, none refused."


@shows_verdict
async def check_limiter(solution: Solution) -> str:
    """Notebook 09: ``solution()`` makes a limiter that uses most of 20 a second."""
    expect_threads()
    # As it is: its own rate may be a little less than the quota.
    card = await asyncio.to_thread(judge, lambda: solution(), rate=20)
    if card.problem:
        raise NotYetError(card.problem)
    on_networks = card.shares["sliding window"]
    for network, share in on_networks.items():
        expect(
            share.refused == 0,
            f'network "{network}": {share.refused} requests refused,'
            " because more than 20 came in one second.",
        )
        expect(
            share.used >= 0.85,
            f'network "{network}": {share.used:.1%} of the quota used, 85% is wanted.',
        )
    used = [f"{share.used:.1%} ({name})" for name, share in on_networks.items()]
    return f"{', '.join(used)} of the quota, none refused."


@shows_verdict
async def check_wait_for(solution: Solution) -> str:
    """Notebook 08: ``solution(response, attempt)``: ``Retry-After`` or full jitter."""
    async with practice(latency=0, rate=1, period=30) as (server, client):
        await client.get(server.url)
        refused = await client.get(server.url)
    asked = int(refused.headers["Retry-After"])
    waited = solution(refused, 1)
    expect(
        waited == asked,
        f"the server said Retry-After: {asked}, and you wait for {waited!r} s.",
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
        )
    return (
        f"{asked} s where the server asks for it,"
        " otherwise anything from 0 to 0.5, 1 and 2 s."
    )


@shows_verdict
async def check_keeps_answers(solution: Solution) -> str:
    """Notebook 08: ``solution(url, count, limit=, client=)`` stops with its answers."""
    count, limit = 30, 3
    responses, _ = await observe(solution, 9, limit=limit, on={"latency": 0.05})
    expect(
        len(responses or ()) == 9,
        "where nothing fails, you must return all 9 responses.",
    )
    # Two full rounds are accepted and the third is refused.
    async with practice(latency=0.2, rate=6, period=60) as (server, client):
        kept = statuses(await solution(server.url, count, limit=limit, client=client))
        more = await sent_within(0.5, server)
        sent = server.stats().started
    sent_of_all = f"{sent} of {count} requests were sent"
    expect(
        more == 0 and sent <= 15,
        f"{sent_of_all}; the 7th was refused already.",
    )
    expect(
        kept == [200] * 6,
        f"6 requests were accepted, and you returned {len(kept)} outcomes: {kept}.",
    )
    return f"{sent_of_all}, and you have the 6 answers."
