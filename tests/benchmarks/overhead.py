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
    """The same with one task per request and a semaphore: the rung's own, or what it
    boils down to.
    """
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
    """Measure in processes of their own and print one Markdown table, then the ratios."""
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
    names = [
        name
        for name in options.only
        if name != "aiometer" or importlib.util.find_spec("aiometer")
    ]
    if len(names) < len(options.only):
        print("Left out: aiometer, which is not installed.")
    runs = defaultdict(list)
    for count in options.counts:
        for name in names * options.repeats:
            command = [
                sys.executable,
                "-m",
                __spec__.name,
                "--here",
                "--counts",
                str(count),
                "--only",
                name,
            ]
            runs[name, count].append(
                [float(figure) for figure in subprocess.check_output(command).split()]
            )
    found = {
        key: [statistics.median(figures) for figures in zip(*run, strict=True)]
        for key, run in runs.items()
    }
    print(
        "|",
        " | ".join(
            ["CPU a request, peak", *(f"{count:,}" for count in options.counts)]
        ),
        "|",
    )
    print("|---" * (1 + len(options.counts)) + "|")
    for name in names:
        cells = [
            "{:.1f} µs, {:.0f} MB".format(*found[name, count])
            for count in options.counts
        ]
        print("|", " | ".join([name, *cells]), "|")
    for name, base in (("semaphore", "bare gather"), ("aiometer", "workers, ordered")):
        if name in names and base in names:
            ratios = [
                f"{found[name, count][0] / found[base, count][0]:.2f}"
                for count in options.counts
            ]
            print(f"\nCPU of {name} / {base}: {', '.join(ratios)}")


if __name__ == "__main__":
    main()
