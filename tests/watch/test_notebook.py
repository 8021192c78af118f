"""`Watch` in a notebook: what a client of one's own sends is seen, and the client
notices nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from inflight_lab import ObservedTransport, PracticeServer, Timeline
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.watch.notebook import Watch
from inflight_lab.watch.probes.httpx_probe import HttpxProbe
from tests.support.waiting import PATIENCE, Gate, Hold, until

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """A client of either library, with its default transport and a pool of 3."""
    library: Any = request.param
    async with library.AsyncClient(
        timeout=PATIENCE, limits=library.Limits(max_connections=3)
    ) as client:
        yield client


def seen(watch: Watch) -> Timeline:
    """What the plot would draw now: it reads 20 times a second."""
    watch.request_log.catch_up()
    return watch.request_log.timeline


async def test_requests_are_seen_as_they_go(
    client: Any, server: PracticeServer, hold: Hold
) -> None:
    """In flight are those that have a connection; the others wait, which no counting at
    the client shows.
    """
    with Watch(client) as watch:
        tasks = [asyncio.create_task(client.get(server.url)) for _ in range(5)]
        await until(lambda: server.timeline.in_flight == 3)
        await until(lambda: seen(watch).stats().waiting == 2)
        assert seen(watch).in_flight == 3
        hold.release()
        responses = await asyncio.gather(*tasks)
        stats = seen(watch).stats()
    assert [response.status_code for response in responses] == [200] * 5
    assert (stats.accepted, stats.waiting, stats.in_flight, stats.peak_in_flight) == (
        5,
        0,
        0,
        3,
    )
    assert watch.run.counts.accepted == 5


def test_a_synchronous_client(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is seen as well; at the end stands what was seen and what stood out."""
    with httpx.Client() as client, Watch(client):
        server.latency = 0.05
        for number in range(6):
            client.get(server.url, params={"number": number})
    _the_plot, *said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"6 requests to 127.0.0.1:{server.port} in ")
    assert any(line.startswith("certain: One after the other: ") for line in said)
    words = [line for line in said if not line.startswith("  inflight-lab ")]
    assert all(len(line) <= 72 for line in words), "a notebook would break a word"


async def test_after_the_block_the_client_is_as_before(
    client: Any, server: PracticeServer
) -> None:
    """What is sent then is not seen, also after an error in the block; a second block
    sees anew.
    """
    before = dict(vars(client._transport))
    with suppress(ZeroDivisionError), Watch(client) as watch:
        await client.get(server.url)
        raise ZeroDivisionError
    await client.get(server.url)
    assert vars(client._transport) == before
    assert len(watch.request_log.requests) == 1
    with Watch(client) as again:
        await client.get(server.url)
    assert len(again.request_log.requests) == 1


async def test_nothing_that_is_sent_changes(
    client: Any, server: PracticeServer
) -> None:
    """The server gets the same request; the caller's own is not touched, nor is its
    trace.
    """
    traced = []

    async def trace(event: str, info: object) -> None:
        traced.append(event)

    request = client.build_request(
        "GET", server.url, params={"a": "1"}, extensions={"trace": trace}
    )
    before = (await client.send(request)).json()
    events, kept = (
        list(traced),
        vars(request) | {"extensions": dict(request.extensions)},
    )
    with Watch(client):
        responses = await asyncio.gather(client.send(request), client.send(request))
    assert [response.json() for response in responses] == [before, before]
    assert all(response.request is request for response in responses)
    assert vars(request) == kept
    assert (
        len(traced) >= len(events) + 2 * len(events) - 4
    )  # a second connection is opened


async def test_a_body_that_is_streamed_is_left_alone(
    client: Any, server: PracticeServer
) -> None:
    """Nobody reads it ahead; the request is in flight until the caller has had it or
    lets go of it.
    """
    with Watch(client) as watch:
        async with client.stream("GET", server.url) as response:
            assert not response.is_stream_consumed
            assert seen(watch).in_flight == 1
            assert b"".join([part async for part in response.aiter_raw()]).startswith(
                b"{"
            )
        assert seen(watch).stats().accepted == 1
        with pytest.raises(ZeroDivisionError):
            async with client.stream("GET", server.url):
                raise ZeroDivisionError  # the caller's error, not the request's
        assert seen(watch).stats().accepted == 2


async def test_what_gets_no_answer(
    client: Any, server: PracticeServer, hold: Hold
) -> None:
    """Time-outs, broken connections, full pools and cancels are told apart, and none
    stays in flight.
    """
    library: Any = sys.modules[type(client).__module__]
    impatient = library.Timeout(PATIENCE, pool=0.01)
    with Watch(client) as watch:
        with pytest.raises(library.ReadTimeout):
            await client.get(server.url, timeout=library.Timeout(PATIENCE, read=0.01))
        with pytest.raises(library.ConnectError):
            await client.get("http://127.0.0.1:9/")
        tasks = [asyncio.create_task(client.get(server.url)) for _ in range(3)]
        await until(lambda: seen(watch).in_flight == 3)
        with pytest.raises(library.PoolTimeout):
            await client.get(server.url, timeout=impatient)
        tasks.append(asyncio.create_task(client.get(server.url)))
        await until(lambda: seen(watch).waiting == 1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        stats = seen(watch).stats()
    errors = [request.error for request in watch.request_log.requests]
    assert errors[:2] == ["ReadTimeout", "ConnectError"]
    assert errors[5:] == ["PoolTimeout", "cancelled"]
    assert (stats.failed, stats.cancelled, stats.waiting, stats.in_flight) == (
        3,
        4,
        0,
        0,
    )


async def test_httpcore_tells_no_more_than_is_needed(
    client: Any, server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its calls costs the watched script time: once a request is sent there are
    none.
    """
    announced = []
    trace = HttpxProbe._trace

    def noted_trace(probe: HttpxProbe, event: str, info: object) -> None:
        announced.append(event.partition(".")[2])
        trace(probe, event, info)

    monkeypatch.setattr(HttpxProbe, "_trace", noted_trace)
    await client.get(server.url)
    with Watch(client):
        await client.get(server.url)
    assert announced == [
        "send_request_headers.started",
        "send_request_headers.complete",
    ]


async def test_what_costs_time_is_done_where_it_tells_something(
    client: Any, server: PracticeServer
) -> None:
    """No request is announced as waiting that the pool has room for; each refusal's
    headers are read.
    """
    with Watch(client) as watch:
        await asyncio.gather(*(client.get(server.url) for _ in range(3)))
        server.quota, server.rate, server.period = "sliding-window", 1, 30
        for _ in range(20):
            await client.get(server.url)
    assert "started" not in {event.kind for event in seen(watch).events}
    refusals = [each for each in watch.request_log.requests if each.status == 429]
    assert len(refusals) == 19
    assert all(refusal.headers for refusal in refusals)
    assert seen(watch).stats().started == 23


async def test_an_answer_that_breaks_off(client: Any) -> None:
    """Its headers were there; what goes wrong later is still the request's failure."""

    async def break_off(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        writer.close()

    library: Any = sys.modules[type(client).__module__]
    async with await asyncio.start_server(break_off, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        with Watch(client) as watch, pytest.raises(library.RemoteProtocolError):
            await client.get(f"http://{host}:{port}/")
    request = watch.request_log.first
    assert (request.status, request.error) == (0, "RemoteProtocolError")
    assert seen(watch).stats().failed == 1


async def test_a_retry_while_an_error_is_handled(
    client: Any, server: PracticeServer
) -> None:
    """The error before is not the fault of the request that is sent in its ``except``
    block.
    """
    with Watch(client) as watch:
        try:
            await client.get("http://127.0.0.1:9/")
        except Exception:
            await client.get(server.url)
        try:
            raise asyncio.CancelledError
        except asyncio.CancelledError:
            await client.get(server.url)
    assert [
        (request.status, request.error) for request in watch.request_log.requests
    ] == [
        (0, "ConnectError"),
        (200, ""),
        (200, ""),
    ]


async def test_the_quota_that_the_answers_say_is_drawn(
    client: Any, server: PracticeServer
) -> None:
    """Over as many seconds as it counts; requests that are refused are marked."""
    server.quota, server.rate, server.period = "sliding-window", 2, 30
    with Watch(client) as watch:
        for _ in range(3):
            await client.get(server.url)
    policies = [change.policy for change in watch.run.policies]
    assert policies == [QuotaPolicy("sliding-window", 2, 30)]
    assert watch.run.levels["rate"][-1].last == 3
    assert watch.run.levels["refused"]
    assert seen(watch).period == 30


@pytest.mark.parametrize(
    "transport", [Gate(), ObservedTransport()], ids=["in memory", "observed"]
)
async def test_any_transport_can_be_watched(
    transport: httpx.AsyncBaseTransport, server: PracticeServer
) -> None:
    """One without connections below it, and answers that are there at once, count as
    well.
    """
    if isinstance(transport, Gate):
        transport.open.set()
    async with httpx.AsyncClient(transport=transport) as client:
        with Watch(client) as watch:
            await client.get(server.url)
    assert seen(watch).stats().accepted == 1


@pytest.mark.parametrize(
    "transport",
    [Gate(), httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1))],
    ids=["without a pool", "with a trace of the caller's"],
)
async def test_requests_whose_wait_cannot_be_seen_are_in_flight(
    transport: httpx.AsyncBaseTransport, server: PracticeServer, hold: Hold
) -> None:
    """Nobody says when they are sent, so none of them is drawn as waiting."""

    async def trace(event: str, info: object) -> None:
        """The caller's own, in place of the probe's."""

    async with httpx.AsyncClient(transport=transport, timeout=PATIENCE) as client:
        with Watch(client) as watch:
            extensions = {"trace": trace}
            async with asyncio.TaskGroup() as tasks:
                for _ in range(2):
                    tasks.create_task(client.get(server.url, extensions=extensions))
                await until(lambda: seen(watch).in_flight == 2)
                assert seen(watch).waiting == 0
                hold.release()
                if isinstance(transport, Gate):
                    transport.open.set()
    assert seen(watch).stats().accepted == 2


@pytest.mark.parametrize(
    "wrong",
    [httpx, None, "client", httpx.AsyncHTTPTransport()],
    ids=["a module", "None", "a name", "a transport"],
)
def test_only_clients_can_be_watched(wrong: object) -> None:
    """Anything else is an error that says what is wanted."""
    with pytest.raises(
        TypeError,
        match="client must be an AsyncClient or a Client of httpx or httpx2, "
        "or a ClientSession of aiohttp, got ",
    ):
        Watch(wrong)


def test_a_client_is_watched_once() -> None:
    """A second block inside would count everything twice; the first goes on."""
    with httpx.Client() as client, Watch(client):
        with (
            pytest.raises(ValueError, match="client must not be watched already"),
            Watch(client),
        ):
            pass
        assert "handle_request" in vars(client._transport)
    assert "handle_request" not in vars(client._transport)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session of aiohttp, with a pool of 3."""
    connector = aiohttp.TCPConnector(limit=3)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def test_a_session_of_aiohttp(
    session: aiohttp.ClientSession, server: PracticeServer, hold: Hold
) -> None:
    """Its requests are seen as they go, waiting ones too, and afterwards it is as it
    was.
    """
    before = dict(vars(session.connector))

    async def get() -> int:
        async with session.get(server.url) as response:
            await response.read()
            return response.status

    with Watch(session) as watch:
        tasks = [asyncio.create_task(get()) for _ in range(5)]
        await until(lambda: server.timeline.in_flight == 3)
        await until(lambda: seen(watch).stats().waiting == 2)
        hold.release()
        assert await asyncio.gather(*tasks) == [200] * 5
        stats = seen(watch).stats()
    assert (stats.accepted, stats.waiting, stats.in_flight) == (5, 0, 0)
    assert stats.peak_in_flight == 3
    assert vars(session.connector).keys() == before.keys()


async def test_what_gets_no_answer_from_aiohttp(
    session: aiohttp.ClientSession, server: PracticeServer, hold: Hold
) -> None:
    """Time-outs, broken connections and cancels are told apart, and none stays in
    flight.
    """
    with Watch(session) as watch:
        timeout = aiohttp.ClientTimeout(sock_read=0.01)
        with pytest.raises(aiohttp.SocketTimeoutError):
            await session.get(server.url, timeout=timeout)
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://127.0.0.1:9/")
        tasks = [asyncio.create_task(session.get(server.url)) for _ in range(4)]
        await until(lambda: seen(watch).waiting == 1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        stats = seen(watch).stats()
    errors = [request.error for request in watch.request_log.requests]
    assert errors == ["SocketTimeoutError", "ClientConnectorError", *["cancelled"] * 4]
    assert (stats.failed, stats.cancelled, stats.in_flight) == (2, 4, 0)


async def test_a_session_that_is_closed(session: aiohttp.ClientSession) -> None:
    """It has nothing to watch, which is said at once."""
    await session.close()
    with pytest.raises(ValueError, match="must be an open ClientSession"):
        Watch(session)
