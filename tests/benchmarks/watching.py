"""What watching costs: requests a second and processor time a request, in pairs.

``python -m tests.benchmarks.watching [pairs] [httpx2 | aiohttp]`` runs the same script
alone and under ``inflight-lab watch``, and the same client with and without `Watch`, in
turn, at 3 and at 100 in flight. The server has a process of its own.

Two ratios: the median over the pairs, and that of the upper quartiles of both sides.
What else a machine does slows single runs down, and the upper quartiles are of runs
that it left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from inflight_lab.watch.notebook import Watch

SERVER = (
    "import sys; from inflight_lab import PracticeServer; "
    "print(PracticeServer(latency=0).start().url, flush=True); sys.stdin.read()"
)
COUNTS = {3: 1000, 100: 1500}
"""Requests of a run, by how many are in flight."""
Cost = tuple[float, float]
"""Requests a second, and seconds of processor time a request."""


Get = Callable[[], Awaitable[object]]


@contextlib.asynccontextmanager
async def httpx_client(
    url: str, limit: int, library: str
) -> AsyncIterator[tuple[Any, Get]]:
    """A client of httpx or httpx2 with a pool of ``limit``, and one request of it."""
    httpx = importlib.import_module(library)
    limits = httpx.Limits(max_connections=limit, max_keepalive_connections=limit)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        yield client, lambda: client.get(url)


@contextlib.asynccontextmanager
async def aiohttp_client(
    url: str, limit: int, library: str
) -> AsyncIterator[tuple[Any, Get]]:
    """The same of aiohttp."""
    aiohttp = importlib.import_module(library)

    async def get() -> None:
        async with session.get(url) as response:
            await response.read()

    connector = aiohttp.TCPConnector(limit=limit)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session, get


async def send(url: str, limit: int, library: str, *, watched: bool = False) -> Cost:
    """Send COUNTS[limit] requests with ``limit`` workers."""
    count = COUNTS[limit]
    todo = iter(range(count))
    make_client = aiohttp_client if library == "aiohttp" else httpx_client
    async with make_client(url, limit, library) as (client, get):

        async def work() -> None:
            for _ in todo:
                await get()

        with (
            contextlib.redirect_stdout(io.StringIO()),
            Watch(client) if watched else contextlib.nullcontext(),
        ):
            began, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(work() for _ in range(limit)))
            cost = (
                count / (time.perf_counter() - began),
                (time.process_time() - cpu) / count,
            )
    return cost


def in_script(url: str, limit: int, library: str, *, watched: bool) -> Cost:
    """The same in a script of its own."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(
            "import asyncio, sys; from tests.benchmarks.watching import send\n"
            f"print(*asyncio.run(send({url!r}, {limit}, {library!r})))"
        )
        how = ["-m", "inflight_lab.watch", "--no-browser"] if watched else []
        done = subprocess.run(
            [sys.executable, *how, str(script)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": os.getcwd()},
        )
    rate, cpu = map(float, done.stdout.split())
    return rate, cpu


def main() -> None:
    """Print the pairs and their medians."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    library = sys.argv[2] if len(sys.argv) > 2 else "httpx"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin
    assert server.stdout
    url = server.stdout.readline().strip()
    for name in ("script", "notebook"):
        for limit in (3, 100):
            costs: dict[bool, list[Cost]] = {False: [], True: []}
            for pair in range(pairs if limit == 3 else pairs // 3):
                for watched in (pair % 2 == 0, pair % 2 == 1):
                    if name == "script":
                        costs[watched].append(
                            in_script(url, limit, library, watched=watched)
                        )
                    else:
                        costs[watched].append(
                            asyncio.run(send(url, limit, library, watched=watched))
                        )
            both = list(zip(costs[False], costs[True], strict=True))
            ratio = statistics.median(watched[0] / plain[0] for plain, watched in both)
            more = statistics.median(watched[1] / plain[1] for plain, watched in both)
            plain, watched = (
                statistics.quantiles([rate for rate, _ in costs[each]])[2]
                for each in costs
            )
            rates = " ".join(
                f"{plain[0]:.0f}/{watched[0]:.0f}" for plain, watched in both
            )
            print(f"{library}, {name}, {limit} in flight: {rates}")
            undisturbed = f"upper quartiles x {watched / plain:.2f}"
            print(
                f"    requests/s x {ratio:.2f}, {undisturbed}, "
                f"processor time x {more:.2f}"
            )
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
