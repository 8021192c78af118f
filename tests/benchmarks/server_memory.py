"""What the practice server keeps of a million requests: ``python -m tests.benchmarks.server_memory``.

The server has a process of its own; twenty clients send over kept-alive connections, as
raw as HTTP can be. Prints the server's memory on the way, and fails if it grows once
the timeline is full, or a request is lost. ``--count 200000`` is a fifth of it, in a
fifth of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from dataclasses import asdict
from multiprocessing.connection import Connection

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
    """In the server's process: say the port, and after a word from the other end the
    numbers.
    """
    with PracticeServer(latency=0, quota="sliding-window", rate=500) as server:
        pipe.send(server.port)
        pipe.recv()
        pipe.send(asdict(server.stats()))


async def send(port: int, count: int) -> list[int]:
    """Send so many requests over one connection; returns their statuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    for number in range(count):
        writer.write(
            f"GET /get?page={number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        statuses.append(int(head.split(b" ", 2)[1]))
        (length,) = (
            line
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()
    return statuses


async def measure(
    port: int, server: psutil.Process, count: int
) -> tuple[dict[int, float], dict[int, int]]:
    """MB of the server after so many requests, and how many answers had which status."""

    def megabytes() -> float:
        return server.memory_info().rss / 1e6

    begun, sent = time.perf_counter(), 0
    kept: dict[int, float] = {0: megabytes()}
    statuses: dict[int, int] = {}
    while sent < count:
        part = min(FULL, count - sent)
        shares = [
            part // CLIENTS + (number < part % CLIENTS) for number in range(CLIENTS)
        ]
        for each in await asyncio.gather(*(send(port, share) for share in shares)):
            for status in each:
                statuses[status] = statuses.get(status, 0) + 1
        sent += part
        kept[sent] = megabytes()
        print(
            f"{sent:>9,} requests, {time.perf_counter() - begun:5.0f} s: {kept[sent]:6.1f} MB",
            flush=True,
        )
    return kept, statuses


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
    kept, statuses = asyncio.run(measure(port, psutil.Process(process.pid), count))
    here.send("that is all")
    stats = here.recv()
    process.join()
    print(f"before: {kept[0]:.1f} MB; answers: {statuses}; the server: {stats}")
    assert stats["started"] == sum(statuses.values()) == count
    assert (stats["accepted"], stats["refused"]) == (
        statuses.get(200, 0),
        statuses.get(429, 0),
    )
    full = [megabytes for sent, megabytes in kept.items() if sent >= FULL]
    assert max(full) - full[0] < MARGIN, kept


if __name__ == "__main__":
    main()
