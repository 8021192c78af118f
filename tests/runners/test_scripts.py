"""Each rung as a script: what it prints, to the letter, and what an import of the package brings along."""

from __future__ import annotations

import contextlib
import http.server
import importlib
import inspect
import io
import os
import pkgutil
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

import inflight_lab
from inflight_lab import PracticeServer, runners
from inflight_lab.runners import naive
from tests.support.waiting import PATIENCE

RESULT = """\


Final result:
==============

{
  "args": {},
  "headers": {
    "Host": "127.0.0.1:PORT",
    "Accept": "*/*",
    "Accept-Encoding": "ENCODINGS",
    "Connection": "keep-alive",
    "User-Agent": "python-httpx/VERSION",
    "Content-Type": "application/json"
  },
  "origin": "127.0.0.1",
  "url": "http://127.0.0.1:PORT/get"
}
"""

NAIVE = """\
Making request 0
Making request 1
Making request 2
Making request 3
Making request 4
Making request 5
Making request 6
"""

SEMAPHORE_PAUSE = """\
Making request 0
Making request 1
Making request 2
Concurrency limit reached, waiting ...
Concurrency limit reached, waiting ...
Concurrency limit reached, waiting ...
Making request 3
Making request 4
Making request 5
Concurrency limit reached, waiting ...
Concurrency limit reached, waiting ...
Concurrency limit reached, waiting ...
Making request 6
"""


def run_script(rung: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a rung's file as a learner would, warnings shown."""
    command = [sys.executable, "-W", "error", "-m", f"inflight_lab.runners.{rung}", *arguments]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,  # nobody to ask
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        check=False,
    )


def normalised(text: str) -> str:
    """``text`` without what differs from run to run and from machine to machine."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r'"Accept-Encoding": ".*"', '"Accept-Encoding": "ENCODINGS"', text)
    return re.sub(r"python-httpx/[\w.]+", "python-httpx/VERSION", text)


@pytest.mark.parametrize(
    ("rung", "arguments", "transcript"),
    [
        ("naive", [], NAIVE),
        ("semaphore", ["--limit", "3"], NAIVE),
        ("semaphore_pause", ["--limit", "3"], SEMAPHORE_PAUSE),
    ],
)
def test_transcript(server: PracticeServer, rung: str, arguments: list[str], transcript: str) -> None:
    """Seven requests, limit 3: text, order and empty lines are those of the source of the lesson."""
    server.latency = 0.3
    script = run_script(rung, server.url, "--count", "7", *arguments)
    assert script.stderr == ""
    assert normalised(script.stdout) == transcript + RESULT
    assert script.returncode == 0
    assert server.stats().accepted == 7
    assert server.stats().peak_in_flight == (7 if rung == "naive" else 3)


def test_defaults(server: PracticeServer) -> None:
    """The script's defaults are the lesson's: 200 requests with a limit of 3."""
    server.latency = 0.03
    script = run_script("semaphore", server.url)
    assert script.stdout.startswith("Making request 0\nMaking request 1\n")
    assert script.stdout.count("Making request ") == 200
    assert (server.stats().accepted, server.stats().peak_in_flight) == (200, 3)


@pytest.mark.parametrize("rung", ["naive", "semaphore", "semaphore_pause"])
def test_count_zero(server: PracticeServer, rung: str) -> None:
    """No request asked for is an empty result that says so, and no error."""
    script = run_script(rung, server.url, "--count", "0")
    assert (script.stdout, script.stderr) == (
        "\n\nFinal result:\n==============\n\n[] (no request was asked for)\n",
        "",
    )
    assert (script.returncode, server.stats().started) == (0, 0)


@pytest.mark.parametrize("rung", ["naive", "semaphore", "semaphore_pause"])
def test_return_exceptions_when_all_fail(rung: str) -> None:
    """With every request refused the script ends in a line that says why, and no traceback."""
    with PracticeServer(latency=0) as gone:
        url = gone.url
    script = run_script(rung, url, "--count", "3", "--return-exceptions")
    assert script.stderr == ""
    assert script.stdout == (
        "Making request 0\nMaking request 1\nMaking request 2\n"
        "\n\nFinal result:\n==============\n\n"
        "No response: all 3 requests failed, the first with ConnectError('All connection attempts failed')\n"
    )


def test_first_response_is_shown_though_earlier_ones_failed() -> None:
    """With ``--return-exceptions`` the first *response* is printed, wherever in the list it stands."""
    outcomes = [ValueError("no"), ValueError("no"), httpx.Response(200, json={"third": True})]
    assert print_of(outcomes) == '\n\nFinal result:\n==============\n\n{\n  "third": true\n}\n'


def test_a_response_that_is_not_json() -> None:
    """Malformed JSON in a 200 answer is told in a line, not in a traceback."""
    assert print_of([httpx.Response(200, text="{broken")]) == (
        "\n\nFinal result:\n==============\n\nThe first response is not JSON: '{broken'\n"
    )


def test_the_first_refusal_ends_the_script(server: PracticeServer) -> None:
    """Without ``--return-exceptions`` a 429 ends the run with the documented error as its last word."""
    server.quota, server.rate, server.period = "fixed-window", 1, 3600
    script = run_script("naive", server.url, "--count", "7")
    assert script.stdout == NAIVE
    assert script.stderr.endswith("\nValueError: Unexpected Status: Http status code is 429.\n")
    assert script.returncode == 1


def print_of(outcomes: list[object]) -> str:
    """What ``print_result`` prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        naive.print_result(outcomes)
    return output.getvalue()


# ---- before anything is sent to another machine

RUNGS = sorted(module.name for module in pkgutil.iter_modules(runners.__path__))
PLAN = "This sends to api.example, which is not this machine: 3 requests, at most 2 at once."


class Proxy:
    """Stands for all other machines: nothing that goes through it leaves this one."""

    def __init__(self) -> None:
        sent = self.sent = []

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
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("ALL_PROXY", raising=False)
    yield proxy
    proxy.server.shutdown()
    thread.join()
    proxy.server.server_close()


def test_every_script_asks_in_the_same_words() -> None:
    """The question is copied from file to file, since each file stands alone; the copies are equal."""
    asked = [
        inspect.getsource(importlib.import_module(f"inflight_lab.runners.{rung}").ask_first) for rung in RUNGS
    ]
    assert len(asked) == 10
    assert set(asked) == {asked[0]}


@pytest.mark.parametrize("rung", RUNGS)
def test_with_nobody_to_ask_nothing_is_sent(
    rung: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pointed at another machine, every script ends with status 2 and one line: where to, how many, how."""
    monkeypatch.setattr(sys, "argv", [rung, "https://api.example/get", "--count", "7"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"inflight_lab.runners.{rung}").main()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out, proxy.sent) == (2, "", [])
    assert re.fullmatch(
        r"This sends to api\.example, which is not this machine: 7 requests, .*(at once|apart|retries|"
        r"in 1 s|permits)\. Nothing was sent\. To allow it, add --yes\.\n",
        printed.err,
    )


def test_without_a_url_nothing_is_sent_unasked(proxy: Proxy) -> None:
    """The default address is a stranger's server as well."""
    script = run_script("naive")
    assert (script.returncode, script.stdout, proxy.sent) == (2, "", [])
    assert script.stderr.startswith("This sends to httpbin.org, which is not this machine: 200 requests, all")


def test_yes_on_the_command_line_shows_what_is_sent(proxy: Proxy) -> None:
    """A script that is told beforehand still says it."""
    script = run_script("semaphore", "http://api.example/get", "--count", "3", "--limit", "2", "--yes")
    assert (script.returncode, script.stderr) == (0, f"{PLAN}\n")
    assert proxy.sent == ["http://api.example/get"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals to type on")
@pytest.mark.parametrize(("answer", "status", "sent"), [("y\n", 0, 3), ("n\n", 1, 0), ("\n", 1, 0)])
def test_a_person_is_asked(answer: str, status: int, sent: int, proxy: Proxy) -> None:
    """At a terminal the plan comes with a question, and only "y" sends anything."""
    keyboard, terminal = os.openpty()
    command = [sys.executable, "-m", "inflight_lab.runners.semaphore", "http://api.example/get"]
    script = subprocess.Popen(
        [*command, "--count", "3", "--limit", "2"],
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


HEAVY = ("ipywidgets", "anywidget", "uvicorn", "starlette", "traitlets", "IPython", "nest_asyncio2")


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import inflight_lab", (*HEAVY, "httpx", "anyio", "asyncio")),
        ("from inflight_lab.runners import naive, semaphore, semaphore_pause", HEAVY),
        ("from inflight_lab import ObservedTransport, AdjustableLimiter, Timeline, Stats, Event", HEAVY),
        ("from inflight_lab import PracticeServer", ("ipywidgets", "anywidget", "traitlets", "IPython")),
    ],
)
def test_imports_are_light(statement: str, absent: tuple[str, ...]) -> None:
    """An import loads nothing that is not needed yet: no widget, and no server for the runners."""
    code = f"import sys; {statement}; print(*sorted(set({absent!r}) & set(sys.modules)))"
    script = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert script.stdout.split() == []


def test_every_public_name_can_be_imported_and_a_wrong_one_not() -> None:
    """``__all__`` promises no name that is missing, and a misspelt one is an ordinary error."""
    assert sorted(inflight_lab.__all__) == sorted(inflight_lab._HOME)
    with pytest.raises(AttributeError, match="PracticeSever"):
        inflight_lab.PracticeSever  # noqa: B018
