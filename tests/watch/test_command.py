"""The command: a watched script runs as without it, and what cannot be watched is said
in a clear word.
"""

from __future__ import annotations

import json
import marshal
import re
import signal
import socket
import subprocess
import sys
import threading
from binascii import b2a_base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.runs.columns import from_columns
from inflight_lab.watch import __main__ as command
from inflight_lab.watch.event_file import read_events
from inflight_lab.watch.events import Sent, Unseen
from inflight_lab.watch.summary import summary
from tests.support.children import child
from tests.support.waiting import PATIENCE
from tests.support.watching import log_of_script, watch, watch_here

PRACTICE = ("--no-browser", "--practice", "1000/s")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script."""

    def write(text: str) -> Path:
        path = tmp_path / "my_script.py"
        path.write_text(text)
        return path

    return write


OF_AIOHTTP = """
import asyncio, aiohttp

async def get(url):
    async with aiohttp.request("GET", url) as response:
        return await response.json()

"""
ANSWERS = {
    "httpx": "import httpx; answer = httpx.get('{url}').json()",
    "requests": "import requests; answer = requests.get('{url}').json()",
    "urllib3": "import urllib3; answer = urllib3.request('GET', '{url}').json()",
    "aiohttp": OF_AIOHTTP + "answer = asyncio.run(get('{url}'))",
}
"""By library: how a script gets an answer."""


@pytest.mark.parametrize("library", ANSWERS)
def test_what_a_script_does_is_its_own(
    library: str, script: Callable[[str], Path]
) -> None:
    """Its output, input, arguments, name and exit status are those that it has without
    watch.
    """
    path = script(
        "import sys, threading\n"
        "threads = threading.active_count()\n"
        "print(__name__, sys.argv[1:], sys.path[0], threads, input())\n"
        + ANSWERS[library].replace("{url}", "https://api.example.com/a")
        + "\nprint(answer['url'][-2:], file=sys.stderr)\n"
        "startup = [folder for folder in sys.path if 'startup' in folder]\n"
        "print('sitecustomize' in sys.modules, startup)\n"
        "sys.exit(7)\n"
    )
    done = watch(*PRACTICE, path, "--its-option", "-x y", input="typed\n")
    assert done.stdout == (
        f"__main__ ['--its-option', '-x y'] {path.parent} 1 typed\nTrue []\n"
    )
    assert done.returncode == 7
    words = (
        r"^/a\nwatch: 1 request to api.example.com in .* s, at most 1 in flight: 1 acc"
    )
    assert re.search(words, done.stderr, re.M)


class End(NamedTuple):
    """How a script ends, with which exit status, and a line that is printed then."""

    how: str
    status: int
    line: str = "watch: 1 request "


@pytest.mark.parametrize(
    "end",
    [
        End("raise RuntimeError('as usual')", 1, "RuntimeError: as usual"),
        End("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        pytest.param(End("os.abort()", -signal.SIGABRT), marks=pytest.mark.full),
        pytest.param(End("os._exit(3)", 3), marks=pytest.mark.full),
    ],
    ids=["raises", "killed", "aborted", "left at once"],
)
def test_however_a_script_ends(end: End, script: Callable[[str], Path]) -> None:
    """The exit status is the script's, what it sent until then is not lost, and what
    was seen is said.
    """
    text = "import httpx, os, signal\nhttpx.get('https://api.example.com/')\n"
    done = watch(*PRACTICE, script(text + end.how))
    assert done.returncode == end.status
    assert end.line in done.stderr
    assert "watch: 1 request to api.example.com" in done.stderr


def watching(script: Path) -> list[str]:
    """The command that watches a script in practice."""
    return [sys.executable, "-m", "inflight_lab.watch", *PRACTICE, str(script)]


THREE = """
import asyncio, multiprocessing, os, threading
import aiohttp, httpx, httpx2, httpx_aiohttp, requests

def one(name):
    httpx.get("https://one.example/" + name)
    requests.get("https://requests.example/" + name)

async def three(host, httpx=httpx, **options):
    async with httpx.AsyncClient(**options) as client:
        await asyncio.gather(*(client.get(f"https://{host}/{n}") for n in "abc"))

async def three_of_aiohttp(host):
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(session.get(f"https://{host}/{n}") for n in "abc"))

"""
IN_ONE_PROCESS = (
    THREE
    + """
for _ in range(2):
    asyncio.run(three("loops.example"))
    asyncio.run(three_of_aiohttp("loops.example"))

threads = []
for _ in range(2):
    requests_of_each = [three("threads.example"), three_of_aiohttp("threads.example")]
    for each in requests_of_each:
        threads.append(threading.Thread(target=asyncio.run, args=(each,)))
    for name in "abc":
        threads.append(threading.Thread(target=one, args=(name,)))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

asyncio.run(three("httpx2.example", httpx2))
with httpx2.Client() as client:
    for name in "abc":
        client.get("https://httpx2.example/" + name)

for _ in range(2):
    transport = httpx_aiohttp.AiohttpTransport()
    asyncio.run(three("aiohttp.example", transport=transport))
    asyncio.run(three("proxy.example", proxy="http://192.0.2.1:3128"))
"""
)
FORKED = """
pid = os.fork()
asyncio.run(three("forked.example"))
asyncio.run(three_of_aiohttp("forked.example"))
pid and os.waitpid(pid, 0)
"""
SPAWNED = """
if __name__ == "__main__":
    multiprocessing.get_context("spawn").Pool(2).map(one, "123456")
"""


def test_clients_are_seen_wherever_they_are_made(tmp_path: Path) -> None:
    """In each loop and thread, of either library, over other transports and past a
    proxy.
    """
    log = log_of_script(tmp_path, IN_ONE_PROCESS)
    seen = {group.first.host: len(group) for group in log.by_host()}
    kinds = ("one", "requests", "httpx2", "aiohttp", "proxy")
    twice = ("loops", "threads")
    assert seen == {f"{kind}.example": 6 for kind in kinds} | {
        f"{kind}.example": 12 for kind in twice
    }
    assert summary(log).endswith("54 accepted, 0 refused.")
    assert all(group.most_in_flight() > 0 for group in log.by_host())


@pytest.mark.parametrize(
    "how",
    [FORKED, pytest.param(SPAWNED, marks=pytest.mark.full)],
    ids=["forked", "spawned"],
)
def test_clients_are_seen_in_all_processes(how: str, tmp_path: Path) -> None:
    """Those that the script forks, and those that it starts anew."""
    log = log_of_script(tmp_path, THREE + how)
    assert summary(log).endswith(" 12 accepted, 0 refused.")


def line_of(*event: object) -> bytes:
    """What stands in the file for an event."""
    return b2a_base64(marshal.dumps(event))


def test_a_line_that_is_half_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    """Watch may read while a script writes: it waits for the rest of a line."""
    line = line_of("Sent", 1.5, 1, 7, 2)
    with (
        (tmp_path / "events").open("wb", buffering=0) as script,
        (tmp_path / "events").open("rb") as file,
    ):
        script.write(line + line[:9])
        assert list(read_events(file)) == [Sent(1.5, 1, 7, 2)]
        script.write(line[9:])
        assert list(read_events(file)) == [Sent(1.5, 1, 7, 2)]


def test_a_line_that_is_cut_off_costs_that_line_only(tmp_path: Path) -> None:
    """When the disk was full for a moment, what is written after it counts."""
    whole = line_of("Unseen", 1.5, 1, "urllib")
    cut_off = [
        b"AAA\n",
        b"6QAA\n",
        b"\n",
        line_of("Sent", 1.5),
        line_of("Nothing", 1.5, 1),
        b2a_base64(marshal.dumps(None)),
    ]
    (tmp_path / "events").write_bytes(whole + b"".join(cut_off) + whole)
    with (tmp_path / "events").open("rb") as file:
        assert list(read_events(file)) == [Unseen(1.5, 1, "urllib")] * 2


UNSEEN = """
import urllib.request

for address in ("http://192.0.2.1/", "http://127.0.0.1:9/"):
    try:
        urllib.request.urlopen(address)
    except OSError as error:
        assert "--practice: nothing is sent to" in str(error), error
    else:
        raise SystemExit(1)
"""


def test_libraries_that_are_not_seen(tmp_path: Path) -> None:
    """Of urllib watch says how often it was used; in practice nothing gets out, nor to
    another API on this machine.
    """
    uses = [each.library for each in log_of_script(tmp_path, UNSEEN).unseen]
    assert uses == ["urllib"] * 2


def test_a_script_without_requests(
    script: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """It says that there were none, and the exit status stays the script's."""
    done = watch_here(capfd, "--no-browser", script("print('nothing'); exit(7)"))
    assert (done.status, done.output) == (7, "nothing\n")
    assert done.said.endswith("watch: No request was seen.\n")


MISSING = "import missing_here"
CAUGHT = """
try:
    import missing_here
except ImportError:
    pass
raise ValueError
"""


@pytest.mark.parametrize(
    ("text", "is_said"), [(MISSING, True), (CAUGHT, False)], ids=["fatal", "caught"]
)
def test_a_module_that_is_not_installed(
    text: str,
    is_said: bool,
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Where it ends the script, it is said in which environment watch has to be."""
    done = watch_here(capfd, "--no-browser", script(text))
    assert done.status == 1
    words = f"The script needs missing_here, which is not installed in {sys.prefix}: "
    assert (words in done.said) == is_said


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["missing.py"], "there is no script missing.py"),
        (
            ["--practice", "fast", "x.py"],
            "must be a quota such as 100/s, 60/20s, 300/min or 5000/h, got 'fast'",
        ),
        (["--practice", "5/99999h", "x.py"], "period must be"),
        (["--dialect", "github", "{script}"], "--dialect needs --practice"),
        (
            ["{script}", "a", "--practice", "60/h"],
            "--practice after the script would go to the script, and watch would not "
            "see it. If it is for watch, put it before {script}; if it is for the",
        ),
        (["{script}", "--port=8000"], "--port after the script"),
        (["--prac", "60/h", "{script}"], "unrecognized arguments: --prac"),
        (["--dialect", "latin", "{script}"], "invalid choice: 'latin'"),
        (["--practice", "0/s", "x.py"], "must be a quota such as 100/s"),
        (["--port", "99999", "{script}"], "port must be"),
        (
            ["--port", "{taken}", "{script}"],
            "the page cannot have this port: [Errno 98]",
        ),
        ([], "the following arguments are required: script"),
    ],
)
def test_what_cannot_be_watched(
    arguments: list[str],
    word: str,
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One clear line, exit status 2, and the script was not started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        names = {"script": script("print('started')"), "taken": taken.getsockname()[1]}
        filled_in = [argument.format(**names) for argument in arguments]
        done = watch_here(capfd, "--no-browser", *filled_in)
    assert (done.status, done.output) == (2, "")
    assert word.format(**names) in done.said
    assert "Traceback" not in done.said


@pytest.mark.parametrize(
    ("arguments", "of_the_script"),
    [
        (["--", "--port", "80", "--", "-x"], ["--port", "80", "--", "-x"]),
        (["a", "--", "--port"], ["a", "--", "--port"]),
    ],
    ids=["after the script", "later"],
)
def test_an_option_of_watch_can_be_the_scripts_own(
    arguments: list[str],
    of_the_script: list[str],
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """After ``--`` everything is for the script; a later ``--`` is, too."""
    path = script("import sys; print(sys.argv[1:])")
    done = watch_here(capfd, "--no-browser", path, *arguments)
    assert (done.status, done.output) == (0, f"{of_the_script}\n")


def test_every_option_of_watch_is_known_to_be_one() -> None:
    """None of them is handed to the script unnoticed."""
    known = command._parser()._option_string_actions
    assert set(known) - {"-h", "--help"} == set(command.OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "first_line"),
    [
        (
            ["--practice", "60/h"],
            "practice, 60 allowed in 3600 s: no request leaves this machine",
        ),
        ([], "real requests go to the API (with --practice, none would)"),
    ],
    ids=["practice", "real"],
)
def test_the_first_line_says_where_requests_go(
    arguments: list[str],
    first_line: str,
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Before anything is sent, so that it can be stopped."""
    done = watch_here(capfd, "--no-browser", *arguments, script("print('ran')"))
    assert done.said.startswith(
        f"watch: {first_line}; while the script runs, the plot is at "
    )


@pytest.mark.parametrize(
    ("quota", "rate", "period"),
    [("7/s", 7, 1), ("90/min", 90, 60), ("7/h", 7, 3600), ("60/20s", 60, 20)],
)
def test_the_quota_of_practice(quota: str, rate: int, period: float) -> None:
    """A number a second, a minute, an hour, or several of them."""
    knobs = command._practice_knobs(quota)
    assert (knobs["rate"], knobs["period"]) == (rate, period)


def test_a_browser_that_cannot_be_opened(
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address is there to be opened by hand, and the script runs all the same."""
    monkeypatch.setattr(command.webbrowser, "open", lambda address: False)
    monkeypatch.setattr(command, "PAGE_TIMEOUT", 0.1)
    done = watch_here(capfd, script("print('ran')"))
    assert (done.status, done.output) == (0, "ran\n")
    assert re.search(r"the plot is at http://127.0.0.1:\d+/inflight-lab/\n", done.said)


def test_the_browser_gets_the_address(
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is opened at the page, and has time to come there after a script that is over
    at once.
    """
    pages = []
    read = threading.Event()

    def open_page(address: str) -> None:
        pages.append(httpx.get(address + "events", timeout=PATIENCE).text)
        read.set()

    monkeypatch.setattr(command.webbrowser, "open", open_page)
    monkeypatch.setattr(command, "PAGE_TIMEOUT", PATIENCE)
    watch_here(capfd, script("print('ran')"))
    assert read.wait(PATIENCE)
    assert "No request was seen." in pages[0]


def test_the_environments_own_sitecustomize_runs(
    tmp_path: Path,
    script: Callable[[str], Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Watch stands in front of it, not in its place."""
    (tmp_path / "sitecustomize.py").write_text("print('set up')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = watch_here(capfd, "--no-browser", script("print('ran')"))
    assert done.output == "set up\nran\n"


THREE_IN_STEPS = """
import httpx
for _ in "abc":
    input()
    httpx.get("https://api.example.com/")
"""


def test_the_page_follows_the_script(script: Callable[[str], Path]) -> None:
    """A page hears what was, what is, and at the end the conclusion."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        child(watching(script(THREE_IN_STEPS)), text=True, **pipes) as process,
        httpx.Client(timeout=PATIENCE) as client,
    ):
        assert process.stdin
        assert process.stderr
        home = process.stderr.readline().split()[-1]
        assert_is_served(client, home)
        process.stdin.write("\n")
        process.stdin.flush()
        with client.stream("GET", home + "events") as response:
            messages = (
                json.loads(line.removeprefix("data: "))
                for line in response.iter_lines()
                if line
            )
            first = next(messages)
            process.stdin.write("\n\n")
            process.stdin.flush()
            more = list(messages)
    assert first["reset"]
    assert first["title"].endswith("my_script.py")
    runs = [from_columns(message["run"]) for message in [first, *more]]
    events = [event for run in runs for event in run.events]
    assert [event.what for event in events].count("sent") == 3  # none twice
    assert runs[-1].counts.accepted == 3
    assert runs[0].live
    assert not runs[-1].live
    conclusion = more[-1]["conclusion"]
    assert conclusion["summary"].startswith("3 requests to api.example.com")
    assert conclusion["status"] == 0


def assert_is_served(client: httpx.Client, home: str) -> None:
    """The page is there with its files; a page of another site hears nothing."""
    assert '<div id="plot">' in client.get(home).text
    for script in ("watch/page/page.js", "plot/page/live_plot.js"):
        assert "import" in client.get(home + script).text
    for sheet in ("watch/page/page.css", "stage/stage.css"):
        style = client.get(home + sheet).headers["content-type"]
        assert style.startswith("text/css")
    foreign = client.get(home, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
