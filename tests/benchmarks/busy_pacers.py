"""`Pacer` and `Budgets` over sockets, beside processes that take every core.

``python -m tests.benchmarks.busy_pacers [--runs 20] [--busy 4]``

The practice server counts in a sliding window of a second, and answers after 50 ms.
Printed are the 429s of all runs, and the share of the quota that was used.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from inflight_lab import Budgets, Pacer, PracticeServer
from inflight_lab.runners import budgets, paced

SECONDS = 3
JOBS: dict[str, tuple[int, Any, Callable[[], Any]]] = {
    "Pacer(100)": (100, paced, lambda: Pacer(100)),
    "Budgets(requests=(100, 1))": (
        *(100, budgets),
        lambda: Budgets(requests=(100, 1)),
    ),
    "Budgets(requests=(20, 1))": (
        *(20, budgets),
        lambda: Budgets(requests=(20, 1)),
    ),
}


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


async def measure(runs: int) -> None:
    """Run each job in turn, and print what came of it."""
    for name, (rate, rung, make) in JOBS.items():
        refused = 0
        shares = []
        for _ in range(runs):
            quota: dict[str, Any] = {"quota": "sliding-window", "rate": rate}
            with PracticeServer(latency=0.05, **quota) as server:
                count = SECONDS * rate
                await rung.make_many_requests(
                    server.url, count, limiter=make(), return_exceptions=True
                )
                stats = server.stats()
            refused += stats.refused
            shares.append(stats.accepted / (rate * stats.elapsed))
        share = sorted(shares)[runs // 2]
        print(
            f"{name:28} {refused} refused in {runs} runs, {share:.1%} used", flush=True
        )


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--busy", type=int, default=4)
    options = parser.parse_args()
    with busy(options.busy):
        asyncio.run(measure(options.runs))


if __name__ == "__main__":
    main()
