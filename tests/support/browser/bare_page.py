"""A widget's page without Jupyter: its JavaScript on an empty page, with a model that a
test plays.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Page

from inflight_lab import Panel, PracticeServer
from inflight_lab.lesson.panel.settings import NAMES
from inflight_lab.lesson.runs.columns import to_columns
from inflight_lab.lesson.runs.run import RequestEvent, Run
from inflight_lab.runners import semaphore
from tests.support.browser.javascript import Functions

SHOW_WIDGET = Functions("bare_page.js")["showWidget"]
EMPTY = """<!doctype html><html lang="en"><title>a panel</title>
<style>
:root { color-scheme: light dark }
body { margin: 8px; background: Canvas }
</style>"""
STATE = (*NAMES, "running", "notice", "_lanes", "_fixed")


def state_of(
    runners: Any = semaphore.make_many_requests, **more: Any
) -> dict[str, Any]:
    """What a page is told of a new panel."""

    async def made() -> dict[str, Any]:
        with PracticeServer(quota="sliding-window", rate=100) as server:
            panel = Panel(runners, server=server, **more)
            state = {name: getattr(panel, name) for name in (*STATE, "_esm", "_css")}
            state["_heard"] = {}
            panel.close()
        return state

    with (
        ThreadPoolExecutor() as elsewhere
    ):  # Playwright has a loop running in this thread
        return elsewhere.submit(asyncio.run, made()).result()


def widget_of(state: dict[str, Any]) -> dict[str, Any]:
    """What `SHOW_WIDGET` takes."""
    return {"esm": state["_esm"], "css": str(state["_css"]), "state": state}


def show(
    page: Page, state: dict[str, Any], *, width: int = 1024, height: int = 768
) -> None:
    """The panel on a page of that size."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto("about:blank")
    page.set_content(EMPTY)
    page.evaluate(SHOW_WIDGET, widget_of(state))


def hear(page: Page, run: Run, *, lane: int = 0, **more: object) -> None:
    """Have the page hear of a run, or of what is new in it."""
    message = {"lane": lane, "run": to_columns(run)} | more
    page.evaluate("message => model.hear(message)", message)


def run_of(*spans: tuple[float, float, int], **more: Any) -> Run:
    """A run with a request for each (sent, ended, status): it arrives at once."""
    events = []
    for number, (sent, ended, status) in enumerate(spans):
        events.append(RequestEvent(sent, "sent", number, None))
        events.append(RequestEvent(sent, "arrived", number, status))
        events.append(RequestEvent(ended, "answered", number, status))
    events.sort(key=lambda event: event.time)
    now = max((ended for _, ended, _ in spans), default=0.0)
    details: dict[str, Any] = {"events": events, "now": now}
    return Run(**(details | more))
