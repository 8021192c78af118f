"""A panel or a plot without a page: what the tests do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import anywidget

from inflight_lab import Panel
from inflight_lab.runners import naive, semaphore
from tests.support.waiting import until

TWO = {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests}
"""Runners side by side."""


def say(widget: anywidget.AnyWidget, message: Mapping[str, object]) -> None:
    """A page sends ``message``, as every front end does."""
    data = {"method": "custom", "content": message}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


class OpenPanel(Protocol):
    """The fixture ``open_panel``."""

    def __call__(self, runner: Any = ..., **options: Any) -> Panel:
        """A panel of ``runner`` on the practice server, closed after the test."""


async def start_until(panel: Panel, in_flight: int) -> asyncio.Task[None]:
    """Start a run, and come back once the server has that many in flight."""
    run = panel.start()
    await until(lambda: panel.server.timeline.in_flight == in_flight)
    return run


async def stop(panel: Panel) -> None:
    """Press Stop, and wait until the run that goes on has ended."""
    run = panel.start()
    panel.stop()
    await run


async def raises_at_a_refusal(
    url: str, count: int, *, client: Any, limiter: Any
) -> list[Any]:
    """A runner that loses the other outcomes, and leaves their requests in flight."""
    return list(
        await semaphore.make_many_requests(url, count, client=client, limiter=limiter)
    )
