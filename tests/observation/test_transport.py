"""The observing transport: it notes everything and changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest
from httpx_aiohttp import AiohttpTransport

from inflight_lab import ObservedTransport, PracticeServer, Stats, Timeline
from inflight_lab.observation.transport import OutsideError
from inflight_lab.runners import naive, resilient, semaphore
from tests.support.virtual_clock import run as run_virtually
from tests.support.waiting import PATIENCE, Gate, Hold, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"


def without_times(stats: Stats) -> dict[str, int]:
    """The counts that are not zero; ``elapsed`` and ``busiest_period`` depend on the
    clock.
    """
    return {
        name: value
        for name, value in vars(stats).items()
        if value and name not in ("elapsed", "busiest_period")
    }


@pytest.mark.parametrize(
    ("status", "field"),
    [(200, "accepted"), (302, "accepted"), (404, "failed"), (429, "refused")],
)
async def test_statuses(status: int, field: str) -> None:
    """Every status ends up in its count, and the response is as it was."""
    observed = ObservedTransport(
        httpx.MockTransport(lambda request: httpx.Response(status, text="hello"))
    )
    async with httpx.AsyncClient(transport=observed) as client:
        response = await client.get(URL)
    assert (response.status_code, response.text) == (status, "hello")
    assert without_times(observed.stats()) == {
        "started": 1,
        "peak_in_flight": 1,
        field: 1,
    }


async def test_a_client_of_httpx2(server: PracticeServer) -> None:
    """httpx2 is httpx under another name: its clients are observed, and get their own
    library's answers.
    """
    observed: Any = ObservedTransport()
    client: Any
    async with httpx2.AsyncClient(transport=observed) as client:
        responses = await semaphore.make_many_requests(server.url, 3, client=client)
        assert isinstance(responses[0], httpx2.Response)
        with pytest.raises(httpx2.ConnectError):
            await client.get("http://127.0.0.1:9/")
    assert without_times(observed.stats()) == {
        "started": 4,
        "peak_in_flight": 3,
        "accepted": 3,
        "failed": 1,
    }


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), IndexError("bug")]
)
async def test_errors_count_as_failed(error: Exception) -> None:
    """Whatever the transport underneath raises is counted, named, and raised on
    unchanged.
    """

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    observed = ObservedTransport(httpx.MockTransport(fail))
    async with httpx.AsyncClient(transport=observed) as client:
        with pytest.raises(type(error)) as caught:
            await client.get(URL)
    assert caught.value is error
    assert observed.timeline.events[-1].detail == type(error).__name__
    assert without_times(observed.stats()) == {
        "started": 1,
        "peak_in_flight": 1,
        "failed": 1,
    }


@pytest.mark.parametrize(("rung", "peak"), [(naive, 100), (semaphore, 3)])
async def test_a_faster_transport_below(
    rung: ModuleType, peak: int, server: PracticeServer, hold: Hold
) -> None:
    """With httpx-aiohttp's transport no line of a runner changes, and it too has a pool
    of 100.
    """
    observed = ObservedTransport(AiohttpTransport())
    async with httpx.AsyncClient(transport=observed) as client:
        run = asyncio.create_task(
            rung.make_many_requests(server.url, 120, client=client)
        )
        await until(lambda: server.stats().in_flight >= peak)
        hold.release()
        responses = await run
    assert [response.status_code for response in responses] == [200] * 120
    assert observed.stats().accepted == server.stats().accepted == 120
    assert server.stats().peak_in_flight == peak


async def test_cancel() -> None:
    """A cancelled request is neither accepted nor failed, and the cancel goes on."""
    observed = ObservedTransport(Gate())
    async with httpx.AsyncClient(transport=observed) as client:
        task = asyncio.create_task(client.get(URL))
        await until(lambda: observed.stats().in_flight == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert without_times(observed.stats()) == {
        "started": 1,
        "peak_in_flight": 1,
        "cancelled": 1,
    }


async def test_in_flight_until_the_last_byte() -> None:
    """A request is in flight until all of its body is here, not until its status line
    is.
    """
    last_byte = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"the first "
        await last_byte.wait()
        yield b"and the last"

    observed = ObservedTransport(
        httpx.MockTransport(lambda request: httpx.Response(200, content=body()))
    )
    async with httpx.AsyncClient(transport=observed) as client:
        task = asyncio.create_task(client.get(URL))
        await until(lambda: observed.stats().in_flight == 1)
        for _ in range(50):
            await asyncio.sleep(0)
        assert (observed.stats().in_flight, task.done()) == (1, False)
        last_byte.set()
        assert (await task).text == "the first and the last"
    assert without_times(observed.stats()) == {
        "started": 1,
        "peak_in_flight": 1,
        "accepted": 1,
    }


async def test_announced_requests_wait_until_sent() -> None:
    """Requests announced on the timeline wait there, and move to in flight as they are
    sent.
    """
    timeline = Timeline()
    timeline.start(5)
    gate = Gate()
    async with httpx.AsyncClient(
        transport=ObservedTransport(gate, timeline=timeline)
    ) as client:
        tasks = [asyncio.create_task(client.get(URL)) for _ in range(2)]
        await until(lambda: timeline.in_flight == 2)
        assert without_times(timeline.stats()) == {
            "started": 5,
            "waiting": 3,
            "in_flight": 2,
            "peak_in_flight": 2,
        }
        gate.open.set()
        await asyncio.gather(*tasks)


async def test_a_response_behaves_as_without_it(server: PracticeServer) -> None:
    """Code that takes a client needs no change: text, JSON, elapsed time and streaming
    all work.
    """
    async with httpx.AsyncClient(transport=ObservedTransport()) as client:
        response = await client.get(server.url)
        assert response.json()["url"] == server.url
        assert response.elapsed.total_seconds() > 0
        assert response.http_version == "HTTP/1.1"
        async with client.stream("GET", server.url) as streamed:
            raw = b"".join([part async for part in streamed.aiter_raw()])
        assert raw == response.content


async def test_a_compressed_body_is_decoded_once() -> None:
    """Reading the body early must not spoil its decoding."""
    import gzip

    body = gzip.compress(b'{"answer": 42}')
    observed = ObservedTransport(
        httpx.MockTransport(
            lambda request: httpx.Response(
                200, headers={"Content-Encoding": "gzip"}, content=body
            )
        )
    )
    async with httpx.AsyncClient(transport=observed) as client:
        assert (await client.get(URL)).json() == {"answer": 42}


async def test_client_and_server_agree(server: PracticeServer) -> None:
    """With no pool in the way both sides say the same, so either may be plotted."""
    server.quota, server.rate, server.period = "fixed-window", 4, 3600
    async with httpx.AsyncClient(transport=(observed := ObservedTransport())) as client:
        for _ in range(6):
            await client.get(server.url)
    assert without_times(observed.stats()) == without_times(server.stats())
    assert without_times(observed.stats()) == {
        "started": 6,
        "peak_in_flight": 1,
        "accepted": 4,
        "refused": 2,
    }


async def test_an_answer_gives_its_connection_back(server: PracticeServer) -> None:
    """A pool of one connection serves one request after another."""
    pool = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=1))
    timeout = httpx.Timeout(PATIENCE, pool=1)
    async with httpx.AsyncClient(
        transport=ObservedTransport(pool), timeout=timeout
    ) as client:
        responses = [await client.get(server.url) for _ in range(3)]
    assert len({response.extensions["network_stream"] for response in responses}) == 1


async def test_closing_closes_the_transport_underneath() -> None:
    """The client closes what it was given, all the way down: no socket stays open."""
    closed: list[bool] = []

    class Inner(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(True)

    async with httpx.AsyncClient(
        transport=ObservedTransport(Inner(lambda request: httpx.Response(200)))
    ):
        assert closed == []
    assert closed == [True]


class Outside(httpx.AsyncBaseTransport):
    """Stands in for the network: nothing leaves, and it tells which hosts would have
    been sent what.
    """

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        self.hosts.append(request.url.host)
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    "host", ["api.example", "10.1.2.3", "0.0.0.0", "[2001:db8::1]", "localhost.example"]
)
async def test_nothing_goes_to_another_machine_unless_allowed(host: str) -> None:
    """A whole run pointed elsewhere by mistake sends nothing, and each outcome says how
    to allow some.
    """
    observed = ObservedTransport(network := Outside())
    async with httpx.AsyncClient(transport=observed) as client:
        outcomes = await semaphore.make_many_requests(
            f"http://{host}/get", 5, client=client, return_exceptions=True
        )
    assert network.hosts == []
    assert [type(outcome) for outcome in outcomes] == [OutsideError] * 5
    assert str(outcomes[0]).startswith(
        f"not sent: {host.strip('[]')} is not this machine"
    )
    assert "ObservedTransport(outside=20)" in str(outcomes[0])
    assert without_times(observed.stats()) == {
        "started": 5,
        "peak_in_flight": 1,
        "failed": 5,
    }


async def test_so_many_go_to_other_machines_as_are_allowed() -> None:
    """Requests to this machine are not counted; the run goes on, and what is over is
    not sent.
    """
    observed = ObservedTransport(network := Outside(), outside=2)
    async with httpx.AsyncClient(transport=observed) as client:
        for host in ("127.0.0.1", "localhost", "[::1]"):
            assert (await client.get(f"http://{host}/get")).status_code == 200
        outcomes = await resilient.make_many_requests(
            "http://api.example/get", 5, limit=1, client=client, return_exceptions=True
        )
    assert network.hosts == [
        "127.0.0.1",
        "localhost",
        "::1",
        "api.example",
        "api.example",
    ]
    answers, missing = outcomes[:2], outcomes[2:]
    assert [type(answer) for answer in answers] == [httpx.Response] * 2
    assert [type(each) for each in missing] == [OutsideError] * 3


async def test_what_is_not_sent_takes_a_moment() -> None:
    """Code that insists lets the loop go on, and gets a hundred refusals a second,
    however many insist.
    """
    observed = ObservedTransport(Outside())

    async def insist(client: httpx.AsyncClient) -> None:
        for _ in range(10_000):
            with contextlib.suppress(OutsideError):
                await client.get("http://api.example/get")

    async def ten_seconds_of_it() -> None:
        async with httpx.AsyncClient(transport=observed) as client:
            insisting = [asyncio.create_task(insist(client)) for _ in range(3)]
            await asyncio.sleep(10)
            for task in insisting:
                task.cancel()

    await asyncio.to_thread(run_virtually, ten_seconds_of_it())
    assert 990 <= observed.stats().failed <= 1000


@pytest.mark.parametrize(
    ("outside", "error"),
    [(-1, ValueError), (True, TypeError), (1.5, TypeError), (None, TypeError)],
)
def test_a_bad_outside_is_named(outside: object, error: type[Exception]) -> None:
    """The error names the parameter, its value and what is allowed."""
    with pytest.raises(error, match=rf"outside must be .*0 or more, got {outside}"):
        ObservedTransport(outside=outside)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "transport",
    [0, 3, "x", httpx.HTTPTransport(), httpx.AsyncClient(), httpx.AsyncHTTPTransport],
)
def test_a_bad_transport_is_named(transport: object) -> None:
    """It is an error as it is made, and not at the first request; 0 does not stand for
    httpx's own.
    """
    with pytest.raises(
        TypeError,
        match=r"^transport must be an httpx.AsyncHTTPTransport\(\), or None, got ",
    ):
        ObservedTransport(transport)  # type: ignore[arg-type]
