"""What the practice server keeps of a million requests.

``python -m tests.benchmarks.server_memory [--count 1000000]`` prints the server's
memory on the way, and fails if it grows once the timeline is full, or if a request is
lost.  The server has a process of its own; twenty clients send raw HTTP over
connections that they keep.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import re
import time
from collections import Counter
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import NamedTuple

import psutil

from inflight_lab import PracticeServer

CLIENTS = 20
FULL = 100_000
"""Requests after which the timeline, with two events each, has dropped some: from then
on memory is flat.
"""
MARGIN = 8
"""MB that an allocator may come and go."""


def serve(pipe: Connection) -> None:
    """In the server's process: send the port, and when something comes, the numbers."""
    with PracticeServer(latency=0, quota="sliding-window", rate=500) as server:
        pipe.send(server.port)
        pipe.recv()
        pipe.send(asdict(server.stats()))


async def send(port: int, count: int) -> list[int]:
    """Send so many requests over one connection; returns their statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    host = f"Host: 127.0.0.1:{port}"
    for number in range(count):
        request = f"GET /get?page={number} HTTP/1.1\r\n{host}\r\n\r\n"
        writer.write(request.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        statuses.append(int(head.split(b" ", 2)[1]))
        (length,) = re.findall(rb"\ncontent-length: *(\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length))
    writer.close()
    return statuses


class Measured(NamedTuple):
    """The server's MB after so many requests, and how many answers had which status."""

    megabytes: dict[int, float]
    statuses: Counter[int]


async def measure(port: int, server: psutil.Process, *, count: int) -> Measured:
    """Send ``count`` requests, and look at the server's memory on the way."""
    begun = time.perf_counter()
    megabytes = {0: server.memory_info().rss / 1e6}
    statuses: Counter[int] = Counter()
    sent = 0
    while sent < count:
        part = min(FULL, count - sent)
        each, over = divmod(part, CLIENTS)
        shares = [each + 1] * over + [each] * (CLIENTS - over)
        for answers in await asyncio.gather(*(send(port, share) for share in shares)):
            statuses.update(answers)
        sent += part
        megabytes[sent] = server.memory_info().rss / 1e6
        seconds = time.perf_counter() - begun
        now = f"{sent:>9,} requests, {seconds:5.0f} s: {megabytes[sent]:6.1f} MB"
        print(now, flush=True)
    return Measured(megabytes, statuses)


def main() -> None:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--count", type=int, default=1_000_000, help="default: %(default)s"
    )
    count = parser.parse_args().count
    if count < 2 * FULL:
        parser.error(f"--count must be {2 * FULL} or more, got {count}")
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=serve, args=(there,), daemon=True)
    process.start()
    port = here.recv()
    server = psutil.Process(process.pid)
    kept, statuses = asyncio.run(measure(port, server, count=count))
    here.send("that is all")
    stats = here.recv()
    process.join()
    print(f"before: {kept[0]:.1f} MB; answers: {statuses}; the server: {stats}")
    assert stats["started"] == statuses.total() == count
    assert stats["accepted"] == statuses[200]
    assert stats["refused"] == statuses[429]
    full = [megabytes for sent, megabytes in kept.items() if sent >= FULL]
    assert max(full) - full[0] < MARGIN, kept


if __name__ == "__main__":
    main()
