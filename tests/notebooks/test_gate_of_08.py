"""Notebook 08's gate, on the virtual clock: what waits there, and how it leaves."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from inflight_lab.runners import resilient
from inflight_lab.runners.pacer import Pacer
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.notebook_tools import code_cell, notebook
from tests.support.virtual_clock import run

QUOTA = {"quota": "sliding-window", "rate": 20, "period": 2}
URL = "http://127.0.0.1/get"
Send = Callable[[httpx.AsyncClient, Pacer], Awaitable[object]]


def most_at_once(send: Send) -> int:
    """The largest burst, if others have just used up the quota of two seconds."""

    async def send_after_others() -> int:
        app = PracticeApp(latency=0.05, **QUOTA)
        app.timeline.clock = asyncio.get_running_loop().time
        app.reset()
        async with client_of(app) as client:
            await asyncio.gather(*(client.get(URL) for _ in range(20)))
            app.timeline.reset()
            await send(client, Pacer(20, 2))
        sent = [event for event in app.timeline.events if event.kind == "sent"]
        tenths = Counter(int(10 * event.time) for event in sent)
        return max(tenths.values())

    return run(send_after_others())


async def send_as_the_notebook(client: httpx.AsyncClient, pacer: Pacer) -> None:
    """With its own gate, behind the limiter."""
    names: dict[str, Any] = {"asyncio": asyncio, "time": time}
    for cell in ("code-gate", "code-gate-insist"):
        exec(code_cell(notebook("08"), cell), names)
    shared = {"client": client, "limiter": pacer, "gate": names["Gate"]()}
    insist = names["insist_together"]
    await asyncio.gather(*(insist(URL, **shared) for _ in range(40)))


async def send_resiliently(client: httpx.AsyncClient, pacer: Pacer) -> None:
    """With the runner that gives its turn back before it waits."""
    await resilient.make_many_requests(URL, 40, client=client, limiter=pacer)


def test_behind_a_pacer_the_gate_lets_out_a_burst() -> None:
    """What waits there has had its turn; whoever takes another one keeps the pace."""
    assert most_at_once(send_as_the_notebook) == 20
    assert most_at_once(send_resiliently) < 5
