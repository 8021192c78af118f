"""The checks of the exercises in notebooks 05 to 07: rates and failures."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from inflight_lab.exercises.check import Answer, NotYetError, practice, prints_verdict
from inflight_lab.runners import paced, semaphore


@prints_verdict
async def check_safe_limit(answer: Answer) -> str:
    """Notebook 05: ``answer(rate, quickest)`` is the largest limit that keeps the rate at any latency."""
    for rate, quickest, right in ((100, 0.05, 5), (30, 0.25, 7), (20, 0.01, 0)):
        if (limit := answer(rate, quickest)) != right:
            sends = f"{limit / quickest:.0f} a second" if isinstance(limit, int | float) else "nothing"
            raise NotYetError(
                f"{rate} allowed, answers after {quickest} s: a limit of {limit!r} sends {sends}."
            )
    async with practice(latency=0.1, quota="sliding-window", rate=40, period=1) as (server, client):
        limit = int(answer(40, 0.1))
        await semaphore.make_many_requests(server.url, 60, limit=limit, client=client, return_exceptions=True)
        stats = server.stats()
    return f"a limit of {limit} sent {stats.busiest_period} of 40 allowed in the busiest second."


@prints_verdict
async def check_hold(answer: Answer) -> str:
    """Notebook 05: ``answer(url, count, limit=limit, period=period, client=client)`` keeps any quota."""
    count, limit, period = 16, 8, 0.4
    knobs: dict[str, Any] = {"quota": "sliding-window", "rate": limit, "period": period}
    async with practice(latency=0.02, **knobs) as (server, client):
        responses = await answer(server.url, count, limit=limit, period=period, client=client)
        stats = server.stats()
    if stats.refused:
        raise NotYetError(
            f"{stats.refused} of {stats.started} requests were refused: "
            f"{stats.busiest_period} came within {period} s, {limit} are allowed."
        )
    if len(responses) != count or stats.accepted != count:
        raise NotYetError(f"{count} requests asked for, {stats.accepted} accepted.")
    if stats.busiest_period < limit / 2:
        raise NotYetError(f"none refused, but at most {stats.busiest_period} of {limit} allowed were used.")
    return f"{count} requests in {stats.elapsed:.1f} s, none refused, however quick the answers."


@prints_verdict
async def check_one_pacer(answer: Answer) -> str:
    """Notebook 06: ``answer(url, client=client, rate=rate)`` polls three times over, under one quota."""
    async with practice(latency=0.02, quota="sliding-window", rate=30) as (server, client):
        await answer(server.url, client=client, rate=30)
        stats = server.stats()
    if stats.started != 60:
        raise NotYetError(f"3 pollers send 4 batches of 5, 60 requests; the server saw {stats.started}.")
    if stats.refused:
        raise NotYetError(
            f"{stats.busiest_period} requests came in the busiest second, {stats.refused} were refused."
        )
    if stats.elapsed > 6:  # 2 seconds if the quota is used, and room for a busy computer
        raise NotYetError(f"none refused, but it took {stats.elapsed:.1f} s, where 2 are enough.")
    return (
        f"60 requests in {stats.elapsed:.1f} s, at most {stats.busiest_period} in one second, none refused."
    )


@prints_verdict
async def check_rate_for(answer: Answer) -> str:
    """Notebook 06: ``answer(quotas)`` is the rate per second that keeps each of ``(requests, seconds)``."""
    for quotas, right in (
        ([(100, 1)], 100),
        ([(10, 1), (300, 60)], 5),
        ([(1000, 3600), (50, 1)], 1000 / 3600),
        ([(15, 0.5)], 30),
    ):
        rate = answer(quotas)
        if not isinstance(rate, int | float) or abs(rate - right) > 0.001:
            many = " and ".join(f"{requests} in {seconds} s" for requests, seconds in quotas)
            raise NotYetError(f"allowed: {many}; your rate is {rate!r} a second.")
    async with practice(latency=0.02, quota="sliding-window", rate=30) as (server, client):
        rate = answer([(30, 1), (50, 1)])
        await paced.make_many_requests(server.url, 40, rate=rate, client=client, return_exceptions=True)
        stats = server.stats()
    if stats.refused:
        raise NotYetError(f"at {rate} a second {stats.refused} of 40 requests were refused.")
    return f"at {rate:g} a second 40 requests took {stats.elapsed:.1f} s, and none was refused."


@prints_verdict
async def check_wait_for(answer: Answer) -> str:
    """Notebook 07: ``answer(response, attempt)`` is ``Retry-After`` if it is there, else full jitter."""
    async with practice(latency=0, quota="sliding-window", rate=1, period=30) as (server, client):
        refused = [await client.get(server.url) for _ in range(2)][1]
    asked = int(refused.headers["Retry-After"])
    if (waited := answer(refused, 1)) != asked:
        raise NotYetError(f"the server said Retry-After: {asked}, and you wait for {waited!r} s.")
    for attempt in (1, 2, 3):
        most = 0.5 * 2**attempt
        waits = [answer(httpx.Response(503), attempt) for _ in range(200)]
        if not all(isinstance(wait, int | float) and 0 <= wait <= most for wait in waits):
            raise NotYetError(f"attempt {attempt}, no header: you wait {waits[0]!r} s, not 0 to {most:g}.")
        if not (min(waits) < most / 4 and max(waits) > most * 3 / 4):
            raise NotYetError(
                f"attempt {attempt}, no header: 200 clients wait {min(waits):.2f} to {max(waits):.2f} s, "
                f"not spread over 0 to {most:g}."
            )
    return f"{asked} s where the server asks for it, otherwise anything from 0 to 1, 2 and 4 s."


@prints_verdict
async def check_keeps_answers(answer: Answer) -> str:
    """Notebook 07: ``answer(url, count, limit=limit, client=client)`` stops at a failure, keeps the rest."""
    count, limit = 30, 3
    async with practice(latency=0.05) as (server, client):
        if len(await answer(server.url, 9, limit=limit, client=client) or ()) != 9:
            raise NotYetError("where nothing fails, you must return all 9 responses.")
    # Two full rounds are accepted and the third is refused.
    async with practice(latency=0.2, quota="sliding-window", rate=6, period=60) as (server, client):
        kept = await answer(server.url, count, limit=limit, client=client)
        before = server.stats().started
        await asyncio.sleep(0.5)
        after = server.stats().started
    if after > before or after > 15:
        raise NotYetError(f"{after} of {count} requests reached the server; the 7th was refused already.")
    statuses = [getattr(each, "status_code", None) for each in kept or ()]
    if statuses != [200] * 6:
        raise NotYetError(f"6 requests were accepted, and you returned {len(statuses)} outcomes: {statuses}.")
    return f"{after} of {count} requests were sent, and you have the 6 answers."
