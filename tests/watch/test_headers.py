"""Headers of the script: carried into the command by their names, and only these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.conclusion import Conclusion
from inflight_lab.watch.events import Event, HeadersSeen
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.finding import CERTAIN, Finding
from inflight_lab.watch.findings.fixes import at_the_quotas, with_retries
from inflight_lab.watch.findings.headers import headers_for
from tests.support.watching import PROCESS, Made, events_of_script, log_of, watch

HOST = "api.example.com"


def seen(*names: str, method: str = "GET", host: str = HOST) -> HeadersSeen:
    """What is noted before the first request with these headers."""
    return HeadersSeen(-1.0, PROCESS, "httpx", method, host, list(names))


class Given(NamedTuple):
    """The headers of a script's requests, and those that are carried over."""

    names: list[str]
    carried: list[str]
    recipe: str = "fetch_all"


GIVEN = [
    Given(["X-Api-Key"], ["X-Api-Key"]),
    Given(["authorization", "X-Org"], ["authorization", "X-Org"]),
    Given(["Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"], []),
    Given(["Accept-Language", "Accept-Version"], ["Accept-Version"]),
    Given(["Content-Length", "Content-Type", "Cookie"], []),
    Given(["Idempotency-Key", "If-None-Match", "traceparent"], []),
    Given(["X-Stainless-Lang", "X-Inflight-Lab-Host", "Proxy-Authorization"], []),
    Given(["X Api Key", "$(ls)", "X-Käse", "a;b"], []),
    Given(["Authorization", "HTTP-Referer"], ["HTTP-Referer"], "with_openai"),
    Given(["Authorization"], ["Authorization"], "language_model"),
]


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: " ".join(given.names))
def test_what_the_script_gave_its_requests_is_carried(given: Given) -> None:
    """Not what the client sends by itself, what differs each time, or what a shell
    would change.
    """
    log = log_of([Made()], seen(*given.names))
    assert headers_for(given.recipe, log) == tuple(given.carried)


def test_a_name_counts_once() -> None:
    """However it is written, and in how many requests it is."""
    log = log_of([Made()] * 3, seen("X-Api-Key"), seen("x-api-key", "X-Org"))
    assert headers_for("fetch_all", log) == ("X-Api-Key", "X-Org")


def test_other_requests_have_headers_of_their_own() -> None:
    """A key that is for another host, or only for POST, is not sent along."""
    other = Made(url="https://other.example/")
    events: list[Event] = [
        seen("X-Api-Key"),
        seen("X-Other-Key", host="other.example"),
        seen("X-Csrf", method="POST"),
    ]
    log = log_of([*[Made()] * 5, other], *events)
    quotas = [AnnouncedQuota(5, 1, True)]
    for command in (at_the_quotas(log, quotas), with_retries(log)):
        assert "X-Other-Key" not in command.headers
        assert "X-Csrf" not in command.headers
    assert "--header X-Api-Key" in str(at_the_quotas(log, quotas))


def with_headers(*names: str) -> Finding:
    """A finding whose command has these."""
    fix = Command("paced", headers=names)
    return Finding(CERTAIN, "Refused", facts="3", advice="Pace.", fix=fix)


def test_the_terminal_and_the_page_say_what_to_do_with_them() -> None:
    """Once for all commands, in the order in which they stand there."""
    bare = replace(with_headers(), fix=Command("semaphore"))
    conclusion = Conclusion("60 requests.", [with_headers("X-A", "X-B", "X-C"), bare])
    sentences = (
        "Your requests had the headers X-A, X-B and X-C. The script's HEADERS have a "
        "line for each, and the value comes from the environment, because watch "
        "doesn't look at values. If you set Accept yourself, add a line for it: every "
        "client sends one, so watch can't tell."
    )
    assert str(conclusion).count(sentences) == 1
    assert conclusion.for_page()["warnings"] == [sentences]
    assert "HEADERS" not in str(Conclusion("60 requests.", [bare]))


def test_a_token_of_another_scheme_needs_another_word() -> None:
    """The code that is printed sends ``Bearer``, and watch knows only the name."""
    assert "such as Basic" in str(Conclusion("", [with_headers("authorization")]))
    assert "Basic" not in str(Conclusion("", [with_headers("X-Api-Key")]))


EACH_LIBRARY = """
import asyncio, aiohttp, httpx, httpx2, requests, urllib3

HEADERS = {"X-Api-Key": "hunter2"}
URL = "https://api.example.com/"

async def of_aiohttp():
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        for _ in range(2):
            async with session.get(URL) as response:
                assert "hunter2" not in await response.text()

async def of_httpx(httpx):
    async with httpx.AsyncClient() as client:
        for _ in range(2):
            await client.get(URL, headers=HEADERS)

asyncio.run(of_aiohttp())
asyncio.run(of_httpx(httpx))
asyncio.run(of_httpx(httpx2))
session = requests.Session()
session.headers.update(HEADERS)
pool = urllib3.PoolManager(headers=HEADERS)
for _ in range(2):
    answer = session.get(URL)
    assert "Inflight" not in answer.text
    pool.request("GET", URL)
"""


def test_each_library_tells_the_names_once(tmp_path: Path) -> None:
    """The key is among them, and its value nowhere in what is noted."""
    events = events_of_script(tmp_path, EACH_LIBRARY)
    noted = [event for event in events if isinstance(event, HeadersSeen)]
    libraries = ["aiohttp", "httpx", "httpx2", "requests", "urllib3"]
    assert sorted(event.library for event in noted) == libraries
    assert all("X-Api-Key" in event.names for event in noted)
    assert all(event.host == HOST for event in noted)
    assert "hunter2" not in repr(events)


TOO_FAST = """
import httpx

with httpx.Client(headers={"X-Api-Key": "hunter2"}) as client:
    for number in range(20):
        client.get(f"https://api.example.com/items/{number}")
"""


def test_the_command_has_the_names_of_the_scripts_headers(tmp_path: Path) -> None:
    """And nothing that is said has a value."""
    script = tmp_path / "too_fast.py"
    script.write_text(TOO_FAST)
    said = watch("--no-browser", "--practice", "3/20s", script).stderr
    assert "--header X-Api-Key --output fixed.py\n" in said
    assert (
        "\nYour requests had the header X-Api-Key. The script's HEADERS have a line for"
        in said
    )
    assert "hunter2" not in said
