"""``inflight-lab run``: it prints what the source prints, and asks before it sends to
another machine.
"""

from __future__ import annotations

import http.server
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import RUNGS
from inflight_lab.runners.__main__ import main, print_result
from tests.support.waiting import PATIENCE

FINAL_RESULT = "\n\nFinal result:\n==============\n\n"
RESULT = f"""{FINAL_RESULT}\
{{'args': {{}},
 'headers': {{'Accept': '*/*',
             'Accept-Encoding': 'ENCODINGS',
             'Connection': 'keep-alive',
             'Content-Type': 'application/json',
             'Host': '127.0.0.1:PORT',
             'User-Agent': 'python-httpx/VERSION'}},
 'origin': '127.0.0.1',
 'url': 'http://127.0.0.1:PORT/get'}}
"""
WAITING = "Concurrency limit reached, waiting ...\n" * 3
REQUESTS = [f"Making request {number}\n" for number in range(7)]
GROUPS = ["".join(REQUESTS[:3]), "".join(REQUESTS[3:6]), REQUESTS[6]]
COMMAND = [sys.executable, "-W", "error", "-m", "inflight_lab.runners"]


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a rung as a learner would, warnings shown, with nobody to ask."""
    return subprocess.run(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )


class Said(NamedTuple):
    """How the command line ended, and what it printed."""

    status: object
    out: str
    err: str


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Run the command line in this process."""
    status: object = 0
    try:
        main(arguments)
    except SystemExit as ended:
        status = ended.code
    return Said(status, *capsys.readouterr())


def normalised(text: str) -> str:
    """``text`` without what differs from run to run and from machine to machine."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"'Accept-Encoding': '.*'", "'Accept-Encoding': 'ENCODINGS'", text)
    return re.sub(r"python-httpx/[\w.]+", "python-httpx/VERSION", text)


@pytest.mark.parametrize(
    ("rung", "printed"),
    [
        ("naive", "".join(REQUESTS)),
        ("semaphore", "".join(REQUESTS)),
        ("semaphore_pause", WAITING.join(GROUPS)),
    ],
)
def test_the_transcript_is_that_of_the_source(
    rung: str, printed: str, server: PracticeServer
) -> None:
    """Seven requests with the source's limit of 3: text, order and empty lines."""
    # Long enough that a script on a busy machine sends three before the first answer.
    server.latency = 0.6
    script = run_script(rung, server.url, "--count", "7")
    assert (script.stderr, script.returncode) == ("", 0)
    assert normalised(script.stdout) == printed + RESULT
    assert server.stats().peak_in_flight == (7 if rung == "naive" else 3)


@pytest.mark.parametrize("rung", [rung for rung in RUNGS if rung != "shared_quota"])
def test_every_rung_prints_the_same(
    rung: str, server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its requests, and the first one's JSON."""
    status, out, err = said(capsys, rung, server.url, "--count", "3")
    assert (status, err) == (0, "")
    lines = out.splitlines(keepends=True)
    made = [line for line in lines if line.startswith("Making request ")]
    assert sorted(made) == REQUESTS[:3]
    assert normalised(out).endswith(RESULT)


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


@pytest.mark.parametrize(
    ("responses", "text"),
    [
        ([], "[] (no request was asked for)\n"),
        ([httpx.Response(200, json={"first": True})], "{'first': True}\n"),
        (
            [httpx.Response(200, text="{broken")],
            "The first response is not JSON: '{broken'\n",
        ),
    ],
)
def test_the_final_result(
    responses: list[httpx.Response], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first response's JSON, or why there is none."""
    print_result(responses)
    assert capsys.readouterr().out == FINAL_RESULT + text


def test_a_failure_is_a_line_and_no_traceback(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal, a server that is gone, a store that is not there; the status is 1."""
    server.quota, server.rate, server.period = "fixed-window", 1, 3600
    ended = said(capsys, "workers", server.url, "--count=7", "--limit=1")
    assert ended.status == "ValueError: Unexpected Status: Http status code is 429."
    assert "Final result" not in ended.out
    with PracticeServer() as gone:
        url = gone.url
    assert str(said(capsys, "naive", url).status).startswith("ConnectError: ")


# Before anything is sent to another machine.

PLAN = (
    "This sends 3 requests, at most 2 at once to api.example, "
    "which is not this machine."
)


class Proxy:
    """Stands for all other machines: nothing that goes through it leaves this one."""

    def __init__(self) -> None:
        sent: list[Any] = []
        self.sent = sent

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Scripts that are started now send through this proxy."""
    proxy = Proxy()
    thread = threading.Thread(
        target=proxy.server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("ALL_PROXY", raising=False)
    yield proxy
    proxy.server.shutdown()
    thread.join()
    proxy.server.server_close()


@pytest.mark.parametrize("rung", RUNGS)
def test_with_nobody_to_ask_nothing_is_sent(
    rung: str,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Pointed at another machine, every rung ends with status 2 and one line: how many,
    where to, and what allows it.
    """
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    status, out, err = said(capsys, rung, "https://api.example/get", "--count", "7")
    assert (status, out, proxy.sent) == (2, "", [])
    assert err.startswith("This sends 7 requests, ")
    assert err.endswith(
        " to api.example, which is not this machine. Nothing was sent. "
        "To allow it, add --yes.\n"
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example", "0.0.0.0", "10.0.0.1", "localhost.example", "[::2]"]
)
def test_what_only_looks_like_this_machine(
    host: str, proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    """A host that only looks like this machine is another one."""
    assert said(capsys, "naive", f"http://{host}/get").status == 2
    assert proxy.sent == []


def test_without_a_url_nothing_is_sent_unasked(proxy: Proxy) -> None:
    """The default address is a stranger's server as well; and ``--yes`` still says what
    is sent.
    """
    script = run_script("naive")
    assert (script.returncode, script.stdout, proxy.sent) == (2, "", [])
    assert "200 requests, all at once to httpbin.org" in script.stderr
    options = ["--count", "3", "--limit", "2", "--yes"]
    script = run_script("semaphore", "http://api.example/get", *options)
    assert (script.returncode, script.stderr) == (0, f"{PLAN}\n")
    assert proxy.sent == ["http://api.example/get"] * 3


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminals to type on"
)
@pytest.mark.parametrize(
    ("answer", "status", "sent"), [("y\n", 0, 3), ("n\n", 1, 0), ("\n", 1, 0)]
)
def test_a_person_is_asked(answer: str, status: int, sent: int, proxy: Proxy) -> None:
    """At a terminal the plan comes with a question, and only "y" sends anything."""
    keyboard, terminal = os.openpty()
    address = ["semaphore", "http://api.example/get", "--count", "3", "--limit", "2"]
    script = subprocess.Popen(
        [*COMMAND, *address],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(keyboard, answer.encode())
    printed, _ = script.communicate(timeout=PATIENCE * 2)
    os.close(keyboard)
    os.close(terminal)
    assert printed.startswith(f"{PLAN} Go on? [y/N] ")
    assert ("Nothing was sent." in printed) == (sent == 0)
    assert (script.returncode, len(proxy.sent)) == (status, sent)


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
        (["semaphore", "--limit", "0"], "limit must be 1 or more, got 0"),
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


def test_a_rung_without_its_extra() -> None:
    """Where throttled-py is missing, the rung that needs it names the extra, and the
    list does not mind.
    """
    bare = "import sys; sys.modules['throttled'] = None; "
    bare += "from inflight_lab.cli import main; main(['run', *sys.argv[1:]])"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", bare, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused = run("shared_quota", "--help")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.fullmatch(r'.*: pip install "inflight-lab\[redis\]"\n', refused.stderr)
    assert "  shared_quota " in run().stdout
