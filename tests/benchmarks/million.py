"""How much memory a million requests take, as tasks and with workers.

``python -m tests.benchmarks.million [count]`` prints the two figures of notebook 11,
each from a process of its own: the peak of the whole process, interpreter included.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys

import httpx

from inflight_lab.runners import semaphore
from inflight_lab.runners.workers import stream_outcomes

LIMIT = 10


class AnswersAtOnce(httpx.AsyncClient):
    """A client that sends nothing."""

    answer = httpx.Response(200)

    async def get(self, url: object, **_: object) -> httpx.Response:
        """The same answer to everything."""
        return self.answer


async def send_as_tasks(count: int) -> None:
    """The rung `semaphore`: a task for each request."""
    async with AnswersAtOnce() as client:
        await semaphore.make_many_requests(
            "http://127.0.0.1/", count, limit=LIMIT, client=client
        )


async def send_with_workers(count: int) -> None:
    """The rung `workers`: a task for each slot."""

    async def do_nothing(num: int) -> int:
        return num

    async for _ in stream_outcomes(do_nothing, range(count), limit=LIMIT):
        pass


WAYS = {"tasks": send_as_tasks, "workers": send_with_workers}


def main(count: int, way: str) -> None:
    """Measure one way in this process, or each in another."""
    if way:
        asyncio.run(WAYS[way](count))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        print(f"{way}: {peak:.0f} MB")
        return
    for each in WAYS:
        command = [sys.executable, "-m", "tests.benchmarks.million", str(count), each]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000, "".join(sys.argv[2:]))
