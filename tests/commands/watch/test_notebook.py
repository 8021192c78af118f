"""`Watch` in a notebook: what a client of one's own sends is seen, and the client
notices nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from inflight_lab import ObservedTransport, PracticeServer, Watch
from tests.support.waiting import PATIENCE, Gate, Hold, until

pytestmark = pytest.mark.anyio
Get = Any


@pytest.fixture(params=["httpx", "httpx2", "aiohttp"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """A client of each library, with a pool of 3."""
    if request.param == "aiohttp":
        connector = aiohttp.TCPConnector(limit=3)
        async with aiohttp.ClientSession(connector=connector) as session:
            yield session
        return
    library: Any = {"httpx": httpx, "httpx2": httpx2}[request.param]
    limits = library.Limits(max_connections=3)
    async with library.AsyncClient(timeout=PATIENCE, limits=limits) as each:
        yield each


async def get(client: Any, url: str) -> int:
    """The status of a request, whose body is read."""
    response = await client.get(url)
    if isinstance(client, aiohttp.ClientSession):
        await response.read()
        return int(response.status)
    return int(response.status_code)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, without the line breaks."""
    return " ".join(capsys.readouterr().out.split())


async def test_requests_are_seen_as_they_go(
    client: Any, server: PracticeServer, hold: Hold
) -> None:
    """In flight are those that have a connection; the others wait, which no counting at
    the client shows.
    """
    with Watch(client) as watch:
        timeline = watch.request_log.timeline
        assert timeline is not None
        tasks = [asyncio.create_task(get(client, server.url)) for _ in range(5)]
        await until(lambda: server.timeline.in_flight == 3)
        await until(lambda: timeline.stats().waiting == 2)
        assert timeline.in_flight == 3
        hold.release()
        assert await asyncio.gather(*tasks) == [200] * 5
        await until(lambda: timeline.stats().accepted == 5)
    assert watch.run.counts.accepted == 5


async def test_at_the_end_stands_what_stood_out(
    client: Any, server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the quota that the answers name, which is drawn as well, and no line of a
    notebook's cell.
    """
    server.quota, server.rate, server.period = "sliding-window", 10, 60.0
    with Watch(client) as watch:
        await asyncio.gather(*(get(client, server.url) for _ in range(20)))
    words = said(capsys)
    assert "10 accepted, 10 refused" in words
    assert "certain: Over the quota: 10 of 20 requests" in words
    policy = watch.run.terms[-1].quota
    assert policy is not None
    assert (policy.rate, policy.period) == (10, 60)


async def test_after_the_block_the_client_is_as_before(
    client: Any, server: PracticeServer
) -> None:
    """What is sent then is not seen, also after an error in the block; a second block
    sees it again.
    """
    owners = [client.connector] if hasattr(client, "connector") else [client._transport]
    before = [set(vars(owner)) for owner in owners]
    with suppress(ZeroDivisionError), Watch(client) as watch:
        await get(client, server.url)
        _ = 1 / 0
    assert [set(vars(owner)) for owner in owners] == before
    await get(client, server.url)
    assert len(watch.request_log.requests) == 1
    with Watch(client) as watch:
        await get(client, server.url)
    assert len(watch.request_log.requests) == 1


async def test_what_gets_no_answer(
    client: Any, server: PracticeServer, hold: Hold, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken connections and cancels are told apart, and none stays in flight."""
    with Watch(client):
        task = asyncio.create_task(get(client, server.url))
        await until(lambda: server.timeline.in_flight == 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(Exception):
            await get(client, "http://127.0.0.1:9/")
    words = said(capsys)
    assert "1 cancelled" in words
    assert "1 failed (Con" in words or "1 failed (Client" in words
    assert "without an end" not in words


async def test_a_body_that_is_streamed_is_left_alone(server: PracticeServer) -> None:
    """Nobody reads it ahead; the request is in flight until the caller has had it."""
    async with httpx.AsyncClient() as client:
        with Watch(client) as watch:
            (owner,) = [watch.request_log]
            async with client.stream("GET", server.url) as response:
                assert owner.open == 1
                assert not response.is_stream_consumed
                await response.aread()
            assert owner.open == 0


async def test_any_transport_can_be_watched(server: PracticeServer) -> None:
    """One without connections, and one around another."""
    for transport in (ObservedTransport(), Gate(429)):
        if isinstance(transport, Gate):
            transport.open.set()
        async with httpx.AsyncClient(transport=transport) as client:
            with Watch(client) as watch:
                await client.get(server.url)
        assert watch.run.counts.accepted + watch.run.counts.refused == 1


def test_a_synchronous_client(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is seen as well; that it blocks the loop of a notebook is no fault of its."""
    with httpx.Client() as client, Watch(client):
        for _ in range(6):
            client.get(server.url)
    words = said(capsys)
    assert "6 accepted, 0 refused" in words
    assert "blocked" not in words


@pytest.mark.parametrize("wrong", [None, "https://api.example.com", httpx])
def test_only_clients_can_be_watched(wrong: object) -> None:
    """Anything else is an error that says what is wanted."""
    with pytest.raises(TypeError, match="an AsyncClient or a Client of httpx"):
        Watch(wrong)
