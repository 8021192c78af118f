"""What the page of questions says of other people's packages, tried with them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import anyio
import httpx
import httpx2
import pytest
import requests
import tenacity
import tqdm
import tqdm.asyncio
import urllib3

from inflight_lab.runners.refusals import read_refusal
from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.notebook_tools import QUESTIONS, code_cell
from tests.support.virtual_clock import run

FENCE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


# ---- tenacity


def decorated_get(app: PracticeApp) -> Callable[[str], Awaitable[httpx.Response]]:
    """The function that the answer about tenacity shows."""
    names: dict[str, Any] = {
        "client": client_of(app),
        "httpx": httpx,
        "limiter": asyncio.Semaphore(3),
        "random": random.Random(1),
        "read_refusal": read_refusal,
        "tenacity": tenacity,
    }
    (shown,) = FENCE.findall(code_cell(QUESTIONS, "q-tenacity"))
    exec(code_cell(QUESTIONS, "code-tenacity"), names)
    exec(shown, names)
    get: Callable[[str], Awaitable[httpx.Response]] = names["get"]
    return get


def test_tenacity_waits_as_long_as_the_api_asks() -> None:
    """What is over the quota comes back when it may, and is accepted then."""

    async def send_three() -> Stats:
        app = PracticeApp(latency=0.1, quota="sliding-window", rate=2, period=5)
        app.timeline.clock = asyncio.get_running_loop().time
        app.reset()
        get = decorated_get(app)
        await asyncio.gather(*(get("/get") for _ in range(3)))
        return app.stats()

    stats = run(send_three())
    assert (stats.accepted, stats.refused) == (3, 1)
    assert stats.elapsed > 5


def test_tenacity_does_not_retry_where_no_wait_helps() -> None:
    """A refusal for good is raised as it is, after one request."""
    app = PracticeApp(latency=0, dialect="openai", exhausted=True)

    async def send_one() -> None:
        await decorated_get(app)("/get")

    with pytest.raises(httpx.HTTPStatusError, match="429"):
        run(send_one())
    assert app.stats().started == 1


# ---- The SDKs


class SdkWaits(NamedTuple):
    """What an SDK is asked to do, and how long it waits before each retry."""

    package: str
    headers: dict[str, str]
    waits: list[float]


SDK_WAITS = (
    SdkWaits("openai", {}, [0.5, 1]),
    SdkWaits("anthropic", {}, [0.5, 1]),
    SdkWaits("openai", {"Retry-After": "90"}, [90, 90]),
    SdkWaits("openai", {"retry-after-ms": "90000"}, [90, 90]),
    SdkWaits("openai", {"Retry-After": "121"}, []),
    SdkWaits("anthropic", {"Retry-After": "600"}, [600, 600]),
)


@pytest.mark.parametrize("case", SDK_WAITS, ids=str)
def test_the_sdks_wait_as_the_answer_says(
    case: SdkWaits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the API asks, within limits; otherwise by doubling, less a quarter."""
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    def refuse(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(429, headers=case.headers, json={})

    monkeypatch.setattr(anyio, "sleep", note)
    error = asyncio.run(refused_by(case.package, httpx2.MockTransport(refuse)))
    assert read_refusal(error.response) is not None  # "works with each of them"
    for seconds, longest in zip(waited, case.waits, strict=True):
        assert 0.75 * longest <= seconds <= longest
        assert seconds == longest or not case.headers


async def refused_by(package: str, transport: httpx2.MockTransport) -> Any:
    """The ``RateLimitError`` that an SDK raises in the end."""
    import anthropic  # takes long, as the other does
    import openai

    question: Any = [{"role": "user", "content": "How many words are these?"}]
    async with httpx2.AsyncClient(transport=transport) as http_client:
        shared: Any = {"api_key": "none", "http_client": http_client}
        sdk: Any = None
        if package == "openai":
            sdk = openai.AsyncOpenAI(**shared).chat.completions
        else:
            sdk = anthropic.AsyncAnthropic(**shared).messages
        errors = (openai.RateLimitError, anthropic.RateLimitError)
        with pytest.raises(errors) as refused:
            await sdk.create(model="practice", messages=question, max_tokens=1)
    return refused.value


# ---- Connections

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that does this with every connection."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"


async def answer_once(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the first request of a connection, and hang up at the second."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    await reader.read(1)
    writer.close()


def test_a_closed_connection_is_as_the_answer_says() -> None:
    """aiohttp sends a GET once more, and no POST; httpx raises its own error."""

    async def send_twice() -> None:
        async with served(answer_once) as url, aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(url) as response:
                    assert response.status == 200
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await session.post(url)

    async def send_twice_with_httpx() -> None:
        async with served(answer_once) as url, httpx.AsyncClient() as client:
            await client.get(url)
            with pytest.raises(
                httpx.RemoteProtocolError,
                match="Server disconnected without sending a response",
            ):
                await client.get(url)

    asyncio.run(send_twice())
    asyncio.run(send_twice_with_httpx())


def test_aiohttps_timeout_includes_the_wait_for_a_connection() -> None:
    """A request that finds no free connection times out, and is never sent."""
    sent: list[bytes] = []

    async def wait_for_a_connection() -> None:
        arrived = asyncio.Event()
        may_answer = asyncio.Event()

        async def answer_late(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            sent.append(await reader.readuntil(b"\r\n\r\n"))
            arrived.set()
            await may_answer.wait()
            writer.write(ANSWER)
            writer.close()

        connector = aiohttp.TCPConnector(limit=1)
        async with (
            served(answer_late) as url,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            first = asyncio.create_task(session.get(url))
            await arrived.wait()
            timeout = aiohttp.ClientTimeout(total=0.05)
            with pytest.raises(TimeoutError):
                await session.get(url, timeout=timeout)
            may_answer.set()
            (await first).release()

    asyncio.run(wait_for_a_connection())
    assert len(sent) == 1


# ---- Progress bars


def test_tqdm_counts_what_failed() -> None:
    """Around ``as_completed`` nothing is lost; its ``gather`` raises the first
    failure.
    """

    async def fail() -> None:
        raise ValueError("failed")

    async def bars() -> list[BaseException | None]:
        with pytest.raises(ValueError, match="failed"):
            await tqdm.asyncio.tqdm.gather(fail(), file=io.StringIO())
        tasks = [asyncio.create_task(fail()) for _ in range(3)]
        shown = io.StringIO()
        for task in tqdm.tqdm(
            asyncio.as_completed(tasks), total=len(tasks), file=shown
        ):
            with contextlib.suppress(ValueError):
                await task
        assert "3/3" in shown.getvalue()
        return [task.exception() for task in tasks]

    assert [str(error) for error in asyncio.run(bars())] == ["failed"] * 3


# ---- requests


def test_urllib3_gives_up_in_these_words() -> None:
    """The message that people search for stands on the page, as it is raised."""
    retry = urllib3.Retry(total=1, status_forcelist=[429])
    assert retry.backoff_factor == 0
    with (
        PracticeServer(latency=0, exhausted=True, dialect="openai") as server,
        requests.Session() as session,
    ):
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
        with pytest.raises(requests.exceptions.RetryError) as failed:
            session.get(server.url)
    assert "too many 429 error responses" in str(failed.value)
    assert "too many 429 error responses" in code_cell(QUESTIONS, "q-max-retries")
