"""The ladder's command line: what it prints, to the letter, and that it asks before it
sends elsewhere.
"""

from __future__ import annotations

import http.server
import importlib
import inspect
import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.arguments import VALIDATORS
from inflight_lab.runners import RUNGS
from inflight_lab.runners.__main__ import RETRY_OR_PACE, ask_first, main
from inflight_lab.runners.command_line.progress import Progress
from inflight_lab.runners.command_line.report import (
    describe,
    print_result,
    report_of_failures,
)
from tests.support.faulty_path import nobody_listens
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
    """Run a rung as a learner would, warnings shown."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "inflight_lab.runners",
        rung,
        *arguments,
    ]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,  # nobody to ask
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
    ("rung", "arguments", "transcript"),
    [
        ("naive", [], NAIVE),
        ("semaphore", ["--limit", "3"], NAIVE),
        ("semaphore_pause", ["--limit", "3"], SEMAPHORE_PAUSE),
    ],
)
def test_transcript(
    server: PracticeServer, rung: str, arguments: list[str], transcript: str
) -> None:
    """Seven requests, limit 3: text, order and empty lines are those of the source of
    the lesson.
    """
    # Long enough that a script on a busy machine sends three before the first answer.
    server.latency = 0.6
    script = run_script(rung, server.url, "--count", "7", "--verbose", *arguments)
    assert script.stderr == ""
    assert normalised(script.stdout) == transcript + RESULT
    assert script.returncode == 0
    assert server.stats().accepted == 7
    assert server.stats().peak_in_flight == (7 if rung == "naive" else 3)


def test_defaults(server: PracticeServer) -> None:
    """The script's defaults are the lesson's: 200 requests with a limit of 3."""
    server.latency = 0.03
    script = run_script("semaphore", server.url, "--verbose")
    assert script.stdout.startswith("Making request 0\nMaking request 1\n")
    assert script.stdout.count("Making request ") == 200
    assert (server.stats().accepted, server.stats().peak_in_flight) == (200, 3)


@pytest.mark.parametrize("rung", ["naive", "semaphore", "semaphore_pause"])
def test_when_all_fail(rung: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With no server there it ends in lines that say why, and status 1."""
    with nobody_listens() as url:
        ended = said(capsys, rung, url, "--count", "3", "--return-exceptions")
    assert ended.status == (
        "3 of 3 requests failed:\n"
        "  3x ConnectError: All connection attempts failed (request 0 to 2)\n"
        + RETRY_OR_PACE
    )
    assert ended.out == (
        FINAL_RESULT + "No response: all 3 requests failed, "
        "the first with ConnectError('All connection attempts failed')\n"
    )


THIRD = httpx.Response(200, json={"third": True})
BROKEN = httpx.Response(200, text="{broken")
ERROR = ValueError("no")


class Printed(NamedTuple):
    """The outcomes of a run, and what is printed of them."""

    outcomes: list[object]
    text: str


@pytest.mark.parametrize(
    "printed",
    [
        Printed([], "[] (no request was asked for)\n"),
        Printed([THIRD], "{'third': True}\n"),
        Printed([ERROR, ERROR, THIRD], "{'third': True}\n"),
        Printed(
            [ERROR, ERROR],
            "No response: all 2 requests failed, the first with ValueError('no')\n",
        ),
        Printed([BROKEN], "The first response is not JSON: '{broken'\n"),
    ],
)
def test_print_result(printed: Printed, capsys: pytest.CaptureFixture[str]) -> None:
    """The first *response*, wherever it stands, or that there is none."""
    print_result(printed.outcomes)
    assert capsys.readouterr().out == FINAL_RESULT + printed.text


def test_the_first_refusal_ends_the_script(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without ``--return-exceptions`` a 429 ends it: with the API's own words, which
    request it was, how many were answered, and a hint.
    """
    server.quota, server.rate, server.period = "fixed-window", 1, 3600
    ended = said(capsys, "workers", server.url, "--count", "7", "--limit", "1")
    assert (ended.out, ended.err) == ("", "")
    assert ended.status == (
        "ValueError: Unexpected Status: Http status code is 429.\n"
        "The API says: more than 1 requests in 3600 s\n"
        "This was request 1: 1 of 7 requests answered, 1 failed.\n"
        "The first failure ended the run.  With --return-exceptions the others go on."
    )


def test_what_failed_is_named(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """With it, too: how many, which ids, why, and what to do; the status is 1."""
    server.quota, server.rate, server.period = "fixed-window", 2, 3600
    url = f"{server.url}?id={{id}}"
    ended = said(
        capsys, "workers", url, "--count=5", "--limit=1", "--return-exceptions"
    )
    assert "'args': {'id': '1'}" in ended.out
    assert ended.status == (
        "3 of 5 requests failed:\n"
        "  3x ValueError: Unexpected Status: Http status code is 429. (id 3 to 5)\n"
        "     The API says: more than 2 requests in 3600 s\n" + RETRY_OR_PACE
    )


def test_the_report_has_a_line_for_each_reason() -> None:
    """With the requests in ranges, of which no more than six are named."""
    outcomes: list[object] = [THIRD] * 20
    outcomes[0] = httpx.ReadTimeout("")
    for number in (2, 3, 4, 6, 8, 10, 12, 14, 16):
        outcomes[number] = ValueError("no")
    assert report_of_failures(outcomes, "http://127.0.0.1") == [
        "10 of 20 requests failed:",
        "  1x ReadTimeout: no answer in time (httpx waits 5 s by default) (request 0)",
        "  9x ValueError: no (request 2 to 4, 6, 8, 10, 12, 14, ...)",
    ]
    assert report_of_failures([THIRD], "http://127.0.0.1") == []


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.PoolTimeout,
        TimeoutError,
        RuntimeError,
    ],
)
def test_no_error_is_without_words(kind: type[Exception]) -> None:
    """httpx raises timeouts without a message: no line ends in a colon."""
    assert re.fullmatch(rf"{kind.__name__}: \w.*[\w)]", describe(kind("")))


# ---- progress


class Terminal(io.StringIO):
    """Stands for stderr at a terminal."""

    def isatty(self) -> bool:
        """So it can be written over."""
        return True


def progress_of_three(monkeypatch: pytest.MonkeyPatch, **options: bool) -> str:
    """What is printed while two requests are answered and one fails."""
    monkeypatch.setattr(
        "inflight_lab.runners.command_line.progress.SECONDS_AT_A_TERMINAL", 0
    )
    progress = Progress(3, **options)
    progress.note_answer()
    progress.note_failure()
    progress.note_answer()
    progress.end()
    stream = sys.stderr
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_progress_is_one_line_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written over, and the last count stays."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress_of_three(monkeypatch) == (
        "\r1 of 3 requests answered"
        "\r1 of 3 requests answered, 1 failed"
        "\r2 of 3 requests answered, 1 failed"
        "\r2 of 3 requests answered, 1 failed\n"
    )


def test_progress_elsewhere_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A log file gets none from a short run, and no line that is written over."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress_of_three(monkeypatch) == ""
    monkeypatch.setattr(
        "inflight_lab.runners.command_line.progress.SECONDS_ELSEWHERE", 0
    )
    assert progress_of_three(monkeypatch) == (
        "1 of 3 requests answered\n"
        "1 of 3 requests answered, 1 failed\n"
        "2 of 3 requests answered, 1 failed\n"
    )


def test_verbose_takes_the_place_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """One or the other: never a count between the lines of the script."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress_of_three(monkeypatch, is_shown=False) == ""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_at_processes_prints_no_traceback(server: PracticeServer) -> None:
    """The terminal sends it to each of them; the parent alone says what was done."""
    server.latency = 2
    command = [sys.executable, "-m", "inflight_lab.runners", "multiprocess"]
    with subprocess.Popen(
        [*command, server.url, "--count=9", "--processes=2", "--verbose"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as script:
        assert script.stdout
        script.stdout.readline()
        os.killpg(script.pid, signal.SIGINT)
        _, printed = script.communicate(timeout=PATIENCE * 2)
    assert script.returncode == 130
    assert re.fullmatch(r"Stopped: \d of 9 requests answered\.\n", printed)


def test_a_store_that_does_not_answer_is_no_traceback(
    server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a rung's other library raises ends the run in one line, without a hint, and
    nothing was sent.
    """
    with pytest.raises(
        SystemExit,
        match=r"^StoreUnavailableError: Not sent: the store gave no answer\..*$",
    ):
        main(
            [
                "shared_quota",
                server.url,
                "--count",
                "3",
                "--store",
                "redis://127.0.0.1:1",
            ]
        )
    assert (capsys.readouterr().err, server.stats().started) == ("", 0)


# ---- before anything is sent to another machine

ELSEWHERE = "This sends to api.example, which is not this machine: "
PLAN = f"{ELSEWHERE}3 requests, at most 2 at once."


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
    """Pointed at another machine, every rung ends with status 2 and one line: where to,
    how many, how.
    """
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(SystemExit) as ended:
        main([rung, "https://api.example/get", "--count", "7"])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out, proxy.sent) == (2, "", [])
    assert re.fullmatch(
        rf"{re.escape(ELSEWHERE)}7 requests, .*(at once|apart|retries|"
        r"in 1 s|permits|allows)\. Nothing was sent\. To allow it, add --yes\.\n",
        printed.err,
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "[::1]", "localhost", "LOCALHOST"]
)
def test_this_machine_is_not_asked_about(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the transport takes for this machine, the command line does too."""
    ask_first(f"http://{host}/get", "no plan", yes=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example", "0.0.0.0", "10.0.0.1", "localhost.example", "[::2]"]
)
def test_other_machines_are_asked_about(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that only looks like this machine is another one."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit):
        ask_first(f"http://{host}/get", "no plan", yes=False)


def test_without_a_url_nothing_is_sent_unasked(proxy: Proxy) -> None:
    """The default address is a stranger's server as well."""
    script = run_script("naive")
    assert (script.returncode, script.stdout, proxy.sent) == (2, "", [])
    assert script.stderr.startswith(
        "This sends to httpbin.org, which is not this machine: 200 requests, all"
    )


def test_yes_on_the_command_line_shows_what_is_sent(proxy: Proxy) -> None:
    """A script that is told beforehand still says it."""
    script = run_script(
        "semaphore", "http://api.example/get", "--count", "3", "--limit", "2", "--yes"
    )
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
    command = [
        sys.executable,
        "-m",
        "inflight_lab.runners",
        "semaphore",
        "http://api.example/get",
    ]
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


@pytest.mark.parametrize("rung", [rung for rung in RUNGS if rung != "shared_quota"])
def test_each_request_gets_an_id(
    rung: str, proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    """In whichever task, thread or process it is sent, from 1 on."""
    url = "http://api.example/items/{id}?all={id}"
    ended = said(capsys, rung, url, "--count", "3", "--yes")
    assert ended.status == 0, ended
    assert sorted(proxy.sent) == [
        f"http://api.example/items/{number}?all={number}" for number in (1, 2, 3)
    ]


# ---- it explains itself


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_rung_it_lists_them(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every rung by name, in the ladder's order, with the first line of its file."""
    status, out, err = said(capsys, *arguments)
    assert (status, err) == (0, "")
    assert re.findall(r"^  (\w+) +\S.*\.$", out, re.M) == list(RUNGS)
    assert (
        "  naive           one task per request, and nothing that holds them back."
        in out
    )


@pytest.mark.parametrize("rung", RUNGS)
def test_the_options_are_the_parameters(
    rung: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--help`` has an option for each parameter that can be typed, with what is
    allowed and its default.
    """
    run = importlib.import_module(f"inflight_lab.runners.{rung}").make_many_requests
    parameters = inspect.signature(run).parameters.values()
    status, out, err = said(capsys, rung, "--help")
    assert (status, err) == (0, "")
    typed = [
        each.name
        for each in parameters
        if each.name in VALIDATORS and each.name != "url"
    ]
    assert "count" in typed
    assert re.findall(r"^  --(\w+) [A-Z]", out, re.M) == typed
    text = " ".join(out.split())
    assert "--count COUNT an integer, 0 or more; default 200" in text
    for each in parameters:
        if each.name in typed and isinstance(each.default, int | float):
            assert re.search(
                rf"--{each.name} [A-Z]+ an? [^;]+; default {each.default}", text
            )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["semaphore", "--count", "x"],
            "count must be an integer, 0 or more, got 'x'\n",
        ),
        (["semaphore", "--count", "-1"], "count must be 0 or more, got -1\n"),
        (
            ["semaphore", "--count", "2.5"],
            "count must be an integer, 0 or more, got '2.5'\n",
        ),
        (["threaded", "--threads", "0"], "threads must be 1 or more, got 0\n"),
        (
            ["semaphore_pause", "--pause", "nan"],
            "pause must be 0 or more, and finite, got nan\n",
        ),
        (
            ["shared_quota", "--rate", "0.5"],
            "rate must be 1 or more, and finite, got 0.5\n",
        ),
        (
            ["shared_quota", "--key", ""],
            "key must be a string that is not empty, got ''\n",
        ),
        (
            ["naive", "ftp://127.0.0.1"],
            "url must be a valid URL that starts with http:// or https:// "
            "and names a host, got 'ftp://127.0.0.1'\n",
        ),
    ],
)
def test_a_bad_option_is_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked or sent: the parameter, the value, what is allowed, and
    status 2.
    """
    assert said(capsys, *arguments) == (2, "", line)


def test_an_unknown_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The error begins with the command that was typed."""
    status, _, err = said(capsys, "paced", "--bogus")
    assert status == 2
    assert (
        err.splitlines()[-1]
        == "inflight-lab run paced: error: unrecognized arguments: --bogus"
    )


def test_an_unknown_rung(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name is answered with the right ones."""
    line = f"No rung is called 'semaphor'. Use one of {', '.join(RUNGS)}.\n"
    assert said(capsys, "semaphor") == (2, "", line)


def test_an_address_without_a_rung(capsys: pytest.CaptureFixture[str]) -> None:
    """It says where the rung's name belongs."""
    status, out, err = said(capsys, "https://api.example/get")
    assert (status, out) == (2, "")
    assert err.startswith(
        "Which rung? Write one before the address: "
        "inflight-lab run resilient https://api.example/get. The rungs are naive, "
    )


def test_a_rung_without_its_extra() -> None:
    """Where throttled-py is missing, the rung that needs it names the extra, and no
    other rung minds.
    """
    without = "import sys; sys.modules['throttled'] = None"
    bare = f"{without}; from inflight_lab.cli import main; "

    def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", f"{bare}main({['run', *arguments]})"],
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run(["shared_quota", "--help"])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.fullmatch(
        r'.*throttled.*: pip install "inflight-lab\[redis\]"\n', refused.stderr
    )
    for arguments, words in (
        ([], "  shared_quota "),
        (["semaphore", "--help"], "--limit"),
    ):
        listed = run(arguments)
        assert (listed.returncode, listed.stderr) == (0, "")
        assert words in listed.stdout


def test_each_process_imports_the_command_line(server: PracticeServer) -> None:
    """Without running it, though they are started from it."""
    script = run_script("multiprocess", server.url, "--count", "5", "--verbose")
    assert (script.stderr, script.returncode) == ("", 0)
    assert sorted(script.stdout.splitlines()[:5]) == [
        f"Making request {num}" for num in range(5)
    ]
    assert normalised(script.stdout).endswith(RESULT)


@pytest.mark.parametrize("rung", ["naive", "multiprocess"])
def test_without_verbose_it_prints_the_result_only(
    rung: str, server: PracticeServer
) -> None:
    """No line for each request: of 200 nobody reads them."""
    script = run_script(rung, server.url, "--count", "5")
    assert (script.returncode, script.stderr) == (0, "")
    assert normalised(script.stdout) == RESULT


@pytest.mark.parametrize(
    "rung",
    [
        "paced",
        "adaptive",
        "budgets",
        "workers",
        "resilient",
        "threaded",
        "paced_threads",
    ],
)
def test_the_other_rungs_print_the_same(
    rung: str, server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every other rung: its requests, and the first one's JSON."""
    ended = said(capsys, rung, server.url, "--count", "3", "--verbose")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines(keepends=True)
    assert sorted(lines[:3]) == [f"Making request {num}\n" for num in range(3)]
    assert normalised("".join(lines[3:])) == RESULT
