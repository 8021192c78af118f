"""Panels on the practice server, closed when a test has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
from tests.support.panels import OpenPanel


@pytest.fixture
async def open_panel(server: PracticeServer) -> AsyncIterator[OpenPanel]:
    """Open a panel, by default around the semaphore's runner."""
    opened: list[Panel] = []

    def open_one(runner: Any = semaphore.make_many_requests, **options: Any) -> Panel:
        panel = Panel(runner, server=server, **options)
        opened.append(panel)
        return panel

    yield open_one
    for panel in opened:
        panel.close()
