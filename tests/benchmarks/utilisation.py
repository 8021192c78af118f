"""How much of each kind of quota rate limiters use, and at how many 429s.

``python -m tests.benchmarks.utilisation [seconds] [repeats]`` prints the table of
*Measured with real requests* in ``notebooks/compare_limiters.ipynb``, as it stands
there.  It takes a quarter of an hour, on a machine that does nothing else.

Everything aims at 100 requests a second, with a latency of 50 ms, at a fresh practice
server.  A cell is the median utilisation (accepted / allowed) and the most 429s in any
repeat.  Utilisation is that of the seconds after the first one, in which a quota with
bursts allows more; the 429s of that one count.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiometer
import httpx
from aiolimiter import AsyncLimiter
from asynciolimiter import Limiter

from inflight_lab import Pacer, PracticeServer
from inflight_lab.lesson.runs.events import Event
from inflight_lab.runners import paced

RATE = 100
QUOTAS = {
    "fixed window": "fixed-window",
    "sliding window": "sliding-window",
    "token bucket": "token-bucket",
    "GCRA, burst 1": "gcra",
}
Client = Callable[[str, int], Awaitable[object]]


def behind(make_wait: Callable[[], Callable[[], Awaitable[object]]]) -> Client:
    """A client whose requests, all of them tasks, each wait before they go."""

    async def send(url: str, count: int) -> None:
        wait = make_wait()

        async def one() -> None:
            await wait()
            await client.get(url)

        async with httpx.AsyncClient() as client:
            # On a busy machine one may wait for a connection in vain.
            await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)

    return send


def with_pacer(make: Callable[[], Pacer]) -> Client:
    """The rung `paced` with such a pacer."""

    async def send(url: str, count: int) -> None:
        await paced.make_many_requests(
            url, count, limiter=make(), return_exceptions=True
        )

    return send


async def with_aiometer(url: str, count: int) -> None:
    """The same with aiometer's own way to send many."""
    async with httpx.AsyncClient() as client:
        await aiometer.run_on_each(client.get, [url] * count, max_per_second=RATE)


CLIENTS: dict[str, Client] = {
    "`Pacer(100)`": with_pacer(lambda: Pacer(RATE)),
    "`Pacer(90, burst=1)`": with_pacer(lambda: Pacer(90, burst=1)),
    "asynciolimiter, `Limiter(100)`": behind(lambda: Limiter(RATE).wait),
    "aiolimiter, `AsyncLimiter(1, 0.01)`": behind(
        lambda: AsyncLimiter(1, 1 / RATE).acquire
    ),
    "aiolimiter, `AsyncLimiter(1, 0.0102)`": behind(
        lambda: AsyncLimiter(1, 1.02 / RATE).acquire
    ),
    "aiolimiter, `AsyncLimiter(100, 1)`": behind(lambda: AsyncLimiter(RATE, 1).acquire),
    "aiometer, 100 a second": with_aiometer,
}


class Found(NamedTuple):
    """What one client got from one quota."""

    utilisation: float
    refused: int


def measure(client: Client, quota: str, seconds: float) -> Found:
    """Let a client send for so many ``seconds``, and one before them."""
    count = int(2 * RATE * (seconds + 1))  # more than can go

    async def run(url: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1 + seconds):
                await client(url, count)

    kind = QUOTAS[quota]
    with PracticeServer(latency=0.05, quota=kind, rate=RATE, seed=1) as server:
        begin = server.timeline.clock() + 1
        asyncio.run(run(server.url))
    events = [event for event in server.timeline.events if event.kind == "answered"]
    accepted = [event for event in events if event.detail == 200]
    counted = sum(share_of(event, begin, seconds) for event in accepted)
    refused = sum(event.detail == 429 for event in events)
    return Found(counted / (RATE * (seconds - 1)), refused)


def share_of(event: Event, begin: float, seconds: float) -> float:
    """It counts in part near an end, so that a burst there decides nothing."""
    time = event.time - begin
    return max(0.0, min(1.0, time, seconds - time))


def main(seconds: float = 10, repeats: int = 3) -> None:
    """Measure, the clients by turns, and print a Markdown table."""
    found: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for _ in range(repeats):
        for quota in QUOTAS:
            for name, client in CLIENTS.items():
                found[name, quota].append(measure(client, quota, seconds))
                print(name, quota, found[name, quota][-1], file=sys.stderr, flush=True)
    print("| limiter |", " | ".join(QUOTAS), "|")
    print("|---" * (1 + len(QUOTAS)) + "|")
    for name in CLIENTS:
        cells = [cell(found[name, quota]) for quota in QUOTAS]
        print(f"| {name} |", " | ".join(cells), "|")


def cell(repeats: list[Found]) -> str:
    """The median utilisation, and the most 429s."""
    utilisation = statistics.median(each.utilisation for each in repeats)
    return f"{100 * utilisation:.1f} %, {max(each.refused for each in repeats)}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
