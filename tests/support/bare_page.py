"""A widget's page without Jupyter: its JavaScript on an empty page, with a model that a
test plays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Page

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive, semaphore
from inflight_lab.runs.columns import to_columns
from inflight_lab.runs.levels import Line, Point
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Run, no_levels
from tests.support.javascript import Functions

SHOW_WIDGET = Functions("bare_page.js")["showWidget"]
SETTINGS = ("limit", "count", "latency", "rate", "quota", "slow")


def state_of(
    runners: Any = semaphore.make_many_requests, **more: Any
) -> dict[str, Any]:
    """What a page is told of a new panel."""

    async def made() -> dict[str, Any]:
        with PracticeServer(quota="sliding-window", rate=100) as server:
            panel = Panel(runners, server=server, **more)
            names = (
                *SETTINGS,
                "view",
                "running",
                "notice",
                "more",
                "_headings",
                "_page",
                "_esm",
                "_css",
            )
            state = {name: getattr(panel, name) for name in names}
            panel.close()
        return state

    with (
        ThreadPoolExecutor() as elsewhere
    ):  # Playwright has a loop running in this thread
        return elsewhere.submit(asyncio.run, made()).result()


TWO = {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests}


def show(
    page: Page, state: dict[str, Any], *, width: int = 1024, height: int = 768
) -> None:
    """The panel on a page of that size."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto("about:blank")
    page.set_content(
        "<!doctype html><title>a panel</title><style>body { margin: 8px }</style>"
    )
    page.evaluate(
        SHOW_WIDGET, {"esm": state["_esm"], "css": str(state["_css"]), "state": state}
    )


def hear(page: Page, run: Run, *, lane: int = 0, **more: object) -> None:
    """Have the page hear of a run, or of what is new in it."""
    message = {"lane": lane, "run": to_columns(run)} | more
    page.evaluate("message => hear(message)", message)


def run_of(
    levels: Mapping[Line, Iterable[tuple[float, ...]]] | None = None,
    *,
    policy: QuotaPolicy | None = None,
    **more: Any,
) -> Run:
    """A run with these lines, each of (time, lowest, highest, last); it is over."""
    points = no_levels()
    for line, rows in (levels or {}).items():
        points[line] = [Point(*row) for row in rows]
    policies = [PolicyChange(0.0, policy)] if policy else []
    return Run(levels=points, policies=policies, **more)
