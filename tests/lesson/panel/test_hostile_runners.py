"""The table of hostile runners: after Stop the loop answers, the panel is ready, and
the page says why.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.lesson.panel.blocked import BLOCKED
from inflight_lab.lesson.panel.panel import STOPPING
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
    """While the loop is blocked, a line that needs no loop says so; once it turns, the
    run goes on, or is being stopped, and then is not said to run.
    """
    said: list[str] = []
    blocked = threading.Event()

    def note(change: Any) -> None:
        said.append(change["new"])
        if change["new"] == BLOCKED:
            blocked.set()

    async def blocks(url: str, count: int) -> list[Any]:
        assert blocked.wait(PATIENCE)
        await asyncio.Event().wait()
        return []

    panel = Panel(blocks, server=server, count=COUNT)
    panel.observe(note, "status")
    run = panel.start()
    await until(lambda: said == ["running", BLOCKED, "running"])
    blocked.clear()
    panel.stop()
    assert blocked.wait(PATIENCE)
    await run
    assert said[3:5] == [STOPPING, BLOCKED]
    assert "running" not in said[5:]
    assert panel.status.startswith("stopped: ")
    panel.close()
