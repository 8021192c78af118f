"""``inflight-lab run``: it prints what the source prints, and asks before it sends to
another machine.
"""

from __future__ import annotations

import ast
import asyncio
import io
import re
import signal
import subprocess
import sys
from pprint import pformat
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.commands import cli
from inflight_lab.commands.run import STOPPED_BY_CTRL_C
from inflight_lab.runners import RUNGS
from tests.support.children import child
from tests.support.waiting import PATIENCE, Hold, until

FINAL_RESULT = "\n\nFinal result:\n==============\n\n"
WAITING = "Concurrency limit reached, waiting ...\n" * 3
REQUESTS = [f"Making request {number}\n" for number in range(4)]


class Said(NamedTuple):
    """How the command line ended, and what it printed."""

    status: object
    out: str
    err: str


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Run the command line in this process."""
    status: object = 0
    try:
        cli.main(["run", *arguments])
    except SystemExit as ended:
        status = ended.code
    return Said(status, *capsys.readouterr())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("rung", "printed", "in_flight"),
    [
        ("naive", "".join(REQUESTS), 4),
        ("semaphore_pause", "".join([*REQUESTS[:3], WAITING, REQUESTS[3]]), 3),
    ],
)
async def test_the_transcript_is_that_of_the_source(
    rung: str, printed: str, in_flight: int, server: PracticeServer, hold: Hold
) -> None:
    """Four requests with the source's limit of 3: text, order and empty lines."""
    command = [sys.executable, "-W", "error", "-m", "inflight_lab.commands.run"]
    running = asyncio.to_thread(
        subprocess.run,
        [*command, rung, server.url, "--count", "4"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
    )
    waiting = asyncio.create_task(running)
    await until(lambda: server.stats().in_flight == in_flight)
    hold.release()
    script = await waiting
    lines, _, result = script.stdout.partition(FINAL_RESULT)
    assert (lines, script.stderr, script.returncode) == (printed, "", 0)
    response = ast.literal_eval(result)
    assert result == f"{pformat(response)}\n"
    assert list(response) == ["args", "headers", "origin", "url"]
    assert response["headers"]["Content-Type"] == "application/json"
    assert server.stats().peak_in_flight == in_flight


def test_the_options_are_handed_on(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default 200 requests; limit, rate and period where the rung has them."""
    assert said(capsys, "semaphore", server.url, "--limit", "7").status == 0
    assert server.stats().accepted == 200
    server.reset()
    server.latency = 0.02
    options = ["--count=3", "--rate=3", "--period=0.6", "--limit=1"]
    assert said(capsys, "paced", server.url, *options).status == 0
    assert (server.stats().accepted, server.stats().peak_in_flight) == (3, 1)
    assert server.stats().elapsed >= 0.4  # two spacings
    refused = said(capsys, "naive", server.url, "--limit", "3")
    assert refused.status == 2
    assert "unrecognized arguments: --limit" in refused.err


def test_a_failure_is_a_line_and_no_traceback(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal, and a server that is gone; the status is 1."""
    server.quota, server.rate, server.period = "fixed-window", 1, 3600
    ended = said(capsys, "workers", server.url, "--count=7", "--limit=1")
    assert ended.status == "ValueError: Unexpected Status: Http status code is 429."
    assert "Final result" not in ended.out
    url = server.url
    server.stop()
    assert str(said(capsys, "naive", url).status).startswith("ConnectError: ")


@pytest.mark.anyio
async def test_ctrl_c_of_threads_sends_nothing_more(
    server: PracticeServer, hold: Hold
) -> None:
    """The three in flight run out of time; those that wait for a slot stay here."""
    command = [sys.executable, "-m", "inflight_lab.commands.run", "threaded"]
    with child([*command, server.url], stdout=subprocess.DEVNULL) as process:
        await until(lambda: server.stats().in_flight == 3)
        process.send_signal(signal.SIGINT)
        await until(lambda: process.poll() is not None)
    assert process.returncode == STOPPED_BY_CTRL_C
    assert server.stats().started == 3


# Before anything is sent to another machine.


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which requests would have gone: none leaves this machine."""
    urls: list[str] = []

    async def get(client: object, url: str, **_: object) -> httpx.Response:
        urls.append(url)
        return httpx.Response(200, text="{broken")

    monkeypatch.setattr(httpx.AsyncClient, "get", get)
    return urls


@pytest.mark.parametrize("rung", RUNGS)
def test_with_nobody_to_ask_nothing_is_sent(
    rung: str,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Pointed at another machine, every rung ends with status 2 and one line: how many,
    where to, and what allows it.
    """
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    status, out, err = said(capsys, rung, "https://api.example/get", "--count", "7")
    assert (status, out, sent) == (2, "", [])
    assert err.startswith("This sends 7 requests, ")
    assert err.endswith("Nothing was sent. To allow it, add --yes.\n")
    assert " to api.example, which is not this machine." in err
    assert (
        "7 requests, all at once to httpbin.org"
        in said(capsys, "naive", "--count=7").err
    )


class Terminal(io.StringIO):
    """A keyboard on which somebody has typed."""

    def isatty(self) -> bool:
        """There is somebody to ask."""
        return True


@pytest.mark.parametrize(
    ("typed", "options", "count"),
    [
        ("y\n", [], 3),
        ("yes\n", [], 3),
        ("n\n", [], 0),
        ("\n", [], 0),
        ("", ["--yes"], 3),
    ],
)
def test_a_person_is_asked(
    typed: str,
    options: list[str],
    count: int,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At a terminal the plan comes with a question, and only "y" or "yes" sends
    anything; with ``--yes`` it is still said.
    """
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    url = "http://api.example/get"
    ended = said(capsys, "semaphore", url, "--count=3", "--limit=2", *options)
    plan = "This sends 3 requests, at most 2 at once to api.example, which is not"
    assert plan in ended.out + ended.err
    assert sent == [url] * count
    if count:
        assert ended.out.endswith("The first response is not JSON: '{broken'\n")
    else:
        assert ended.status == "Nothing was sent."


# It explains itself.


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_a_rung_it_lists_them(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every rung by name, in the ladder's order, with the first line of its file."""
    status, out, err = said(capsys, *arguments)
    assert (status, err) == (0, "")
    assert re.findall(r"^  (\w+) +\S.*\.$", out, re.M) == list(RUNGS)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["semaphore", "--count", "-1"], "count must be 0 or more, got -1"),
        (["naive", "ftp://127.0.0.1"], "url must be a valid URL that starts with"),
        (["paced", "--rate", "x"], "argument --rate: invalid float value: 'x'"),
        (["semaphor"], "No rung is called 'semaphor'. Use one of naive, semaphore,"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked or sent, with status 2."""
    status, out, err = said(capsys, *arguments)
    assert (status, out) == (2, "")
    assert line in err.splitlines()[-1]


def test_a_rung_without_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where throttled-py is missing, the rung that needs it names the extra, and the
    list does not mind.
    """
    monkeypatch.setitem(sys.modules, "throttled", None)
    name = "inflight_lab.runners.shared_quota"
    monkeypatch.delitem(sys.modules, name, raising=False)
    refused = said(capsys, "shared_quota", "--help")
    assert "[redis]" in f"{refused.status}{refused.err}"
    assert "  shared_quota " in said(capsys).out
