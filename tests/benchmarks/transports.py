"""Requests per second through httpx's transport and httpx-aiohttp's, by limit.

``python -m tests.benchmarks.transports [--count 600] [--repeats 3]``

The practice server runs in another process, with no latency, so that the client is the
bottleneck.  Both transports take turns at each limit; medians; connections are open
before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import httpx
from httpx_aiohttp import AiohttpTransport

from inflight_lab import PracticeServer
from inflight_lab.runners.workers import make_many_requests

LIMITS = (1, 3, 10, 30, 100)
TRANSPORTS: dict[str, Callable[[], httpx.AsyncBaseTransport]] = {
    "httpx": httpx.AsyncHTTPTransport,
    "httpx-aiohttp": AiohttpTransport,
}


def serve() -> None:
    """Print the URL, and serve until standard input is closed."""
    with PracticeServer(latency=0) as server:
        print(server.url, flush=True)
        sys.stdin.read()


async def requests_per_second(
    url: str, transport: str, *, limit: int, count: int
) -> float:
    """One run with a client of its own."""
    chosen = TRANSPORTS[transport]()
    async with httpx.AsyncClient(transport=chosen, timeout=60) as client:
        await make_many_requests(url, limit, limit=limit, client=client)
        begin = time.perf_counter()
        await make_many_requests(url, count, limit=limit, client=client)
        return count / (time.perf_counter() - begin)


def main() -> None:
    """Measure and print one Markdown table."""
    parser = argparse.ArgumentParser(
        description="Requests per second through two transports."
    )
    parser.add_argument("--count", type=int, default=600, help="requests in a run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help="be the server")
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    server = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin
    assert server.stdout
    url = server.stdout.readline().strip()
    found = defaultdict(list)
    for _ in range(options.repeats):
        for limit in LIMITS:
            for transport in TRANSPORTS:
                run = requests_per_second(
                    url, transport, limit=limit, count=options.count
                )
                found[transport, limit].append(asyncio.run(run))
    server.stdin.close()
    server.wait()
    print("| requests/s at limit | httpx | httpx-aiohttp | ratio |")
    print("|---|---|---|---|")
    for limit in LIMITS:
        own = statistics.median(found["httpx", limit])
        other = statistics.median(found["httpx-aiohttp", limit])
        print(f"| {limit} | {own:,.0f} | {other:,.0f} | {other / own:.1f} |")


if __name__ == "__main__":
    main()
