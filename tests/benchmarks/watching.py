"""What watching costs: requests a second with and without, in pairs.

``python -m tests.benchmarks.watching [pairs] [httpx | httpx2 | aiohttp]`` runs the same
script alone and under ``inflight-lab watch`` in turn, at 3 and at 100 in flight.  The
server has a process of its own.  Printed is the median of the pairs' ratios, of
requests a second and of processor time a request.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

SERVER = (
    "import sys; from inflight_lab import PracticeServer; "
    "print(PracticeServer(latency=0).start().url, flush=True); sys.stdin.read()"
)
LIMITS = (3, 100)
COUNTS = {"httpx": 500, "httpx2": 500, "aiohttp": 3000}
"""Requests of a run: about half a second, so nine pairs take less than two minutes."""


class Cost(NamedTuple):
    """Requests a second, and seconds of processor time a request."""

    rate: float
    processor: float


async def send(url: str, limit: int, library: str) -> Cost:
    """Send COUNTS[library] requests with ``limit`` workers."""
    module: Any = importlib.import_module(library)
    count = COUNTS[library]
    todo = iter(range(count))
    if library == "aiohttp":
        connector = module.TCPConnector(limit=limit)
        client = module.ClientSession(connector=connector)
    else:
        limits = module.Limits(max_connections=limit, max_keepalive_connections=limit)
        client = module.AsyncClient(limits=limits, timeout=60)

    async def work() -> None:
        for _ in todo:
            response = await client.get(url)
            if library == "aiohttp":
                await response.read()

    async with client:
        began, processor = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(limit)))
        seconds = time.perf_counter() - began
        used = time.process_time() - processor
    return Cost(count / seconds, used / count)


def in_script(url: str, limit: int, library: str, *, watched: bool) -> Cost:
    """The same in a script of its own."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(
            "import asyncio; from tests.benchmarks.watching import send\n"
            f"print(*asyncio.run(send({url!r}, {limit}, {library!r})))"
        )
        how = ["-m", "inflight_lab.watch"] if watched else []
        done = subprocess.run(
            [sys.executable, *how, str(script)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        )
    return Cost(*map(float, done.stdout.split()))


def main() -> None:
    """Print the pairs and their medians."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
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
    for limit in LIMITS:
        rates, processor = [], []
        for pair in range(pairs):
            both = {}
            for watched in (pair % 2 == 0, pair % 2 == 1):
                both[watched] = in_script(url, limit, library, watched=watched)
            rates.append(both[True].rate / both[False].rate)
            processor.append(both[True].processor / both[False].processor)
        print(
            f"{library}, {limit} in flight, {pairs} pairs: "
            f"requests/s x {statistics.median(rates):.2f}, "
            f"processor time x {statistics.median(processor):.2f}",
            flush=True,
        )
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
