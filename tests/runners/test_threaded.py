"""Threads: the limit and the pace that tasks have, and nobody is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import threaded
from inflight_lab.runners.threaded import ThreadPacer
from tests.support.waiting import Hold, until


@pytest.mark.parametrize(
    ("options", "pools", "in_flight"),
    [
        ({"limit": 9, "limiter": threading.BoundedSemaphore(2)}, 2, 2),
        ({"threads": 4, "limiter": contextlib.nullcontext()}, 1, 4),
    ],
)
@pytest.mark.anyio
async def test_the_server_sees_the_limit(
    options: dict[str, Any],
    pools: int,
    in_flight: int,
    server: PracticeServer,
    hold: Hold,
) -> None:
    """More threads than slots: exactly so many requests are held, and never more, also
    of two pools that share a limiter of yours; without a limit, one for each thread.
    """
    runs = [
        asyncio.create_task(
            asyncio.to_thread(threaded.make_many_requests, server.url, 12, **options)
        )
        for _ in range(pools)
    ]
    await until(lambda: server.stats().in_flight >= in_flight)
    hold.release()
    assert [len(await run) for run in runs] == [12] * pools
    assert server.stats().peak_in_flight == in_flight
    assert server.stats().accepted == 12 * pools


def test_the_first_failure_drops_the_rest(server: PracticeServer) -> None:
    """It is raised, and requests that have not begun are never sent."""
    server.quota, server.rate, server.period = "fixed-window", 4, 3600
    server.latency = 0.01
    with pytest.raises(ValueError, match="status code is 429"):
        threaded.make_many_requests(server.url, 300)
    assert server.stats().started < 300


def test_threads_that_come_back_together_break_nothing() -> None:
    """A thread may look at those in flight while another comes back."""
    pacer = ThreadPacer(1e6)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(50) as pool:
            turns = [pool.submit(take_a_turn, pacer, 0.0002) for _ in range(9000)]
    finally:
        sys.setswitchinterval(interval)
    for turn in turns:
        turn.result()


# The pace.


def test_sixteen_threads_keep_the_quota(server: PracticeServer) -> None:
    """Two batches share a pacer: more than two windows' worth, and none is refused."""
    server.quota, server.rate, server.period = "sliding-window", 40, 1
    server.latency = 0.05
    options: dict[str, Any] = {"threads": 8, "limiter": ThreadPacer(40, 1)}
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(threaded.make_many_requests, server.url, 45, **options)
            for _ in range(2)
        ]
        assert [len(run.result()) for run in runs] == [45, 45]
    assert (server.stats().accepted, server.stats().refused) == (90, 0)


def take_a_turn(pacer: ThreadPacer, seconds: float = 0) -> None:
    """Go in and out."""
    with pacer:
        time.sleep(seconds)


def fail_after(seconds: float, pacer: ThreadPacer) -> None:
    """Go in, and fail."""
    with pacer:
        time.sleep(seconds)
        raise TimeoutError


def test_turns_are_spaced_and_counted() -> None:
    """No sooner than the schedule says; a pause holds back all; another quota counts;
    and after a failure, which passes, the next turn is a period away.
    """
    pacer = ThreadPacer(100, 1, also=[(12, 0.5)])
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take_a_turn, [pacer] * 10))
    spaced = 9 * 0.010125
    assert time.perf_counter() - began >= spaced
    pacer.pause(0.2)
    with pacer:
        assert time.perf_counter() - began >= spaced + 0.2
    for _ in range(3):
        take_a_turn(pacer)
    assert time.perf_counter() - began >= 0.5
    pacer = ThreadPacer(1, 0.3)
    for _ in range(2):
        take_a_turn(pacer, 0.15)
    with pytest.raises(TimeoutError):
        fail_after(0.2, pacer)
    failed = time.perf_counter()
    take_a_turn(pacer)
    assert time.perf_counter() - failed >= 0.3
