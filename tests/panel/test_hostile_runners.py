"""The table of hostile runners: after Stop the loop answers, the panel is ready, and
the page says why.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.panel.blocked import BLOCKED
from inflight_lab.panel.panel import STOPPING
from inflight_lab.runners import semaphore
from tests.support.hostile_runners import COUNT, GOES_ON, TABLE
from tests.support.hostile_runners import (
    ends_those_that_go_on as ends_those_that_go_on,
)
from tests.support.waiting import PATIENCE, settle, until


@pytest.mark.anyio
@pytest.mark.usefixtures("ends_those_that_go_on")
@pytest.mark.parametrize("name", TABLE)
async def test_whatever_the_runner_does(server: PracticeServer, name: str) -> None:
    """Its run ends with its outcomes and one clear line, and nothing more is sent."""
    hostile = TABLE[name]
    server.latency = 600 if hostile.stop else 0.02
    panel = Panel(hostile.runner, server=server, count=COUNT, limit=3)
    run = panel.start()
    await settle()
    if hostile.stop:
        assert panel.running
        panel.stop()
    await asyncio.wait_for(asyncio.shield(run), PATIENCE)
    for text in hostile.says:
        assert text in panel.status
    for text in ("your code raised", GOES_ON):  # what the page shows in words
        assert (text in panel.notice) == (text in panel.status)
    assert not panel.running
    assert len(panel.outcomes) >= COUNT
    stats = panel.timeline.stats()
    assert (stats.waiting, stats.in_flight) == (0, 0)
    await until(lambda: server.timeline.in_flight == 0)
    sent = -1
    async with asyncio.timeout(
        PATIENCE
    ):  # a busy server reads late what was sent before; then no more comes
        while sent != server.stats().started:
            sent = server.stats().started
            await asyncio.sleep(0.2)
    server.latency = 0
    panel.lanes[""].runner = semaphore.make_many_requests
    await panel.start()
    assert panel.status.startswith(f"done: {COUNT} results in")
    panel.close()


@pytest.mark.anyio
async def test_the_panel_says_what_stop_cannot_reach(server: PracticeServer) -> None:
    """While a runner blocks the loop, a line that needs no loop says so; when it is
    done, so is the run.
    """
    seen = threading.Event()

    async def blocks_until_the_panel_says_so(url: str, count: int) -> list[Any]:
        assert seen.wait(PATIENCE)
        await asyncio.Event().wait()
        return []

    panel = Panel(blocks_until_the_panel_says_so, server=server, count=COUNT)

    def look(change: Any) -> None:
        if "blocked" in change["new"]:
            seen.set()

    panel.observe(look, "status")
    run = panel.start()
    await until(seen.is_set)
    await until(lambda: panel.status == "running")
    panel.stop()
    await run
    assert panel.status.startswith("stopped: ")
    panel.close()


@pytest.mark.anyio
async def test_a_run_that_is_being_stopped_is_not_said_to_run(
    server: PracticeServer,
) -> None:
    """Who blocks the loop after Stop is never told that the run goes on."""
    said: list[str] = []
    blocked = threading.Event()

    def note(change: Any) -> None:
        said.append(change["new"])
        if change["new"] == BLOCKED:
            blocked.set()

    server.latency = 600
    panel = Panel(semaphore.make_many_requests, server=server, count=COUNT)
    run = panel.start()
    await until(lambda: server.timeline.in_flight > 0)
    panel.observe(note, "status")
    panel.stop()
    assert blocked.wait(PATIENCE)
    await run
    assert said[:2] == [STOPPING, BLOCKED]
    assert "running" not in said
    panel.close()
