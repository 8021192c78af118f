"""What is seen of each library: the same events, whichever of them sends."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import pytest
from urllib3.util.retry import RequestHistory, Retry

from inflight_lab.watch.events import Asked, Ended, Event, HeadersSeen, Note, Sent
from inflight_lab.watch.probes.probe import Probe
from inflight_lab.watch.probes.urllib3_probe import Urllib3Probe
from tests.support.watching import Job, events_of

HTTPX = """
import {module}

def get(url):
    return client.get(url)

with {module}.Client(timeout=60) as client:
    run(get, 1)
"""
HTTPX_ASYNC = """
import asyncio, {module}

async def main():
    async def get(url):
        return await client.get(url)

    limits = {module}.Limits(max_connections=2)
    async with {module}.AsyncClient(timeout=60, limits=limits) as client:
        await run_async(get)

asyncio.run(main())
"""
AIOHTTP = """
import asyncio, aiohttp

async def main():
    async def get(url):
        async with session.get(url) as response:
            await response.read()
            return response

    connector = aiohttp.TCPConnector(limit=2)
    async with aiohttp.ClientSession(connector=connector) as session:
        await run_async(get)

asyncio.run(main())
"""
OVER_AIOHTTP = """
import asyncio, httpx, httpx_aiohttp

async def main():
    async def get(url):
        return await client.get(url)

    limits = httpx.Limits(max_connections=2)
    transport = httpx_aiohttp.AiohttpTransport(limits=limits)
    async with httpx.AsyncClient(transport=transport, timeout=60) as client:
        await run_async(get)

asyncio.run(main())
"""
REQUESTS = """
import requests
from requests.adapters import HTTPAdapter

def get(url):
    return session.get(url)

with requests.Session() as session:
    session.mount("https://", HTTPAdapter(pool_maxsize=2, pool_block=True))
    run(get, 4)
"""
URLLIB3 = """
import urllib3

def get(url):
    return pool.request("GET", url)

pool = urllib3.PoolManager(maxsize=2, block=True)
run(get, 4)
"""
RUNNING = """
import sys, threading

STATUS = int(sys.argv[1])
URLS = [f"https://api.example.com/{number}?a=b" for number in range(4)]

def run(get, threads):
    def work():
        while URLS:
            assert get(URLS.pop()).{status} == STATUS

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

async def run_async(get):
    responses = await asyncio.gather(*[get(url) for url in URLS])
    assert [each.{status} for each in responses] == [STATUS] * 4
"""


class Library(NamedTuple):
    """A library, a script that sends four requests with it, and what it is called."""

    name: str
    script: str
    pool: int = 2
    """How many connections its client opens at most."""
    status: str = "status_code"

    @property
    def text(self) -> str:
        """The whole script."""
        running = RUNNING.replace("{status}", self.status)
        return running + self.script.replace("{module}", self.name)


LIBRARIES = {
    "httpx": Library("httpx", HTTPX, 100),
    "httpx, async": Library("httpx", HTTPX_ASYNC),
    "httpx2": Library("httpx2", HTTPX, 100),
    "httpx2, async": Library("httpx2", HTTPX_ASYNC),
    "aiohttp": Library("aiohttp", AIOHTTP, status="status"),
    "httpx over aiohttp": Library("aiohttp", OVER_AIOHTTP),
    "requests": Library("requests", REQUESTS),
    "urllib3": Library("urllib3", URLLIB3, status="status"),
}


T = TypeVar("T", bound=Event)
Seen = Mapping[str, Sequence[Event]]
"""By library: what its script noted."""
each_library = pytest.mark.parametrize("name", LIBRARIES)


def seen_of_all(
    tmp_path_factory: pytest.TempPathFactory, *arguments: str, **knobs: Any
) -> Seen:
    """What each library's script notes, after a request by another one."""
    folder = tmp_path_factory.mktemp("probes")
    jobs = [Job(text="import httpx; httpx.get('https://api.example.com/')")]
    for library in LIBRARIES.values():
        jobs.append(Job(arguments=arguments, text=library.text))
    _first, *events = events_of(folder, jobs, **knobs)
    return dict(zip(LIBRARIES, events, strict=True))


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """All requests are accepted."""
    return seen_of_all(tmp_path_factory, "200")


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """All requests are refused, in the words of GitHub's API."""
    quota = {"quota": "fixed-window", "rate": 1, "period": 86_400}
    return seen_of_all(tmp_path_factory, "403", dialect="github", **quota)


def of_kind(events: Sequence[Event], kind: type[T]) -> list[T]:
    """Those of one kind."""
    return [each for each in events if isinstance(each, kind)]


@each_library
def test_each_request_is_seen_once(name: str, answered: Seen) -> None:
    """Asked for with its whole address, sent once, and ended once with its status."""
    library = LIBRARIES[name]
    asked = of_kind(answered[name], Asked)
    sent = of_kind(answered[name], Sent)
    ended = of_kind(answered[name], Ended)
    numbers = {each.request for each in asked}
    urls = {(each.library, each.method, each.url) for each in asked}
    assert urls == {
        (library.name, "GET", f"https://api.example.com/{number}?a=b")
        for number in range(4)
    }
    assert len(asked) == len(sent) == len(ended) == 4
    assert {each.request for each in sent} == numbers
    assert {each.request for each in ended} == numbers
    assert {(each.error, each.status, each.body) for each in ended} == {("", 200, "")}


@each_library
def test_the_client_and_its_connections_are_known(name: str, answered: Seen) -> None:
    """One client, the size of its pool, and how many connections it opened."""
    asked = of_kind(answered[name], Asked)
    assert len({each.client for each in asked}) == 1
    assert {each.max_connections for each in asked} == {LIBRARIES[name].pool}
    opened = sum(each.connections_opened for each in of_kind(answered[name], Sent))
    assert 1 <= opened <= 2


@each_library
def test_a_request_waits_until_it_has_a_connection(name: str, answered: Seen) -> None:
    """No more are in flight than there are connections."""
    in_flight = 0
    for event in answered[name]:
        in_flight += isinstance(event, Sent) - isinstance(event, Ended)
        assert in_flight <= min(LIBRARIES[name].pool, 2)


@each_library
def test_the_line_that_sends_is_named(name: str, answered: Seen) -> None:
    """The script's own, not one of a library."""
    lines = LIBRARIES[name].text.splitlines()
    (line,) = {each.line for each in of_kind(answered[name], Asked)}
    assert ".get(url)" in lines[int(line.partition(":")[2]) - 1] or (
        'request("GET", url)' in lines[int(line.partition(":")[2]) - 1]
    )


@each_library
def test_what_a_refusal_says_is_recorded(name: str, refused: Seen) -> None:
    """Its status, its headers and, as the script read it, its body."""
    ended = of_kind(refused[name], Ended)
    assert [each.status for each in ended] == [403] * 4
    assert all("x-ratelimit-remaining: 0" in each.headers for each in ended)
    assert all("API rate limit exceeded" in each.body for each in ended)


def ask(note: Note) -> None:
    """A request with a header that no other test has."""
    Probe(note).asked(
        threading.Event(),  # in place of a client
        "GET",
        "https://api.example.com/",
        headers=["X-Of-Two-Threads"],
        max_connections=1,
        max_idle=1,
    )


def test_a_thread_does_not_rely_on_what_another_has_yet_to_note() -> None:
    """The headers are noted before its request, though the other one is about to."""
    noted: list[object] = []

    def while_the_other_notes(kind: object, *_: object) -> None:
        if kind is HeadersSeen:
            ask(lambda kind, *_: noted.append(kind))

    ask(while_the_other_notes)
    assert noted == [HeadersSeen, Asked]


def test_a_redirect_is_not_a_retry() -> None:
    """urllib3 writes both into one history."""
    redirected = RequestHistory("GET", "/a", None, 302, "/b")
    failed = RequestHistory("GET", "/b", None, 503, None)
    probe = object.__new__(Urllib3Probe)
    probe._retries = Retry(history=(redirected, failed))
    assert probe.retry() == 1
