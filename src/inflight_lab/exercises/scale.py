"""The checks of the exercises in notebooks 08 to 10: memory, sharing, and code to leave with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import httpx

from inflight_lab.exercises.check import Answer, NotYetError, practice, prints_verdict
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.runners import paced
from inflight_lab.server import PracticeServer


@prints_verdict
async def check_waits_outside(answer: Answer) -> str:
    """Notebook 08: ``answer(url, count, client=client)`` never asks the pool of 10 for an eleventh."""
    pool, count = 10, 20
    transport = ObservedTransport(httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=pool)))
    async with (
        PracticeServer(latency=0.2) as server,
        httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(10, pool=0.1)) as client,
    ):
        try:
            responses = await answer(server.url, count, client=client)
        except httpx.PoolTimeout:
            inside = transport.stats().peak_in_flight - pool
            raise NotYetError(f"PoolTimeout: {inside} requests waited inside httpx's pool.") from None
        at_the_server, at_the_client = server.stats(), transport.stats()
    if at_the_server.accepted != count or len(responses) != count:
        raise NotYetError(f"{count} requests asked for, {len(responses)} responses returned.")
    if at_the_client.peak_in_flight > pool:
        raise NotYetError(f"{at_the_client.peak_in_flight - pool} requests waited inside httpx's pool.")
    if (peak := at_the_server.peak_in_flight) <= pool // 2:
        raise NotYetError(f"only {peak} in flight at once, and {pool} connections are there.")
    return f"{count} responses, {peak} in flight at most, and none waited inside the pool."


class Pages:
    """Items that count how many of them were taken; as with a range, each loop begins at the first."""

    def __init__(self, count: int) -> None:
        self.count, self.taken = count, 0

    def __iter__(self) -> Iterator[int]:
        for page in range(self.count):
            self.taken += 1
            yield page


@prints_verdict
async def check_shares_items(answer: Answer) -> str:
    """Notebook 08: ``answer(make_one, items, limit)`` makes each item once, and reads no further ahead."""
    count, limit = 24, 4
    made: list[int] = []
    furthest = 0

    async with practice(latency=0.05) as (server, client):

        async def make_one(page: int) -> None:
            nonlocal furthest
            furthest = max(furthest, pages.taken - len(made))
            await client.get(server.url, params={"page": page})
            made.append(page)

        pages = Pages(count)
        await answer(make_one, pages, limit)
        peak = server.stats().peak_in_flight
    if len(made) > count:
        raise NotYetError(f"{count} items, and {len(made)} requests were sent.")
    if sorted(made) != list(range(count)):
        raise NotYetError(f"of {count} items {len(set(made))} were made.")
    if peak != limit:
        raise NotYetError(f"limit {limit}, and the server saw {peak} in flight at once.")
    if furthest > limit:
        raise NotYetError(
            f"{furthest} items were taken before they were needed: a million would fill memory."
        )
    return f"each of {count} items once, {peak} in flight, and never more than {furthest} items taken."


@prints_verdict
async def check_one_limit(answer: Answer) -> str:
    """Notebook 09: ``answer(url, limit)`` runs two groups of threads, and both share ``limit`` slots."""
    if sys.platform == "emscripten":
        raise NotYetError("a page in a browser has one thread only: this takes a Python on a computer.")
    for limit in (3, 4):
        with PracticeServer(latency=0.1) as server:
            await asyncio.to_thread(answer, server.url, limit)
            stats = server.stats()
        if stats.accepted != 24:
            raise NotYetError(f"two groups of 12 are 24 requests; the server saw {stats.started}.")
        if stats.peak_in_flight != limit:
            raise NotYetError(f"limit {limit}: the server saw {stats.peak_in_flight} in flight at once.")
    return "two groups of threads, and together never more than the limit, for limits of 3 and 4."


@prints_verdict
async def check_share(answer: Answer) -> str:
    """Notebook 09: ``answer(rate, senders)`` is the rate for each of several that cannot see each other."""
    for rate, senders in ((100, 4), (60, 3), (20, 2)):
        share = answer(rate, senders)
        together = senders * share
        if together > rate:
            raise NotYetError(f"{senders} senders at {share:g} each: {together:g} a second, {rate} allowed.")
        if together < 0.9 * rate:
            raise NotYetError(f"{senders} senders at {share:g} each use {together / rate:.0%} of the quota.")
    async with practice(latency=0.02, quota="sliding-window", rate=20) as (server, client):
        runs = (
            paced.make_many_requests(
                server.url, 12, rate=answer(20, 2), client=client, return_exceptions=True
            )
            for _ in range(2)
        )
        await asyncio.gather(*runs)
        stats = server.stats()
    if stats.refused:
        raise NotYetError(f"{stats.refused} of {stats.started} requests were refused.")
    return f"2 senders, {stats.started} requests in {stats.elapsed:.1f} s, and none was refused."


@prints_verdict
async def check_introduces_itself(answer: Answer) -> str:
    """Notebook 10: ``answer()`` returns a client that names itself, a way to reach you, and a timeout."""
    async with practice(latency=0) as (server, _), answer() as client:
        headers: dict[str, Any] = (await client.get(server.url)).json()["headers"]
        name = headers.get("User-Agent", "")
        if name.startswith("python-httpx"):
            raise NotYetError(f"at the server you are {name!r}, like thousands of others.")
        if "@" not in name and "://" not in name:
            raise NotYetError(f"at the server you are {name!r}: how would they reach you?")
        if not client.timeout.read:
            raise NotYetError("without a timeout, a request that gets no answer waits for ever.")
    return f"at the server you are {name!r}."


@prints_verdict
async def check_gives_up(answer: Answer) -> str:
    """Notebook 10: ``answer(url, count, client=client)`` sends nothing more after the third 429."""
    async with practice(latency=0) as (server, client):
        responses = await answer(server.url, 10, client=client)
        if server.stats().accepted != 10 or len(responses) != 10:
            raise NotYetError(f"where nothing is refused, return all 10 responses, not {len(responses)}.")
    for allowed in (4, 6):
        knobs: dict[str, Any] = {"quota": "sliding-window", "rate": allowed, "period": 60}
        async with practice(latency=0, **knobs) as (server, client):
            await answer(server.url, 20, client=client)
            refused = server.stats().refused
        if refused != 3:
            raise NotYetError(f"{allowed} of 20 were allowed, and you got {refused} 429s.")
    return "you stopped at the third 429, and not before."
