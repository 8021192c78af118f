"""What a limiter costs by itself: CPU and peak memory for requests that do nothing.

``python -m tests.benchmarks.overhead [--counts 10000 100000 1000000] [--repeats 3]
[--only NAME ...]``

Each figure comes from a fresh process; the processes take turns; medians.  CPU is the
process's own, per request; the peak is of the whole process, interpreter included.  At
most 10 are in flight.  "semaphore" is the rung itself with a client that answers at
once, "bare gather" the same request without the rung. aiometer is no dependency (``pip
install aiometer``); it is left out where it is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from typing import NamedTuple

LIMIT = 10
URL = "http://127.0.0.1/get"
COUNTS = [10_000, 100_000, 1_000_000]
NAMES = [
    "workers, ordered",
    "workers, as completed",
    "aiometer",
    "semaphore",
    "bare gather",
]


class Figures(NamedTuple):
    """What one measurement finds: CPU per request, and the process's peak."""

    microseconds: float
    megabytes: float


Found = dict[tuple[str, int], Figures]
"""By way and number of requests."""


async def do_nothing(num: int) -> int:
    """A request that costs nothing."""
    return num


async def workers_cpu(count: int, *, ordered: bool) -> float:
    """Seconds of CPU for ``count`` no-ops through the workers."""
    from inflight_lab.runners.workers import stream_outcomes

    begin = time.process_time()
    async for _ in stream_outcomes(
        do_nothing, range(count), limit=LIMIT, ordered=ordered
    ):
        pass
    return time.process_time() - begin


async def aiometer_cpu(count: int) -> float:
    """The same through aiometer, which yields results as completed."""
    import aiometer

    begin = time.process_time()
    async with aiometer.amap(do_nothing, range(count), max_at_once=LIMIT) as results:
        async for _ in results:
            pass
    return time.process_time() - begin


async def gather_cpu(count: int, *, bare: bool) -> float:
    """The same with a task per request and a semaphore: the rung's, or a bare one."""
    import httpx

    from inflight_lab.runners.semaphore import make_many_requests

    class Client(httpx.AsyncClient):
        answer = httpx.Response(200)

        async def get(self, url: object, **_: object) -> httpx.Response:
            return self.answer

    async def one() -> httpx.Response:
        async with semaphore:
            response = await client.get(
                URL, headers={"Content-Type": "application/json"}
            )
        if response.status_code != 200:
            raise ValueError(response.status_code)
        return response

    async with Client() as client:
        begin = time.process_time()
        if bare:
            semaphore = asyncio.Semaphore(LIMIT)
            await asyncio.gather(*[asyncio.create_task(one()) for _ in range(count)])
        else:
            await make_many_requests(URL, count, limit=LIMIT, client=client)
        return time.process_time() - begin


def measure_here(name: str, count: int) -> None:
    """Print microseconds a request and this process's peak in MB."""
    if name.startswith("workers"):
        seconds = asyncio.run(workers_cpu(count, ordered=name.endswith("ordered")))
    elif name == "aiometer":
        seconds = asyncio.run(aiometer_cpu(count))
    else:
        seconds = asyncio.run(gather_cpu(count, bare=name == "bare gather"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(1e6 * seconds / count, peak / (2**20 if sys.platform == "darwin" else 2**10))


def main() -> None:
    """Measure, and print a Markdown table and the ratios."""
    parser = argparse.ArgumentParser(
        description="CPU and memory per request that does nothing."
    )
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME"
    )
    parser.add_argument(
        "--here", action="store_true", help="measure one in this process"
    )
    options = parser.parse_args()
    if options.here:
        measure_here(options.only[0], options.counts[0])
        return
    names = list(options.only)
    if "aiometer" in names and not importlib.util.find_spec("aiometer"):
        names.remove("aiometer")
        print("Left out: aiometer, which is not installed.")
    runs: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    for count in options.counts:
        for name in names * options.repeats:
            runs[name, count].append(measure_apart(name, count))
    found = {key: median_of(run) for key, run in runs.items()}
    print_table(found, names, options.counts)
    for name, base in (("semaphore", "bare gather"), ("aiometer", "workers, ordered")):
        if name in names and base in names:
            print_ratios(found, name, base, options.counts)


def measure_apart(name: str, count: int) -> Figures:
    """The figures of one way, from a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--here"]
    command += ["--counts", str(count), "--only", name]
    microseconds, megabytes = subprocess.check_output(command).split()
    return Figures(float(microseconds), float(megabytes))


def median_of(run: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        statistics.median(figures.microseconds for figures in run),
        statistics.median(figures.megabytes for figures in run),
    )


def print_table(found: Found, names: list[str], counts: list[int]) -> None:
    """A Markdown table: a row for each way, a column for each number of requests."""
    head = ["CPU a request, peak", *(f"{count:,}" for count in counts)]
    print("|", " | ".join(head), "|")
    print("|---" * len(head) + "|")
    for name in names:
        cells = [name]
        for count in counts:
            microseconds, megabytes = found[name, count]
            cells.append(f"{microseconds:.1f} µs, {megabytes:.0f} MB")
        print("|", " | ".join(cells), "|")


def print_ratios(found: Found, name: str, base: str, counts: list[int]) -> None:
    """How much more CPU one way takes than another."""
    ratios = []
    for count in counts:
        ratio = found[name, count].microseconds / found[base, count].microseconds
        ratios.append(f"{ratio:.2f}")
    print(f"\nCPU of {name} / {base}: {', '.join(ratios)}")


if __name__ == "__main__":
    main()
