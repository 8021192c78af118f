"""The observing transport: it notes everything and changes nothing."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import httpx2
import pytest
from httpx_aiohttp import AiohttpTransport

from inflight_lab import ObservedTransport, PracticeServer, Stats, Timeline
from inflight_lab.lesson.runs.transport import OutsideError
from inflight_lab.runners import semaphore
from tests.support.waiting import Gate, until

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"


def counts(observed: ObservedTransport | PracticeServer) -> dict[str, int]:
    """The numbers that are not zero and do not depend on the clock."""
    stats: Stats = observed.stats()
    without = ("elapsed", "busiest_period", "peak_in_flight")
    return {
        name: value
        for name, value in vars(stats).items()
        if value and name not in without
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
    assert observed.timeline.events[-1].detail == "ConnectError"
    assert counts(observed) == {"started": 4, "accepted": 3, "failed": 1}
    assert observed.stats().peak_in_flight == 3


async def test_a_faster_transport_below(server: PracticeServer) -> None:
    """With httpx-aiohttp's transport no line of a runner changes."""
    observed = ObservedTransport(AiohttpTransport())
    async with httpx.AsyncClient(transport=observed) as client:
        await semaphore.make_many_requests(server.url, 20, client=client)
    assert counts(observed) == counts(server) == {"started": 20, "accepted": 20}
    assert server.stats().peak_in_flight <= 3


async def test_announced_requests_wait_until_sent_and_a_cancel_goes_on() -> None:
    """Requests announced on the timeline wait there, and move to in flight as they are
    sent; one that is cancelled is neither accepted nor failed.
    """
    timeline = Timeline()
    timeline.start(5)
    gate = Gate()
    observed = ObservedTransport(gate, timeline=timeline)
    async with httpx.AsyncClient(transport=observed) as client:
        tasks = [asyncio.create_task(client.get(URL)) for _ in range(2)]
        await until(lambda: timeline.in_flight == 2)
        assert counts(observed) == {"started": 5, "waiting": 3, "in_flight": 2}
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        gate.open.set()
        await tasks[1]
    ends = {"accepted": 1, "cancelled": 1}
    assert counts(observed) == {"started": 5, "waiting": 3} | ends


async def test_in_flight_until_the_last_byte() -> None:
    """A request is in flight until all of its body is here, not until its status line
    is; the body is decoded once, although it was read early.
    """
    last_byte = asyncio.Event()
    body = gzip.compress(b'{"answer": 42}')

    async def in_parts() -> AsyncIterator[bytes]:
        yield body[:9]
        await last_byte.wait()
        yield body[9:]

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Encoding": "gzip"}
        return httpx.Response(200, headers=headers, content=in_parts())

    observed = ObservedTransport(httpx.MockTransport(answer))
    async with httpx.AsyncClient(transport=observed) as client:
        task = asyncio.create_task(client.get(URL))
        await until(lambda: observed.stats().in_flight == 1)
        for _ in range(50):
            await asyncio.sleep(0)
        assert (observed.stats().in_flight, task.done()) == (1, False)
        last_byte.set()
        assert (await task).json() == {"answer": 42}
    assert counts(observed) == {"started": 1, "accepted": 1}


# ---- other machines


@pytest.mark.parametrize("host", ["10.1.2.3", "0.0.0.0", "localhost.example"])
async def test_nothing_goes_to_another_machine(host: str) -> None:
    """A whole run pointed elsewhere by mistake sends nothing, and each outcome says why
    and what to use.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was asked")

    observed = ObservedTransport(httpx.MockTransport(answer))
    async with httpx.AsyncClient(transport=observed) as client:
        outcomes = await semaphore.make_many_requests(
            f"http://{host}/get", 5, client=client, return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [OutsideError] * 5
    assert str(outcomes[0]).startswith(f"not sent: {host} is not this machine")
    assert "Watch()" in str(outcomes[0])
    assert counts(observed) == {"started": 5, "failed": 5}
