"""What is peculiar to the practice server in a browser page, tried on a computer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpcore
import httpx
import pytest

from inflight_lab.lesson import pyodide
from inflight_lab.lesson.server.in_page import create_connection
from inflight_lab.runners import naive, paced, semaphore
from tests.support.in_page import PageServer, client_in_page
from tests.support.virtual_clock import run
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(latency=0) as server:
        yield server


def test_every_request_waits() -> None:
    """Also without a latency: a page where nothing waits neither draws nor hears Stop
    until all is done.
    """

    async def sends() -> float:
        began = asyncio.get_running_loop().time()
        with PageServer(latency=0) as server:
            async with client_in_page() as sender:
                for _ in range(100):
                    await sender.get(server.url)
        return asyncio.get_running_loop().time() - began

    assert run(sends()) >= 0.1 - 1e-9


async def test_whoever_traces_a_request_hears_when_it_is_sent(
    server: PageServer,
) -> None:
    """So that `Watch` sees of a run in a page what it sees of one over a socket."""
    steps: list[str] = []

    async def trace(event: str, _: object) -> None:
        steps.append(event)

    async with client_in_page() as sender:
        await sender.get(server.url, extensions={"trace": trace})
    assert steps == ["http11.send_request_headers.started"]


async def test_other_sites_are_out_of_reach(server: PageServer) -> None:
    """Nothing leaves the page, and the error says what can be reached."""
    async with client_in_page() as sender:
        for url in ("https://httpbin.org/get", f"http://example.org:{server.port}/get"):
            with pytest.raises(httpx.ConnectError, match="only a PracticeServer can"):
                await sender.get(url)
    assert server.stats().started == 0


# ---- what a page does otherwise


@pytest.fixture
async def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """This test's Python behaves as one in a page does, once a server was started
    there.
    """
    loop = type(asyncio.get_running_loop())
    for owner, name in (
        (httpcore.AsyncConnectionPool, "create_connection"),
        (httpx.HTTPTransport, "__init__"),
        (asyncio, "run"),
        (time, "sleep"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(loop, "call_later", refuse_the_past, raising=False)
    # Python 3.14 has none.
    monkeypatch.delattr(asyncio.tasks, "_set_task_name", raising=False)
    pyodide.behave_as_on_a_computer(create_connection)


def refuse_the_past(
    loop: asyncio.AbstractEventLoop, delay: float, *arguments: Any, **options: Any
) -> Any:
    """As Pyodide's loop does."""
    if delay < 0:
        raise ValueError("Can't schedule in the past")
    return asyncio.BaseEventLoop.call_later(loop, delay, *arguments, **options)  # type: ignore[arg-type]


@pytest.fixture
async def early() -> AsyncIterator[httpx.AsyncClient]:
    """A client that is there before the page has a server."""
    limits = httpx.Limits(max_connections=5)
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE) as client:
        yield client


async def test_plain_clients_reach_the_server(
    early: httpx.AsyncClient, page: None, server: PageServer
) -> None:
    """`httpx.AsyncClient()` without arguments, as every notebook makes it; and one that
    was made before the server: the order of the two cells does not matter.
    """
    await semaphore.make_many_requests(server.url, 9, limit=3)
    server.latency = 0.05
    await naive.make_many_requests(server.url, 20, client=early)
    assert (server.stats().accepted, server.stats().peak_in_flight) == (29, 5)


async def test_a_client_that_would_block_the_page_says_so(page: None) -> None:
    """One clear error in place of a page that hangs."""
    with pytest.raises(RuntimeError, match=r"use httpx.AsyncClient, and await"):
        httpx.Client()


async def test_due_a_moment_ago_is_due_now(page: None, server: PageServer) -> None:
    """A pacer gives its places back at times that may just have passed; none of them is
    lost.
    """
    called = asyncio.Event()
    asyncio.get_running_loop().call_later(-1, called.set)
    await asyncio.wait_for(called.wait(), PATIENCE)
    responses = await paced.make_many_requests(server.url, 60, rate=20, period=0.2)
    assert len(responses) == 60
