"""Shared quota: no period holds more, whoever sends, and nothing goes uncounted."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import Any

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
from tests.support.waiting import PATIENCE, settle, until

pytestmark = pytest.mark.anyio

NOBODY = "redis://127.0.0.1:1"


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A quota of the test's own."""
    return str(request.node.name)


@given(
    rate=st.integers(1, 10_000) | st.floats(1, 10_000),
    period=st.floats(0.01, 1e6),
)
def test_no_period_can_hold_more_than_the_quota(rate: float, period: float) -> None:
    """By its numbers: GCRA admits no more than ``rate`` in a period and a hundredth,
    burst included, and not much fewer.
    """
    quota = gcra_for(rate, period)
    most = quota.burst - 1 + math.ceil(1.0099 * period / quota.emission_interval)
    assert most <= rate
    assert quota.burst >= 1
    assert quota.emission_interval <= 1.012 * period / max(1, rate - quota.burst)


async def test_admissions_by_the_stores_own_clock(redis: str, key: str) -> None:
    """Two quotas with one key admit together what one would, spaced by the store; one
    with another key has its own; and a pause holds back who has a permit.
    """
    quotas = [SharedQuota(redis, key=key, rate=50) for _ in range(2)]
    other = SharedQuota(redis, key=f"{key}, another", rate=1, period=3600)
    async with contextlib.AsyncExitStack() as closing:
        for each in (*quotas, other):
            await closing.enter_async_context(contextlib.aclosing(each))
        began = time.monotonic()
        for turn in range(20):
            async with quotas[turn % 2]:
                pass
        spacing = gcra_for(50, 1).emission_interval
        assert time.monotonic() - began >= 17.9 * spacing  # 20 less the burst
        async with asyncio.timeout(PATIENCE), other:
            paused = time.monotonic()
        quotas[0].pause(0.3)
        quotas[0].pause(0.1)  # a shorter one changes nothing
        async with quotas[0]:
            assert time.monotonic() - paused >= 0.3


async def test_a_cancelled_waiter_frees_its_slot(redis: str, key: str) -> None:
    """The first in line goes at once; cancelled while they wait for their turns, the
    others leave no slot taken.
    """
    limiter = AdjustableLimiter(2)
    quota = SharedQuota(redis, key=key, rate=1, period=3600, limiter=limiter)
    went = []

    async def enter(number: int) -> None:
        async with quota:
            went.append(number)

    async with contextlib.aclosing(quota):
        tasks = [asyncio.create_task(enter(number)) for number in range(4)]
        await until(lambda: went == [0])
        await settle()
        assert (limiter.in_use, limiter.waiting) == (2, 1)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks)
        assert (limiter.in_use, limiter.waiting) == (0, 0)


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
            _, pending = await asyncio.wait(tasks, timeout=PATIENCE)
            assert not pending


@pytest.mark.parametrize(
    ("numbers", "got"),
    [
        ({"rate": 0.5}, "0.5, 1.0 and 90"),
        ({"period": 0}, "100, 0 and 90"),
        ({"limit": 0}, "100, 1.0 and 0"),
    ],
)
def test_a_bad_number_is_one_line(numbers: dict[str, Any], got: str) -> None:
    """It names the parameters, their values in this order, and what is allowed."""
    with pytest.raises(ValueError, match=f"^rate must .*, period and .*got {got}$"):
        SharedQuota(NOBODY, **numbers)


async def test_a_quota_of_yours_stays_open(
    redis: str, key: str, server: PracticeServer
) -> None:
    """One `SharedQuota` serves several batches, and its own numbers count."""
    async with contextlib.aclosing(SharedQuota(redis, key=key, rate=500)) as quota:
        for _ in range(2):
            responses = await make_many_requests(
                server.url, 3, limiter=quota, store=NOBODY
            )
            assert len(responses) == 3


async def test_without_the_store_nothing_is_sent(server: PracticeServer) -> None:
    """Nobody to count, or nobody who answers in time: every request fails with an error
    that says so, without the password, and the server sees none.
    """

    async def say_nothing(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    frozen = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = frozen.sockets[0].getsockname()[1]
    for store in (NOBODY, f"redis://:secret@127.0.0.1:{port}"):
        async with contextlib.aclosing(SharedQuota(store, timeout=0.2)) as quota:
            outcomes = await make_many_requests(
                server.url, 3, limiter=quota, return_exceptions=True
            )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailableError] * 3
        assert "Not sent: the store gave no answer" in str(outcomes[0])
        assert "secret" not in str(outcomes)
    frozen.close()
    assert server.stats().started == 0
