"""The practice server on a socket and in a browser page: one app, with the same face,
the same answers and the same failures.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from inflight_lab.lesson.server.practice_server import PracticeServer
from inflight_lab.runners import naive
from tests.support.in_page import PageServer, client_in_page, pool_of
from tests.support.waiting import PATIENCE, Hold, practice_threads, until

pytestmark = pytest.mark.anyio


class Place:
    """Where a server is, and how clients are made that reach it."""

    def __init__(self, name: str) -> None:
        self.in_page = name == "page"
        self.server_class = PageServer if self.in_page else PracticeServer

    def server(self, **options: Any) -> PracticeServer:
        """A server that answers at once, unless told otherwise."""
        return self.server_class(**({"latency": 0} | options))

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client with httpx's own pool."""
        make = client_in_page if self.in_page else httpx.AsyncClient
        return make(**({"timeout": PATIENCE} | options))


@pytest.fixture(params=["socket", "page"])
def place(request: pytest.FixtureRequest) -> Place:
    return Place(request.param)


@pytest.fixture
async def server(place: Place) -> AsyncIterator[PracticeServer]:
    async with place.server() as server:
        yield server


async def test_answers_like_httpbin(place: Place, server: PracticeServer) -> None:
    """The shape of httpbin's ``/get``: a learner's code for the one runs against the
    other.
    """
    url = f"{server.url}?a=1&b=x&b=y"
    async with place.client() as client:
        response = await client.get(url, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.reason_phrase) == (200, "OK")
    assert response.http_version == "HTTP/1.1"
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["args", "headers", "origin", "url"]
    assert answer["args"] == {"a": "1", "b": ["x", "y"]}
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["User-Agent"].startswith("python-httpx/")
    assert answer["headers"]["Host"] == f"127.0.0.1:{server.port}"
    assert answer["origin"] == "127.0.0.1"
    assert answer["url"] == url


async def test_no_more_in_flight_than_the_pool_has_connections(
    place: Place, server: PracticeServer, hold: Hold
) -> None:
    """httpx's own pool of 100: the rest waits inside the client."""
    async with place.client() as client:
        sending = asyncio.create_task(
            naive.make_many_requests(server.url, 110, client=client)
        )
        await until(lambda: server.stats().in_flight >= 100)
        hold.release()
        await sending
    assert server.stats().peak_in_flight == 100
    assert server.stats().accepted == 110


async def test_who_waits_too_long_in_the_pool_is_never_sent(
    place: Place, server: PracticeServer, hold: Hold
) -> None:
    """A pool of 1 and little patience: one answer, two PoolTimeouts, one request at the
    server, and no connection is lost.
    """
    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(PATIENCE, pool=0.1)
    async with place.client(limits=limits, timeout=timeout) as client:
        first, *others = (
            asyncio.ensure_future(client.get(server.url)) for _ in range(3)
        )
        outcomes = await asyncio.gather(*others, return_exceptions=True)
        assert [type(each) for each in outcomes] == [httpx.PoolTimeout] * 2
        hold.release()
        assert (await first).status_code == 200
        assert (await client.get(server.url)).status_code == 200
    assert server.stats().started == 2


@pytest.mark.parametrize("how", ["timeout", "cancel"])
async def test_who_gives_up_spends_the_quota(
    place: Place, server: PracticeServer, how: str
) -> None:
    """The server sees who hangs up, and counts the request, as cancelled; the
    connection is not used again.
    """
    server.quota, server.rate, server.period = "sliding-window", 1, 60
    server.latency = 600
    read = 0.3 if how == "timeout" else None
    limits = httpx.Limits(max_connections=1)
    async with place.client(
        timeout=httpx.Timeout(None, read=read), limits=limits
    ) as client:
        request = asyncio.ensure_future(client.get(server.url))
        if how == "cancel":
            await until(lambda: server.stats().in_flight == 1)
            request.cancel()
        await asyncio.wait([request], timeout=PATIENCE)
        assert request.cancelled() or isinstance(request.exception(), httpx.ReadTimeout)
        assert pool_of(client).connections == []
        await until(lambda: server.stats().cancelled == 1)
        server.latency = 0
    async with place.client() as another:
        assert (await another.get(server.url)).status_code == 429
    assert (server.stats().refused, server.stats().in_flight) == (1, 0)


async def test_stop_hangs_up(
    place: Place, server: PracticeServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits for a server that stops gets an error of httpx's at once, and so does
    who comes later; it can start again where it was.  Nothing is left behind, and
    nobody reads a traceback.
    """
    async with place.client(timeout=None) as client:
        await client.get(server.url)
        server.latency = 600
        requests = [asyncio.ensure_future(client.get(server.url)) for _ in range(3)]
        await until(lambda: server.stats().in_flight == 3)
        server.stop()
        assert not server.running
        assert practice_threads() == []
        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
        with pytest.raises(httpx.ConnectError):
            await client.get(server.url)
        assert (server.stats().cancelled, server.stats().in_flight) == (3, 0)
        assert caplog.text == ""
        server.stop()
        server.latency = 0
        url = server.url
        assert server.start() is server
        assert server.url == url
        assert (await client.get(url)).status_code == 200


async def test_a_taken_port_is_an_error(place: Place, server: PracticeServer) -> None:
    """An ``OSError`` at once; the first server goes on, and when it has stopped the
    second may start.
    """
    server.start()  # it serves already: that is no error
    threads = practice_threads()
    second = place.server(port=server.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    assert not second.running
    assert practice_threads() == threads
    async with place.client() as client:
        assert (await client.get(server.url)).status_code == 200
        server.stop()
        async with second:
            localhost = f"http://localhost:{server.port}/get"
            assert (await client.get(localhost)).status_code == 200
    assert (server.stats().accepted, second.stats().accepted) == (1, 1)
