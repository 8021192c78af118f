"""The practice server of the browser build, here on a computer: the same face, answers
and failures.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpcore
import httpx
import pytest

from inflight_lab import PracticeServer as RealServer
from inflight_lab.jupyter import pyodide
from inflight_lab.runners import naive, paced, semaphore
from inflight_lab.server.in_process import PageListener, create_connection
from tests.support.virtual_clock import run
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


class PracticeServer(RealServer):
    """As in the browser build."""

    listen = PageListener


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0) as server:
        yield server


def client(**options: Any) -> httpx.AsyncClient:
    """A client with httpx's own pool and no socket, as `httpx.AsyncClient` makes one in
    the browser build.
    """
    client = httpx.AsyncClient(**{"timeout": PATIENCE} | options)
    pool = pool_of(client)
    pool.create_connection = partial(create_connection, pool)  # type: ignore[method-assign]
    return client


def pool_of(client: httpx.AsyncClient) -> httpcore.AsyncConnectionPool:
    """The pool of its transport."""
    assert isinstance(client._transport, httpx.AsyncHTTPTransport)
    assert isinstance(client._transport._pool, httpcore.AsyncConnectionPool)
    return client._transport._pool


async def test_answers_as_on_a_socket(server: PracticeServer) -> None:
    """Body, status and the headers that a lesson reads are those of the real server."""
    headers = {"User-Agent": "test", "Content-Type": "application/json"}
    with RealServer(latency=0, quota="sliding-window", rate=1, period=60) as real:
        server.quota, server.rate, server.period = "sliding-window", 1, 60
        seen = []
        for place, opened in ((real, httpx.AsyncClient()), (server, client())):
            async with opened as sender:
                accepted = await sender.get(
                    place.url, params={"page": 2}, headers=headers
                )
                refused = await sender.get(place.url)
            body = accepted.json()
            assert body.pop("url") == f"{place.url}?page=2"
            assert body["headers"].pop("Host") == f"127.0.0.1:{place.port}"
            said = [
                (each.status_code, each.reason_phrase, each.http_version)
                for each in (accepted, refused)
            ]
            fields = ("RateLimit-Policy", "RateLimit", "Retry-After", "Content-Type")
            seen.append((body, said, [refused.headers[field] for field in fields]))
    assert seen[0] == seen[1]


def test_every_request_waits() -> None:
    """Also without a latency: a page where nothing waits neither draws nor hears Stop
    until all is done.
    """

    async def sends() -> float:
        began = asyncio.get_running_loop().time()
        with PracticeServer(latency=0) as server:
            async with client() as sender:
                for _ in range(100):
                    await sender.get(server.url)
        return asyncio.get_running_loop().time() - began

    assert run(sends()) >= 0.1 - 1e-9


async def test_no_more_in_flight_than_the_pool_has_connections(
    server: PracticeServer,
) -> None:
    """httpx's own pool of 100: the rest waits inside the client, as on a socket."""
    server.latency = 0.2
    async with client() as sender:
        await naive.make_many_requests(server.url, 150, client=sender)
    assert server.stats().peak_in_flight == 100
    assert server.stats().accepted == 150


async def test_whoever_traces_a_request_hears_when_it_is_sent(
    server: PracticeServer,
) -> None:
    """So that `Watch` sees of a run in a page what it sees of one over a socket."""
    steps: list[str] = []

    async def trace(event: str, _: object) -> None:
        steps.append(event)

    async with client() as sender:
        await sender.get(server.url, extensions={"trace": trace})
    assert steps == ["http11.send_request_headers.started"]


async def test_who_waits_too_long_in_the_pool_is_never_sent(
    server: PracticeServer,
) -> None:
    """A pool of 1 and little patience: one answer, two PoolTimeouts, one request at the
    server.
    """
    server.latency = 0.3
    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(PATIENCE, pool=0.1)
    async with client(limits=limits, timeout=timeout) as sender:
        requests = [sender.get(server.url) for _ in range(3)]
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes] == [
            "Response",
            "PoolTimeout",
            "PoolTimeout",
        ]
        assert (
            await sender.get(server.url)
        ).status_code == 200  # no connection was lost
    assert server.stats().started == 2


async def test_read_timeout_loses_the_answer_and_spends_the_quota(
    server: PracticeServer,
) -> None:
    """The timeout fires although there is no socket; the server counts the request, as
    cancelled.
    """
    server.latency, server.quota, server.rate, server.period = (
        60,
        "sliding-window",
        1,
        60,
    )
    async with client(timeout=httpx.Timeout(PATIENCE, read=0.5)) as sender:
        with pytest.raises(httpx.ReadTimeout):
            await sender.get(server.url)
        server.latency = 0
        assert (await sender.get(server.url)).status_code == 429
    assert (
        server.stats().cancelled,
        server.stats().refused,
        server.stats().in_flight,
    ) == (1, 1, 0)


async def test_cancelled_request_counts_as_cancelled(server: PracticeServer) -> None:
    """The server notices who hangs up, and the connection is not used again."""
    server.latency = 60
    async with client() as sender:
        request = asyncio.ensure_future(sender.get(server.url))
        await until(lambda: server.stats().in_flight == 1)
        request.cancel()
        await asyncio.wait([request])
        assert request.cancelled()
        server.latency = 0
        assert (await sender.get(server.url)).status_code == 200
    assert (
        server.stats().cancelled,
        server.stats().accepted,
        server.stats().in_flight,
    ) == (1, 1, 0)


async def test_stop_hangs_up(server: PracticeServer) -> None:
    """Who waits for a server that stops gets an error of httpx's at once, and so does
    who comes later.
    """
    server.latency = 60
    async with client() as sender:
        requests = [asyncio.ensure_future(sender.get(server.url)) for _ in range(3)]
        await until(lambda: server.stats().in_flight == 3)
        server.stop()
        assert not server.running
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [
            httpx.RemoteProtocolError
        ] * 3
        with pytest.raises(httpx.ConnectError, match="no PracticeServer is running"):
            await sender.get(server.url)
        server.latency = 0
        server.start()
        assert (await sender.get(server.url)).status_code == 200
    assert server.stats().cancelled == 3


async def test_other_sites_are_out_of_reach(server: PracticeServer) -> None:
    """Nothing leaves the page, and the error says what can be reached."""
    async with client() as sender:
        for url in ("https://httpbin.org/get", f"http://example.org:{server.port}/get"):
            with pytest.raises(
                httpx.ConnectError, match="only a PracticeServer can be reached"
            ):
                await sender.get(url)
    assert server.stats().started == 0


async def test_ports() -> None:
    """Any free port, or the one that is wanted; a taken one is an error; a stopped
    server's is free again.
    """
    async with PracticeServer() as first, PracticeServer() as second:
        assert first.port != second.port
        assert first.start() is first
        with pytest.raises(OSError, match=f"port {first.port} is in use"):
            PracticeServer(port=first.port).start()
    with PracticeServer(port=first.port, latency=0) as again:
        async with client() as sender:
            assert (
                await sender.get(f"http://localhost:{first.port}/get")
            ).status_code == 200
        assert again.stats().accepted == 1


async def test_idle_connections_are_kept_and_let_go(server: PracticeServer) -> None:
    """The pool keeps 20 idle connections and no closed ones, as on sockets."""
    server.latency = 0.05
    async with client() as sender:
        await semaphore.make_many_requests(server.url, 60, limit=30, client=sender)
        kept = pool_of(sender).connections
        assert len(kept) == 20
        assert all(
            connection.is_idle() and not connection.has_expired() for connection in kept
        )
        server.stop()
        assert all(connection.has_expired() for connection in kept)


async def test_an_idle_connection_expires(server: PracticeServer) -> None:
    """One that was idle for longer than the client allows is not used again, as on
    sockets.
    """
    async with client(limits=httpx.Limits(keepalive_expiry=0.05)) as sender:
        await sender.get(server.url)
        (first,) = pool_of(sender).connections
        await until(first.has_expired)
        await sender.get(server.url)
        (second,) = pool_of(sender).connections
    assert second is not first
    assert first.is_closed()
    async with client(limits=httpx.Limits(keepalive_expiry=None)) as sender:
        await sender.get(server.url)
        (first,) = pool_of(sender).connections
        await sender.get(server.url)
        assert pool_of(sender).connections == [first]


# ---- what a page does otherwise


@pytest.fixture
async def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """This test's Python behaves as one in a page does, once the package was imported
    there.
    """
    loop = type(asyncio.get_running_loop())
    for owner, name in (
        (httpcore.AsyncConnectionPool, "create_connection"),
        (httpx.AsyncHTTPTransport, "__init__"),
        (httpx.HTTPTransport, "__init__"),
        (asyncio, "run"),
        (time, "sleep"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(loop, "call_later", refuse_the_past, raising=False)
    monkeypatch.delattr(
        asyncio.tasks, "_set_task_name", raising=False
    )  # Python 3.14 has none
    pyodide.behave_as_on_a_computer(create_connection)


def refuse_the_past(
    loop: asyncio.AbstractEventLoop, delay: float, *arguments: Any, **options: Any
) -> Any:
    """As Pyodide's loop does."""
    if delay < 0:
        raise ValueError("Can't schedule in the past")
    return asyncio.BaseEventLoop.call_later(loop, delay, *arguments, **options)  # type: ignore[arg-type]


async def test_tasks_of_a_factory_get_their_names(page: None) -> None:
    """A panel makes its runner's tasks itself; Pyodide's loop, as older ones do, names
    them afterwards.
    """
    loop = asyncio.get_running_loop()
    loop.set_task_factory(
        lambda loop, coroutine, **_: asyncio.Task(coroutine, loop=loop)
    )
    unnamed = ("Task-", "None")[
        : 1 + (sys.version_info[:2] == (3, 13))
    ]  # the latter is 3.13's own doing
    for name, shown in (("by hand", "by hand"), (None, unnamed)):
        task = loop.create_task(asyncio.sleep(0), name=name)
        assert task.get_name().startswith(shown)
        await task
    loop.set_task_factory(None)


async def test_plain_clients_reach_the_server(
    page: None, server: PracticeServer
) -> None:
    """`httpx.AsyncClient()` without arguments, as every notebook makes it."""
    responses = await semaphore.make_many_requests(server.url, 9, limit=3)
    assert len(responses) == server.stats().accepted == 9
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=5)) as sender:
        server.latency = 0.05
        server.reset()
        await naive.make_many_requests(server.url, 20, client=sender)
    assert server.stats().peak_in_flight == 5


@pytest.fixture
async def early_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client that is there before the page has a server."""
    async with httpx.AsyncClient(
        limits=httpx.Limits(max_connections=5), timeout=PATIENCE
    ) as client:
        yield client


async def test_a_client_that_was_made_before_the_server_reaches_it(
    early_client: httpx.AsyncClient, page: None, server: PracticeServer
) -> None:
    """As on a computer, the order of the two cells does not matter."""
    server.latency = 0.05
    await naive.make_many_requests(server.url, 20, client=early_client)
    assert (server.stats().accepted, server.stats().peak_in_flight) == (20, 5)


IMPORTS = """
import asyncio, importlib, os, sys, time
import httpcore, httpx, uvicorn  # what they set up themselves is not ours

def everything():
    places = [asyncio, time, httpx, httpcore]
    for module in list(places):
        places += [each for each in vars(module).values() if isinstance(each, type)]
    found = {}
    for place in places:
        for name, value in vars(place).items():
            found[str(place), name] = id(value)
    return found

sys.platform = sys.argv[1]
before, environment = everything(), dict(os.environ)
for name in ("server", "server.in_process", "jupyter.cells", "jupyter.nested_run"):
    importlib.import_module("inflight_lab." + name)
assert everything() == before
assert dict(os.environ) == environment
print(sys.modules["inflight_lab.server"].PracticeServer.listen.__module__)
"""


@pytest.mark.parametrize(
    ("platform", "module"),
    [
        ("emscripten", "inflight_lab.server.in_process"),
        (sys.platform, "inflight_lab.server.socket"),
    ],
)
def test_an_import_changes_nothing_elsewhere(platform: str, module: str) -> None:
    """httpx, asyncio and time stay as they are until a server starts, in a page as
    well.
    """
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS, platform], capture_output=True, text=True
    )
    assert (run.stdout.strip(), run.stderr) == (module, "")


async def test_a_client_that_would_block_the_page_says_so(page: None) -> None:
    """One clear error in place of a page that hangs."""
    with pytest.raises(RuntimeError, match=r"use httpx.AsyncClient, and await"):
        httpx.Client()


async def test_due_a_moment_ago_is_due_now(page: None, server: PracticeServer) -> None:
    """A pacer gives its places back at times that may just have passed; none of them is
    lost.
    """
    called = asyncio.Event()
    asyncio.get_running_loop().call_later(-1, called.set)
    await asyncio.wait_for(called.wait(), PATIENCE)
    responses = await paced.make_many_requests(server.url, 60, rate=20, period=0.2)
    assert len(responses) == 60
