"""Threads: the limit and the pace that tasks have, and nobody is stuck."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import threaded
from inflight_lab.runners.threaded import ThreadPacer
from tests.support.waiting import PATIENCE, Hold

URL = "http://127.0.0.1:9/get"


def until(server: PracticeServer, in_flight: int) -> None:
    """Come back as soon as the server holds so many requests."""
    deadline = time.monotonic() + PATIENCE
    while server.stats().in_flight < in_flight:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("limit", [1, 3])
def test_the_server_sees_the_limit(
    limit: int, server: PracticeServer, hold: Hold
) -> None:
    """More threads than slots: exactly ``limit`` requests are held, and never more."""
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(threaded.make_many_requests, server.url, 12, limit=limit)
        until(server, limit)
        hold.release()
        assert len(run.result()) == 12
    assert (server.stats().peak_in_flight, server.stats().accepted) == (limit, 12)


def test_two_pools_share_a_limiter_of_yours(server: PracticeServer, hold: Hold) -> None:
    """Under one semaphore they keep its limit together."""
    options: dict[str, Any] = {"limit": 9, "limiter": threading.BoundedSemaphore(2)}
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(threaded.make_many_requests, server.url, 6, **options)
            for _ in range(2)
        ]
        until(server, 2)
        hold.release()
        assert [len(run.result()) for run in runs] == [6, 6]
    assert server.stats().peak_in_flight == 2


def test_the_first_failure_drops_the_rest(server: PracticeServer) -> None:
    """It is raised, and requests that have not begun are never sent."""
    server.quota, server.rate, server.period = "fixed-window", 4, 3600
    server.latency = 0.01
    with pytest.raises(ValueError, match="status code is 429"):
        threaded.make_many_requests(server.url, 300)
    assert server.stats().started < 300


class Together:
    """Lets nobody in before so many have come."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count, timeout=PATIENCE)

    def __enter__(self) -> None:
        self._barrier.wait()

    def __exit__(self, *_: object) -> None:
        pass


def test_there_are_as_many_threads_as_you_say(server: PracticeServer) -> None:
    """All of them are at a limiter of yours, whatever the limit."""
    limiter: Any = Together(8)
    responses = threaded.make_many_requests(server.url, 8, threads=8, limiter=limiter)
    assert len(responses) == 8


# The pace.


def test_sixteen_threads_keep_the_quota() -> None:
    """Two batches share a pacer: more than two windows' worth, and none is refused."""
    quota: dict[str, Any] = {"quota": "sliding-window", "rate": 60, "period": 2.0}
    with PracticeServer(latency=0.05, **quota) as server:
        pacer = ThreadPacer(60, 2)

        def send(count: int) -> int:
            responses = threaded.make_many_requests(
                server.url, count, threads=8, limiter=pacer
            )
            return len(responses)

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(send, [65, 65])) == [65, 65]
        assert (server.stats().accepted, server.stats().refused) == (130, 0)


def test_turns_are_spaced_and_counted() -> None:
    """No sooner than the schedule says; a pause holds back all; another quota counts;
    ``wait`` is a turn as well.
    """
    pacer = ThreadPacer(100, 1, also=[(12, 0.5)])
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pacer.wait(), range(10)))
    assert time.perf_counter() - began >= 9 * pacer.HEADROOM / 100
    pacer.pause(0.2)
    with pacer:
        assert time.perf_counter() - began >= 9 * pacer.HEADROOM / 100 + 0.2
    for _ in range(3):
        pacer.wait()
    assert time.perf_counter() - began >= 0.5


def test_after_a_failure_the_next_turn_is_a_period_away() -> None:
    """A request that failed may have reached the API just now; the error passes."""
    pacer = ThreadPacer(1, 0.3)
    with pacer:
        time.sleep(0.05)
    with PracticeServer(latency=60) as slow:
        with pytest.raises(httpx.ReadTimeout), pacer:
            httpx.get(slow.url, timeout=0.2)
        failed = time.perf_counter()
        pacer.wait()
        assert time.perf_counter() - failed >= 0.3


def test_first_come_first_served() -> None:
    """Four threads that ask again and again get as many turns, and none is passed."""
    pacer = ThreadPacer(20, 1)
    turns: list[int] = []

    def ask(thread: int) -> None:
        for _ in range(6):
            pacer.wait()
            turns.append(thread)

    pacer.pause(0.3)  # so that all have come before the first one leaves
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    rounds = [set(turns[first : first + 4]) for first in range(0, 24, 4)]
    assert rounds == [{0, 1, 2, 3}] * 6


def test_entering_twice_is_an_error() -> None:
    """A thread that is inside would wait for itself; the pacer serves it afterwards."""
    pacer = ThreadPacer(1000, 1)
    with pacer, pytest.raises(RuntimeError, match="already inside the pacer"):
        pacer.wait()
    pacer.wait()


INTERRUPTED = """
import threading
import time
from inflight_lab.runners.threaded import ThreadPacer

pacer = ThreadPacer(1, 3600)
pacer.wait()
threading.Thread(target=pacer.wait, daemon=True).start()
time.sleep(0.2)
try:
    print("waiting", flush=True)
    pacer.wait()
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
def test_ctrl_c_ends_the_wait_of_the_main_thread() -> None:
    """Though another thread is ahead of it for an hour."""
    script = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True
    )
    assert script.stdout
    assert script.stdout.readline() == "waiting\n"
    script.send_signal(signal.SIGINT)
    printed, _ = script.communicate(timeout=PATIENCE)
    assert (printed, script.returncode) == ("stopped\n", 0)
