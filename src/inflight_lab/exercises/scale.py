"""The checks of the exercises in notebooks 08 to 10: memory, sharing, and code to leave with."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import httpx

from inflight_lab.exercises.check import (
    Answer,
    expect,
    observe,
    practice,
    prints_verdict,
)
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.runners import paced
from inflight_lab.server import PracticeServer


@prints_verdict
async def check_waits_outside(answer: Answer) -> str:
    """Notebook 08: ``answer(url, count, client=client)`` never asks the pool of 10 for an eleventh."""
    pool, count = 10, 20
    transport = ObservedTransport(
        httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=pool))
    )
    async with (
        PracticeServer(latency=0.2) as server,
        httpx.AsyncClient(transport=transport) as client,
    ):
        responses = await answer(server.url, count, client=client)
    inside = transport.stats().peak_in_flight - pool
    expect(inside <= 0, f"{inside} requests waited inside httpx's pool.")
    expect(
        len(responses) == count,
        f"{count} requests asked for, {len(responses)} responses returned.",
    )
    peak = server.stats().peak_in_flight
    expect(
        pool // 2 < peak <= pool,
        f"{peak} in flight at once, and {pool} connections are there.",
    )
    return (
        f"{count} responses, {peak} in flight at most, and none waited inside the pool."
    )


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
    count, limit, made, ahead = 24, 4, list[int](), list[int]()
    pages = Pages(count)

    async with practice(latency=0.05) as (server, client):

        async def make_one(page: int) -> None:
            ahead.append(pages.taken - len(made))
            await client.get(server.url, params={"page": page})
            made.append(page)

        await answer(make_one, pages, limit)
    peak = server.stats().peak_in_flight
    each = f"of {count} items {len(set(made))} were made, with {len(made)} requests"
    expect(sorted(made) == list(range(count)), f"{each}.")
    expect(
        peak == limit, f"limit {limit}, and the server saw {peak} in flight at once."
    )
    early = f"{max(ahead)} items were taken before they were needed"
    expect(max(ahead) <= limit, f"{early}: a million would fill memory.")
    return f"each of {count} items once, {peak} in flight, and never more than {max(ahead)} items taken."


@prints_verdict
async def check_one_limit(answer: Answer) -> str:
    """Notebook 09: ``answer(url, limit)`` runs two groups of threads, and both share ``limit`` slots."""
    threads = sys.platform != "emscripten"
    expect(
        threads,
        "a page in a browser has one thread only: this takes a Python on a computer.",
    )
    for limit in (3, 4):
        with PracticeServer(latency=0.1) as server:
            await asyncio.to_thread(answer, server.url, limit)
            stats = server.stats()
        seen = f"limit {limit}: {stats.started} requests, and {stats.peak_in_flight} in flight at once"
        expect(stats.accepted == 24 and stats.peak_in_flight == limit, f"{seen}.")
    return "two groups of threads, and together never more than the limit, for limits of 3 and 4."


@prints_verdict
async def check_share(answer: Answer) -> str:
    """Notebook 09: ``answer(rate, senders)`` is the rate for each of several that cannot see each other."""
    for rate, senders in ((100, 4), (60, 3), (20, 2)):
        share = answer(rate, senders)
        together = f"{senders} senders at {share:g} each: {senders * share:g} a second, {rate} allowed"
        expect(0.9 * rate <= senders * share <= rate, f"{together}.")

    async def both(url: str, **options: Any) -> None:
        await asyncio.gather(
            *(paced.make_many_requests(url, 12, **options) for _ in range(2))
        )

    knobs = {"latency": 0.02, "rate": 20}
    _, stats = await observe(both, rate=answer(20, 2), return_exceptions=True, on=knobs)
    # No condition: what a busy computer holds up arrives together, and is refused for
    # all that.
    return f"2 senders, {stats.started} requests in {stats.elapsed:.1f} s, {stats.refused} of them refused."


@prints_verdict
async def check_introduces_itself(answer: Answer) -> str:
    """Notebook 10: ``answer()`` returns a client that names itself, a way to reach you, and a timeout."""
    async with practice(latency=0) as (server, _), answer() as client:
        name = (await client.get(server.url)).json()["headers"].get("User-Agent", "")
        named = f"at the server you are {name!r}"
        expect("@" in name or "://" in name, f"{named}: how would they reach you?")
        expect(
            client.timeout.read,
            "without a timeout, a request that gets no answer waits for ever.",
        )
    return f"{named}."


@prints_verdict
async def check_gives_up(answer: Answer) -> str:
    """Notebook 10: ``answer(url, count, client=client)`` sends nothing more after the third 429."""
    for allowed, count, right in ((10, 10, 10), (4, 20, 7), (6, 20, 9)):
        responses, stats = await observe(
            answer, count, on={"latency": 0, "rate": allowed, "period": 60}
        )
        seen, got = f"{allowed} of {count} were allowed", len(responses or ())
        expect(
            stats.refused == right - allowed,
            f"{seen}, and you got {stats.refused} 429s.",
        )
        expect(
            got == right,
            f"{seen}: return the {right} responses that you had by then, not {got}.",
        )
    return "you stopped at the third 429, and not before."
