"""Slow motion: everything takes longer, and ends with the run."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.engine.execution import TIMEOUT
from inflight_lab.panel import slow_motion
from inflight_lab.panel.slow_motion import stretched_timeout, stretched_times
from inflight_lab.plot.sentence.words import plain_time
from inflight_lab.server import app
from tests.support.panels import OpenPanel


async def paced(url: str, count: int, *, period: float = 2, pause: float = 0.5) -> None:
    """A runner with times of its own."""


async def undecided(url: str, count: int, *, pause: float | None = None) -> None:
    """A runner that decides its pause itself."""


def test_a_runners_own_times_are_stretched() -> None:
    """Those that have a number as their default; at full speed none is passed."""
    assert stretched_times(paced, 5) == {"period": 10, "pause": 2.5}
    assert stretched_times(paced, 1) == {}
    assert stretched_times(undecided, 5) == {}


def test_the_clients_timeout_is_httpxs_own() -> None:
    """For each step of a request, times ``slow``."""
    assert httpx.AsyncClient().timeout == httpx.Timeout(TIMEOUT)
    assert stretched_timeout(20) == 20 * TIMEOUT


@pytest.mark.anyio
async def test_slow_motion_slows_everything_and_ends_with_the_run(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """Latency, quota, pauses and timeouts are stretched, then as before; goals see the
    true time.
    """
    server.quota, server.rate, server.latency = "sliding-window", 7, 0.02
    seen: dict[str, object] = {}

    async def runner(
        url: str, count: int, *, client: httpx.AsyncClient, period: float = 2.0
    ) -> list[Any]:
        seen["period"] = period
        seen["timeout"] = client.timeout
        seen["slow"] = server.slow
        seen["of the quota"] = server.timeline.period
        seen["of the client"] = panel.timeline.period
        return [await client.get(url) for _ in range(count)]

    judged: list[float] = []
    goals = {"any": lambda stats: judged.append(stats.elapsed) or True}
    panel = open_panel(runner, count=3, goals=goals)
    server.period = 2  # after the panel was made
    panel.slow = 5
    await panel.start()
    assert seen == {
        "period": 10,
        "timeout": httpx.Timeout(5 * TIMEOUT),
        "slow": 5,
        "of the quota": 10,
        "of the client": 10,
    }
    assert (server.slow, server.timeline.period) == (1, 2)
    assert (server.latency, server.period) == (0.02, 2)
    assert server.stats().elapsed >= 0.3
    (lane,) = panel.lanes.values()
    assert judged == [plain_time(lane.feed.run.elapsed)]
    assert server.stats().elapsed / 5 - 0.05 <= judged[0] < server.stats().elapsed


@pytest.mark.anyio
async def test_a_run_in_slow_motion_is_drawn_in_the_seconds_of_its_controls(
    server: PracticeServer, open_panel: OpenPanel
) -> None:
    """The axis, the API's window and the sentence speak of the latency and the quota
    that were set, and the run says how slow it was.
    """
    server.quota, server.period, server.latency = "sliding-window", 2, 0.05
    panel = open_panel(count=1, slow=20)
    began = time.perf_counter()
    await panel.start()
    took = time.perf_counter() - began
    (lane,) = panel.lanes.values()
    run = lane.feed.run
    (sent,) = (event.time for event in run.events if event.what == "sent")
    (answered,) = (event.time for event in run.events if event.what == "answered")
    assert 0.05 <= answered - sent <= run.now <= took / 20 + 0.01
    assert run.policies[0].policy == server.quota_policy
    assert run.slow == 20


@pytest.mark.anyio
async def test_no_request_times_out_for_the_slow_motion(
    server: PracticeServer, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that takes longer than the usual timeout, because it is slowed down,
    still comes.
    """
    monkeypatch.setattr(slow_motion, "TIMEOUT", 0.5)
    server.latency = 0.04
    panel = open_panel(count=3, slow=20)
    await panel.start()
    assert [outcome.status_code for outcome in panel.outcomes] == [200] * 3
    assert server.stats().elapsed > 0.5


async def with_its_own_client(url: str, count: int) -> list[Any]:
    """A runner whose time-outs the panel cannot stretch."""
    async with httpx.AsyncClient(timeout=0.5) as client:
        calls = [client.get(url) for _ in range(count)]
        return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("latency", "answered"), [(0.05, 3), (0.6, 0)], ids=["in time", "too late"]
)
async def test_a_client_that_the_panel_does_not_know_waits_as_at_full_speed(
    server: PracticeServer,
    open_panel: OpenPanel,
    monkeypatch: pytest.MonkeyPatch,
    latency: float,
    answered: int,
) -> None:
    """An answer that would have come in time comes, however slow the motion; one that
    would have come too late does not.
    """
    monkeypatch.setattr(app, "PATIENCE", 0.5)
    monkeypatch.setattr(app, "EVERY", 0.2)
    server.latency = latency
    panel = open_panel(with_its_own_client, count=3, slow=20)
    await panel.start()
    assert server.stats().accepted == answered
    for outcome in panel.outcomes:
        if answered:
            assert outcome.json()["url"] == server.url
        else:
            assert isinstance(outcome, httpx.ReadTimeout)
