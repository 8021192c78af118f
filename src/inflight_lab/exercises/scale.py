"""The checks of the exercises in notebooks 09 to 11: scale, and shared limits."""

import asyncio
from collections.abc import Iterator

from inflight_lab.exercises.check import (
    Solution,
    expect,
    expect_list,
    expect_threads,
    practice,
    shows_verdict,
)
from inflight_lab.server import PracticeServer


class Pages:
    """Items that count how many were taken; each loop begins at the first one."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for page in range(self.count):
            self.taken += 1
            yield page


@shows_verdict
async def check_shares_items(solution: Solution) -> str:
    """Notebook 11: ``solution(make_one, items, limit)`` makes each item once."""
    count, limit = 24, 4
    pages = Pages(count)
    made: list[int] = []
    ahead: list[int] = []  # how many were taken and not yet made, at each request
    async with practice(latency=0.05) as (server, client):

        async def make_one(page: int) -> None:
            ahead.append(pages.taken - len(made))
            await client.get(server.url, params={"page": page})
            made.append(page)

        await solution(make_one, pages, limit)
    peak = server.stats().peak_in_flight
    expect(
        sorted(made) == list(range(count)),
        f"{len(made)} requests for {count} items, and {len(set(made))} of these were"
        " made: each is wanted once.",
    )
    expect(
        peak == limit,
        f"limit {limit}, and the server saw {peak} in flight at once.",
    )
    expect(
        max(ahead) <= limit,
        f"{max(ahead)} items were taken before they were needed:"
        " a million would fill memory.",
    )
    return (
        f"each of {count} items once, {peak} in flight,"
        f" and never more than {max(ahead)} items taken."
    )


@shows_verdict
async def check_paced_threads(solution: Solution) -> str:
    """Notebook 12: ``solution(url, count, rate)`` keeps the rate, from threads."""
    expect_threads()
    count, rate = 45, 20
    with PracticeServer(latency=0.02, quota="sliding-window", rate=rate) as server:
        statuses = await asyncio.to_thread(solution, server.url, count, rate)
        stats = server.stats()
    expect(
        stats.refused == 0,
        f"{stats.refused} of {stats.started} requests were refused:"
        f" {stats.busiest_period} were sent in the busiest second, {rate} allowed.",
    )
    expect_list(statuses)
    expect(
        stats.accepted == len(statuses) == count,
        f"{count} requests wanted: {stats.accepted} were accepted,"
        f" and you returned {len(statuses)} statuses.",
    )
    expect(
        all(status == 200 for status in statuses),
        f"each of the {count} answers had status 200: return those statuses.",
    )
    return f"{count} requests in {stats.elapsed:.1f} s, and none was refused."
