"""How much of each kind of quota rungs and other limiters use, and at how many 429s.

``python -m tests.benchmarks.utilisation [--seconds 10] [--repeats 3] [--only NAME ...]
[--quotas KIND ...]``

Everything aims at 100 requests a second, with a latency of 50 ms, at a fresh practice
server.  A cell is the median utilisation (accepted / allowed) and the most 429s in
any repeat.  Utilisation is that of the seconds after the first one, in which a quota
with bursts allows more; the 429s of that one count.  In each repeat all clients meet
one kind of quota before the next, one client after the other.  A client that has to
find its rate first (`adaptive` without headers) needs time for it: give it 30 seconds
or more, in a run of its own.

The other limiters are no dependency.  Those that are missing are left out; to have them
all: ``pip install aiolimiter aiometer 'httpx-limiter[aiolimiter]' pyrate-limiter
asynciolimiter``
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import importlib.util
import statistics
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable

import httpx

from inflight_lab import Pacer, PracticeServer
from inflight_lab.runners import (
    adaptive,
    budgets,
    naive,
    paced,
    semaphore,
    semaphore_pause,
)

RATE = 100
QUOTAS: dict[str, tuple[str, int | None]] = {
    "fixed window": ("fixed-window", None),
    "sliding window": ("sliding-window", None),
    "token bucket": ("token-bucket", None),
    "GCRA, burst 10": ("gcra", 10),
    "GCRA, burst 1": ("gcra", 1),
}
Client = Callable[[str, int], Awaitable[object]]


async def gather_behind(
    wait: Callable[[], Awaitable[object]],
    url: str,
    count: int,
    *,
    client: httpx.AsyncClient | None = None,
) -> None:
    """All requests as tasks, each of which awaits ``wait`` before it goes."""
    async with client or httpx.AsyncClient() as opened:

        async def one() -> None:
            await wait()
            await opened.get(url)

        await asyncio.gather(*(one() for _ in range(count)))


async def with_aiolimiter(url: str, count: int, *, rate: float, period: float) -> None:
    from aiolimiter import AsyncLimiter

    await gather_behind(AsyncLimiter(rate, period).acquire, url, count)


async def with_aiometer(url: str, count: int) -> None:
    import aiometer

    async with httpx.AsyncClient() as client:
        await aiometer.run_on_each(client.get, [url] * count, max_per_second=RATE)


async def with_httpx_limiter(url: str, count: int) -> None:
    from httpx_limiter import AsyncRateLimitedTransport, Rate
    from httpx_limiter.aiolimiter import AiolimiterAsyncLimiter

    limiter = AiolimiterAsyncLimiter.create(Rate.create(magnitude=RATE))
    client = httpx.AsyncClient(transport=AsyncRateLimitedTransport.create(limiter))
    await gather_behind(functools.partial(asyncio.sleep, 0), url, count, client=client)


async def with_pyrate_limiter(url: str, count: int) -> None:
    from pyrate_limiter import Duration, Limiter, Rate

    with Limiter(Rate(RATE, Duration.SECOND)) as limiter:
        await gather_behind(limiter.try_acquire_async, url, count)


async def with_asynciolimiter(url: str, count: int) -> None:
    from asynciolimiter import Limiter

    await gather_behind(Limiter(RATE).wait, url, count)


async def paced_strictly(url: str, count: int, *, share: float) -> None:
    """`paced` as its file advises for GCRA with burst 1, at a share of the rate."""
    pacer = Pacer(share * RATE, burst=1)
    await paced.make_many_requests(url, count, limiter=pacer, return_exceptions=True)


async def adaptive_without_headers(url: str, count: int) -> None:
    """`adaptive` with a client that hides what the server says of its quota."""

    async def hide(response: httpx.Response) -> None:
        response.headers.pop("RateLimit-Policy", None)

    async with httpx.AsyncClient(event_hooks={"response": [hide]}) as client:
        await adaptive.make_many_requests(
            url, count, client=client, return_exceptions=True
        )


def rung(run: Callable[..., Awaitable[object]], **options: object) -> Client:
    """A runner of this package; a 429 does not end it."""
    return functools.partial(run, return_exceptions=True, **options)


CLIENTS: dict[str, tuple[str, Client]] = {
    "naive": ("inflight_lab", rung(naive.make_many_requests)),
    "semaphore (5)": ("inflight_lab", rung(semaphore.make_many_requests, limit=5)),
    "semaphore_pause (100)": (
        "inflight_lab",
        rung(semaphore_pause.make_many_requests, limit=RATE),
    ),
    "paced": ("inflight_lab", rung(paced.make_many_requests, rate=RATE)),
    "paced (97, burst 1)": (
        "inflight_lab",
        functools.partial(paced_strictly, share=0.97),
    ),
    "paced (90, burst 1)": (
        "inflight_lab",
        functools.partial(paced_strictly, share=0.90),
    ),
    "adaptive": ("inflight_lab", rung(adaptive.make_many_requests)),
    "adaptive, no headers": ("inflight_lab", adaptive_without_headers),
    # 100 requests a second are its default.
    "budgets": ("inflight_lab", rung(budgets.make_many_requests)),
    "aiolimiter (100, 1)": (
        "aiolimiter",
        functools.partial(with_aiolimiter, rate=RATE, period=1),
    ),
    "aiolimiter (1, 0.01)": (
        "aiolimiter",
        functools.partial(with_aiolimiter, rate=1, period=1 / RATE),
    ),
    "aiometer": ("aiometer", with_aiometer),
    "httpx-limiter": ("httpx_limiter", with_httpx_limiter),
    "pyrate-limiter": ("pyrate_limiter", with_pyrate_limiter),
    "asynciolimiter": ("asynciolimiter", with_asynciolimiter),
}


def measure(name: str, quota: str, seconds: float) -> tuple[float, int]:
    """Utilisation and 429s of one client against one kind of quota."""
    kind, burst = QUOTAS[quota]
    count = int(2 * RATE * (seconds + 1))  # more than can go
    if name == "naive":
        count = int(RATE * seconds)

    async def run(url: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1 + seconds):
                await CLIENTS[name][1](url, count)

    with PracticeServer(
        latency=0.05, quota=kind, rate=RATE, burst=burst, seed=1
    ) as server:
        begin = server.timeline.clock()
        asyncio.run(run(server.url))
    accepted = 0.0
    refused = 0
    for event in server.timeline.events:
        if event.kind == "answered" and event.detail == 429:
            refused += 1
        elif event.kind == "answered" and event.detail == 200:
            time = event.time - begin - 1
            # It counts in part near an end, so that a burst there decides nothing.
            accepted += max(0.0, min(1.0, time, seconds - time))
    return accepted / (RATE * (seconds - 1)), refused


def main() -> None:
    """Measure and print one Markdown table."""
    parser = argparse.ArgumentParser(
        description="Utilisation and 429s against each kind of quota."
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=10,
        help="how long each run is measured, 2 or more",
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--only", nargs="+", choices=CLIENTS, default=list(CLIENTS), metavar="NAME"
    )
    parser.add_argument(
        "--quotas", nargs="+", choices=QUOTAS, default=list(QUOTAS), metavar="KIND"
    )
    options = parser.parse_args()
    names = [
        name for name in options.only if importlib.util.find_spec(CLIENTS[name][0])
    ]
    for name in set(options.only) - set(names):
        print(f"Left out: {name}, which is not installed.")
    found = defaultdict(list)
    for _ in range(options.repeats):
        for quota in options.quotas:
            for name in names:
                share, refused = measure(name, quota, options.seconds)
                found[name, quota].append((share, refused))
                line = f"{name}, {quota}: {share:.1%}, {refused} 429s"
                print(line, file=sys.stderr, flush=True)
    print("|", " | ".join(["utilisation, 429s", *options.quotas]), "|")
    print("|---" * (1 + len(options.quotas)) + "|")
    for name in names:
        cells = [name]
        for quota in options.quotas:
            shares, refusals = zip(*found[name, quota], strict=True)
            cells.append(f"{statistics.median(shares):.1%}, {max(refusals)}")
        print("|", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
