"""Shared quota: no period holds more, whoever sends, and nothing goes uncounted."""

from __future__ import annotations

import asyncio
import contextlib
import math
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from throttled.exceptions import StoreUnavailableError

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners.shared_quota import (
    SharedQuota,
    gcra_for,
    make_many_requests,
)
from tests.support.children import child
from tests.support.waiting import PATIENCE, Gate, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
NOBODY = "redis://127.0.0.1:1"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A quota of the test's own."""
    return str(request.node.name)


ASKING = """
import asyncio, contextlib, sys
from inflight_lab.runners.shared_quota import SharedQuota

async def main(store, key):
    quota = SharedQuota(store, key=key, rate=7, period=3600)
    async with contextlib.aclosing(quota):
        answers = [await quota._quota.limit() for _ in range(3)]
    print(sum(not answer.limited for answer in answers))

asyncio.run(main(*sys.argv[1:]))
"""


@given(
    rate=st.integers(1, 10_000) | st.floats(1, 10_000),
    period=st.floats(0.01, 1e6),
)
def test_no_period_can_hold_more_than_the_quota(rate: float, period: float) -> None:
    """By its numbers: GCRA admits no more than ``rate`` in a period and a hundredth,
    burst included.
    """
    quota = gcra_for(rate, period)
    most = quota.burst - 1 + math.ceil(1.0099 * period / quota.emission_interval)
    assert most <= rate
    assert quota.burst >= 1
    assert quota.emission_interval <= 1.012 * period / max(
        1, rate - quota.burst
    )  # and not much fewer


async def test_admissions_by_the_stores_own_clock(redis: str, key: str) -> None:
    """Two quotas with one key admit together what one would, spaced by the store."""
    quotas = [SharedQuota(redis, key=key, rate=50) for _ in range(2)]
    async with contextlib.aclosing(quotas[0]), contextlib.aclosing(quotas[1]):
        began = time.monotonic()
        for turn in range(30):
            async with quotas[turn % 2]:
                pass
        spacing = gcra_for(50, 1).emission_interval
        assert time.monotonic() - began >= 27.9 * spacing  # 30 less the burst


async def test_another_key_is_another_quota(redis: str, key: str) -> None:
    """What one key has used up, another key still has."""
    for name in (key, f"{key}, another"):
        quota = SharedQuota(redis, key=name, rate=1, period=3600)
        async with contextlib.aclosing(quota), asyncio.timeout(PATIENCE), quota:
            pass


def test_several_processes_share_it(redis: str, key: str) -> None:
    """Three processes ask three times each: two requests may go in this hour."""
    command = [sys.executable, "-W", "error", "-c", ASKING, redis, key]
    with contextlib.ExitStack() as running:
        started = (child(command, stdout=subprocess.PIPE, text=True) for _ in range(3))
        asking = [running.enter_context(process) for process in started]
        answers = [each.communicate(timeout=PATIENCE * 2)[0] for each in asking]
    assert sum(int(answer) for answer in answers) == 2  # the burst


async def test_a_real_quota_is_kept(
    redis: str, key: str, server: PracticeServer
) -> None:
    """Two senders at once against a server that counts: no 429."""
    # The server's window is half the senders': a busy machine may delay one by 1.5 s.
    server.quota, server.rate, server.period = "sliding-window", 4, 1.5
    options: dict[str, Any] = {"store": redis, "key": key, "rate": 4, "period": 3.0}
    runs = [make_many_requests(server.url, 3, **options) for _ in range(2)]
    await asyncio.gather(*runs)
    assert (server.stats().accepted, server.stats().refused) == (6, 0)


async def test_a_cancelled_waiter_frees_its_slot(redis: str, key: str) -> None:
    """Cancelled while it waits for its turn, a request leaves no slot taken and the
    next in line goes on.
    """
    limiter = AdjustableLimiter(2)
    quota = SharedQuota(redis, key=key, rate=1, period=3600, limiter=limiter)

    async def enter() -> None:
        async with quota:
            pass

    async with contextlib.aclosing(quota):
        await enter()  # the only one of this hour
        waiting = [asyncio.create_task(enter()) for _ in range(3)]
        await settle()
        assert (limiter.in_use, limiter.waiting) == (2, 1)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        assert (limiter.in_use, limiter.waiting) == (0, 0)


async def test_a_permit_is_used_at_once(redis: str, key: str) -> None:
    """The first in line goes as soon as it has its permit, whoever waits behind it."""
    quota, went = SharedQuota(redis, key=key, rate=1, period=3600), []

    async def enter(number: int) -> None:
        async with quota:
            went.append(number)

    async with contextlib.aclosing(quota):
        tasks = [asyncio.create_task(enter(number)) for number in range(3)]
        await until(lambda: went == [0])
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks)


async def test_no_cancellation_is_lost(redis: str, key: str) -> None:
    """Cancelled while the store answers, a waiter ends, and does not wait an hour."""
    for round_ in range(60):
        quota = SharedQuota(redis, key=f"{key} {round_}", rate=1, period=3600)

        async def enter(quota: SharedQuota = quota) -> None:
            async with quota:
                pass

        async with contextlib.aclosing(quota):
            tasks = [asyncio.create_task(enter()) for _ in range(3)]
            await tasks[0]
            for task in tasks[1:]:
                task.cancel()
            _, pending = await asyncio.wait(tasks, timeout=10)
            assert not pending


async def test_a_pause_holds_back_those_that_wait_already(redis: str, key: str) -> None:
    """In this process: they have the store's permit, and wait all the same."""
    quota = SharedQuota(redis, key=key)
    async with contextlib.aclosing(quota):
        began = time.monotonic()
        quota.pause(0.3)
        async with quota:
            assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("numbers", [{"rate": 0.5}, {"period": 0}, {"limit": 0}])
def test_a_bad_number_is_one_line(numbers: dict[str, Any]) -> None:
    """It names the parameter, its value and what is allowed."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"must be .*got .*\b{value}\b") as error:
        SharedQuota(NOBODY, **numbers)
    assert name in str(error.value)


async def test_the_limit_below(redis: str, key: str) -> None:
    """However fast the quota, no more than ``limit`` of this process are in flight."""
    async with httpx.AsyncClient(transport=(gate := Gate())) as client:
        limiter = AdjustableLimiter(3)
        run = asyncio.create_task(
            make_many_requests(
                URL,
                9,
                store=redis,
                key=key,
                rate=10_000,
                period=0.1,
                limiter=limiter,
                client=client,
            )
        )
        await until(lambda: limiter.waiting == 6)
        gate.open.set()
        assert len(await run) == 9


def test_runs_twice(redis: str, key: str, server: PracticeServer) -> None:
    """Nothing binds to the first event loop, and no connection is left for the
    collector to find.
    """
    for _ in range(2):
        outcomes = asyncio.run(make_many_requests(server.url, 3, store=redis, key=key))
        assert [outcome.status_code for outcome in outcomes] == [200] * 3


async def test_a_quota_of_yours_stays_open(
    redis: str, key: str, server: PracticeServer
) -> None:
    """One `SharedQuota` serves several batches, and its own numbers count."""
    async with contextlib.aclosing(SharedQuota(redis, key=key, rate=500)) as quota:
        for _ in range(2):
            assert (
                len(
                    await make_many_requests(server.url, 3, limiter=quota, store=NOBODY)
                )
                == 3
            )


class Frozen:
    """A store that accepts connections, reads, and never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def __aenter__(self) -> Frozen:
        self.server = await asyncio.start_server(self._keep, "127.0.0.1", 0)
        self.url = (
            f"redis://:secret@127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _keep(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.asked += 1
        while await reader.read(1000):
            pass
        writer.close()


async def test_a_frozen_store_ends_the_run(server: PracticeServer) -> None:
    """It has its time once: the first in line gets a clear error, and so does everyone
    behind, at once.
    """
    async with Frozen() as frozen:
        quota = SharedQuota(
            frozen.url, limit=2, timeout=1
        )  # enough to connect on a busy machine
        async with contextlib.aclosing(quota):
            run = make_many_requests(
                server.url, 20, limiter=quota, return_exceptions=True
            )
            first, *others = await asyncio.wait_for(run, PATIENCE)
            assert frozen.asked == 1
            address = frozen.url.rpartition("@")[2]  # without the password
            assert (
                str(first)
                == f"Not sent: the store gave no answer. Timeout reading from {address}"
            )
            behind = "Not sent: the store gave no answer to a request before this one."
            assert {str(other) for other in others} == {behind}
            assert {type(outcome) for outcome in (first, *others)} == {
                StoreUnavailableError
            }
            await asyncio.sleep(1)  # and then the store is asked again
            with pytest.raises(StoreUnavailableError, match="Timeout reading"):
                await make_many_requests(server.url, 1, limiter=quota)
            assert frozen.asked == 2
    assert server.stats().started == 0


def test_every_quota_has_a_time_limit() -> None:
    """Also where nobody gave one: a store that freezes cannot hold the run for ever."""
    options = SharedQuota(NOBODY)._store._backend.options
    assert options["SOCKET_TIMEOUT"] == options["SOCKET_CONNECT_TIMEOUT"] == 5


async def test_without_the_store_nothing_is_sent(server: PracticeServer) -> None:
    """Nobody to count: every request fails with an error that says so, and the server
    sees none.
    """
    with pytest.raises(StoreUnavailableError):
        await make_many_requests(server.url, 3, store=NOBODY)
    outcomes = await make_many_requests(
        server.url, 3, store=NOBODY, return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailableError] * 3
    assert server.stats().started == 0
