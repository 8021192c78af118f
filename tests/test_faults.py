"""When things go wrong: an outcome for each request, no hang, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.conftest import PATIENCE, Gate, Hold, settle, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
LADDER = [naive, semaphore, semaphore_pause]
COUNT = 5

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def each(rungs: list[ModuleType]) -> Any:
    """Run the test once per rung."""
    return pytest.mark.parametrize("rung", rungs, ids=lambda rung: rung.__name__.rpartition(".")[2])


def fast(rung: ModuleType) -> dict[str, float]:
    """Arguments that shorten the pause of the rung that has one."""
    return {"pause": 0.001} if rung is semaphore_pause else {}


# What a faulty server may do once it has read the request.


async def say_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"this is not HTTP\r\n\r\n")


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def stop_in_mid_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


async def reset_in_mid_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await stop_in_mid_body(reader, writer)
    await writer.drain()
    # Close with a reset instead of an orderly end.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def stall_in_mid_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await stop_in_mid_body(reader, writer)
    await reader.read()


async def compress_badly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain")


async def send_broken_json(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{broken")


@contextlib.asynccontextmanager
async def faulty_server(fault: Handler) -> AsyncIterator[str]:
    """A raw socket server that reads a request, does ``fault``, and hangs up."""
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        handlers.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await fault(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            handlers.discard(task)

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/get"
    finally:
        listener.close()
        await until(lambda: not handlers)


@each(LADDER)
@pytest.mark.parametrize("observed", [False, True], ids=["plain", "observed"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (say_nonsense, httpx.RemoteProtocolError),
        (hang_up, httpx.RemoteProtocolError),
        (stay_silent, httpx.ReadTimeout),
        (stop_in_mid_body, httpx.RemoteProtocolError),
        (reset_in_mid_body, (httpx.ReadError, httpx.RemoteProtocolError)),
        (stall_in_mid_body, httpx.ReadTimeout),
        (compress_badly, httpx.DecodingError),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_an_outcome_for_each_request(
    rung: ModuleType, observed: bool, fault: Handler, error: type[Exception]
) -> None:
    """Whatever the server does, each request ends, in its place, with an error that says what happened."""
    timeout = httpx.Timeout(PATIENCE, read=0.1) if error is httpx.ReadTimeout else httpx.Timeout(PATIENCE)
    transport = ObservedTransport() if observed else None
    async with (
        faulty_server(fault) as url,
        asyncio.timeout(PATIENCE * 2),
        httpx.AsyncClient(transport=transport, timeout=timeout) as client,
    ):
        outcomes = await rung.make_many_requests(
            url, COUNT, client=client, return_exceptions=True, **fast(rung)
        )
    assert len(outcomes) == COUNT
    for outcome in outcomes:
        assert isinstance(outcome, error)
    if transport:
        stats = transport.stats()
        assert (stats.started, stats.in_flight) == (COUNT, 0)
        # A body that was all received but cannot be decoded was an answer to the transport.
        assert (stats.accepted if fault is compress_badly else stats.failed) == COUNT


@each(LADDER)
async def test_connection_refused(rung: ModuleType) -> None:
    """A port where nobody listens: an outcome each, also with a client of the run's own."""
    with PracticeServer(latency=0) as gone:
        url = gone.url
    async with asyncio.timeout(PATIENCE):
        outcomes = await rung.make_many_requests(url, COUNT, return_exceptions=True, **fast(rung))
    assert [type(outcome) for outcome in outcomes] == [httpx.ConnectError] * COUNT


@each(LADDER)
async def test_broken_json_is_a_response(rung: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The runners do not read the body: broken JSON comes back as the response that it is."""
    async with faulty_server(send_broken_json) as url:
        outcomes = await rung.make_many_requests(url, COUNT, **fast(rung))
    assert [outcome.text for outcome in outcomes] == ["{broken"] * COUNT
    rung.print_result(outcomes)
    assert capsys.readouterr().out.endswith("The first response is not JSON: '{broken'\n")


@each(LADDER)
async def test_server_gone_in_mid_run(rung: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that stops under the run: the answers so far are kept, the rest are errors, all in place."""
    server = PracticeServer(latency=0).start()
    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(limits=httpx.Limits(max_connections=3), timeout=PATIENCE) as client,
    ):
        run = asyncio.create_task(
            rung.make_many_requests(server.url, 400, client=client, return_exceptions=True, **fast(rung))
        )
        await until(lambda: server.stats().accepted >= 10)
        server.latency = 600
        await until(lambda: server.stats().in_flight == 3)
        await asyncio.to_thread(server.stop)
        outcomes = await run
    assert len(outcomes) == 400
    answered = sum(isinstance(outcome, httpx.Response) for outcome in outcomes)
    assert 10 <= answered == server.stats().accepted < 400
    assert all(isinstance(outcome, httpx.Response | httpx.TransportError) for outcome in outcomes)
    assert capfd.readouterr() == ("", "")


# Cancelling.


@each(LADDER)
async def test_one_cancelled_request_is_one_outcome(rung: ModuleType) -> None:
    """A single request that is cancelled leaves a ``CancelledError`` in its place and harms no other."""
    numbers = iter(range(COUNT))

    async def answer(request: httpx.Request) -> httpx.Response:
        if next(numbers) == 2:
            task = asyncio.current_task()
            assert task
            task.cancel()
        await asyncio.sleep(0)
        return httpx.Response(200)

    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client,
    ):
        outcomes = await rung.make_many_requests(
            URL, COUNT, client=client, return_exceptions=True, **fast(rung)
        )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [httpx.Response] * 2 + [asyncio.CancelledError] + [httpx.Response] * (COUNT - 3)


@each(LADDER)
@pytest.mark.parametrize("return_exceptions", [False, True])
async def test_a_cancelled_run_cancels_every_request(
    rung: ModuleType, return_exceptions: bool, server: PracticeServer, hold: Hold
) -> None:
    """Cancelling the run ends those in flight and those that wait; no task and no socket is left."""
    before = asyncio.all_tasks()
    run = asyncio.create_task(
        rung.make_many_requests(server.url, 20, return_exceptions=return_exceptions, **fast(rung))
    )
    await until(lambda: server.stats().in_flight == (20 if rung is naive else 3))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await settle()
    assert asyncio.all_tasks() == before
    started = server.stats().started
    hold.release()
    await until(lambda: server.stats().in_flight == 0)
    assert server.stats().started == started == (20 if rung is naive else 3)
    gc.collect()


async def test_the_server_sees_the_cancel(server: PracticeServer) -> None:
    """A cancelled run hangs up: the server stops working for it and counts the requests as cancelled."""
    server.latency = 600
    run = asyncio.create_task(semaphore.make_many_requests(server.url, 20, limit=5))
    await until(lambda: server.stats().in_flight == 5)
    run.cancel()
    await asyncio.wait([run])
    await until(lambda: server.stats().in_flight == 0)
    assert (server.stats().started, server.stats().cancelled) == (5, 5)


@each([semaphore, semaphore_pause])
async def test_a_cancelled_run_gives_every_slot_back(rung: ModuleType) -> None:
    """After a cancelled run the same limiter serves the next one, whole."""
    limiter, observed = AdjustableLimiter(3), ObservedTransport(gate := Gate())
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(rung.make_many_requests(URL, 20, limiter=limiter, client=client))
        await settle()
        assert (limiter.in_use, limiter.waiting) == (3, 17)
        run.cancel()
        await asyncio.wait([run])
        await settle()
        assert (limiter.in_use, limiter.waiting) == (0, 0)
        assert (observed.stats().started, observed.stats().cancelled) == (3, 3)
        gate.open.set()
        await rung.make_many_requests(URL, 6, limiter=limiter, client=client, **fast(rung))
    assert observed.stats().accepted == 6
    assert observed.stats().peak_in_flight == 3


async def test_a_pausing_run_can_be_cancelled_in_its_pause() -> None:
    """Stop does not wait for the pause to end."""
    limiter = AdjustableLimiter(2)
    async with httpx.AsyncClient(transport=(gate := Gate())) as client:
        gate.open.set()
        run = asyncio.create_task(
            semaphore_pause.make_many_requests(URL, 9, limiter=limiter, client=client, pause=600)
        )
        await settle()
        assert limiter.in_use == 2
        run.cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([run])
    await settle()
    assert run.cancelled()
    assert limiter.in_use == 0
