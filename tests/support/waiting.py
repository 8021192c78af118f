"""How tests wait: for a state, or for a gate that they open themselves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import httpx

from inflight_lab import ObservedTransport

PATIENCE = 60.0
"""Seconds until a test gives up: only a hang takes so long, not a busy machine."""


class Hold:
    """Keeps requests in flight at the server until `release`, whatever its latency."""

    def __init__(self) -> None:
        self._released = False
        self._held: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def wait(self, request: object, seconds: float) -> bool:
        """Stands in for the server's wait: runs in its thread, on its loop."""
        event = asyncio.Event()
        self._held.append((asyncio.get_running_loop(), event))
        if not self._released:
            await event.wait()
        return False

    def release(self) -> None:
        """Let all go, and those that come later too."""
        self._released = True
        for loop, event in self._held:
            loop.call_soon_threadsafe(event.set)


class Gate(httpx.AsyncBaseTransport):
    """A transport without a network that holds each request until `open` is set."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.open = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for the gate; answer with the next status, or 200 when none is left."""
        await self.open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        return httpx.Response(status, json={})


def seen_by(client: httpx.AsyncClient) -> ObservedTransport:
    """What the ``client`` fixture's transport has noted."""
    transport = client._transport
    assert isinstance(transport, ObservedTransport)
    return transport


async def until(condition: Callable[[], bool], *, patience: float = PATIENCE) -> None:
    """Come back as soon as ``condition()`` holds; fail if it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {patience} s"
        await asyncio.sleep(0.002)


async def settle() -> None:
    """Let every task run until it waits for something outside the loop's own queue."""
    for _ in range(200):
        await asyncio.sleep(0)


def practice_threads() -> list[threading.Thread]:
    """The threads of practice servers that are alive."""
    return [
        thread for thread in threading.enumerate() if thread.name == "practice-server"
    ]
