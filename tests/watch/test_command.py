"""The command: a watched script runs as without it, and what cannot be watched is said
in a clear word.
"""

from __future__ import annotations

import marshal
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from binascii import b2a_base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab.watch.__main__ import events
from inflight_lab.watch.diagnosis import summary
from tests.support.children import child
from tests.support.waiting import PATIENCE
from tests.support.watching import see_text, watch

PRACTICE = ("--no-browser", "--practice", "1000/s")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script."""

    def write(text: str) -> Path:
        path = tmp_path / "my_script.py"
        path.write_text(text)
        return path

    return write


def test_what_a_script_does_is_its_own(script: Callable[[str], Path]) -> None:
    """Its output, input, arguments, name and exit status are those that it has without
    watch.
    """
    path = script(
        "import sys, threading, httpx\n"
        "print(__name__, sys.argv[1:], sys.path[0], threading.active_count(), input())\n"
        "print(httpx.get('https://api.example.com/a').json()['url'][-2:], file=sys.stderr)\n"
        "print('sitecustomize' in sys.modules, any('startup' in folder for folder in sys.path))\n"
        "sys.exit(7)\n"
    )
    done = watch(*PRACTICE, path, "--port", "-x y", input="typed\n")
    assert done.stdout == (
        f"__main__ ['--port', '-x y'] {path.parent} 1 typed\nTrue False\n"
    )
    assert done.returncode == 7
    assert re.search(
        r"^/a\nwatch: 1 request to api.example.com in .* s, at most 1 at once: 1 accepted",
        done.stderr,
        re.M,
    )


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("raise RuntimeError('as usual')", 1, "RuntimeError: as usual"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            -signal.SIGKILL,
            "watch: 1 request ",
        ),
        pytest.param(
            "import os; os.abort()",
            -signal.SIGABRT,
            "watch: 1 request ",
            marks=pytest.mark.full,
        ),
        pytest.param(
            "import os; os._exit(3)", 3, "watch: 1 request ", marks=pytest.mark.full
        ),
    ],
    ids=["raises", "killed", "aborted", "left at once"],
)
def test_however_a_script_ends(
    end: str, status: int, said: str, script: Callable[[str], Path]
) -> None:
    """The exit status is the script's, what it sent until then is not lost, and what
    was seen is said.
    """
    done = watch(
        *PRACTICE,
        script(f"import httpx\nhttpx.get('https://api.example.com/')\n{end}\n"),
    )
    assert done.returncode == status
    assert said in done.stderr
    assert "watch: 1 request to api.example.com" in done.stderr


WAITS = """
import asyncio, httpx

async def main():
    async with httpx.AsyncClient() as client:
        await client.get("https://api.example.com/")
        print("ready", flush=True)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # a second signal would cut this short
            print("tidied up", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "group",
    [False, pytest.param(True, marks=pytest.mark.full)],
    ids=["to watch", "to its group"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_script_once(
    number: signal.Signals, group: bool, script: Callable[[str], Path]
) -> None:
    """Without a terminal, a signal to watch or to its group is the script's, which ends
    as it does alone.
    """
    command = [
        sys.executable,
        "-m",
        "inflight_lab.watch",
        *PRACTICE,
        str(script(WAITS)),
    ]
    pipes: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    with child(
        command, stdin=subprocess.DEVNULL, start_new_session=True, **pipes
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, number) if group else process.send_signal(number)
        output, said = process.communicate(timeout=PATIENCE)
    assert output == ("tidied up\n" if number == signal.SIGINT else "")
    assert process.returncode == -number
    assert "watch: 1 request " in said


COUNTS = """
import signal, threading, httpx

heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
httpx.get("https://api.example.com/")
print("ready", flush=True)
while not heard:
    threading.Event().wait(0.05)
threading.Event().wait(0.5)  # a second one would come in this time
print(f"heard {len(heard)}", flush=True)
"""


@pytest.mark.parametrize(
    ("text", "heard"), [(WAITS, b"tidied up"), (COUNTS, b"heard 1")]
)
def test_ctrl_c_at_a_terminal(
    text: str, heard: bytes, script: Callable[[str], Path]
) -> None:
    """The terminal sends Ctrl-C to both; the script hears it once, and ends as it
    likes.
    """
    pid, terminal = pty.fork()
    if not pid:
        os.execv(
            sys.executable,
            [sys.executable, "-m", "inflight_lab.watch", *PRACTICE, str(script(text))],
        )
    said = _read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    said += _read_until(terminal, b"accepted, 0 refused.")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert status == (-signal.SIGINT if text is WAITS else 0)
    assert said.count(heard) == 1


def _read_until(terminal: int, words: bytes) -> bytes:
    said, deadline = b"", time.monotonic() + PATIENCE
    while words not in said:
        assert time.monotonic() < deadline, said
        said += os.read(terminal, 1000)
    return said


MANY = {
    "two loops": "asyncio.run(three()); asyncio.run(three())",
    "threads": "[threading.Thread(target=asyncio.run, args=(three(),)).start() for _ in 'ab']",
    "forked": "pid = os.fork(); asyncio.run(three()); pid and os.waitpid(pid, 0)",
    "spawned": "__name__ == '__main__' and multiprocessing.get_context('spawn').Pool(2).map(one, '123456')",
    "httpx2": "asyncio.run(three(httpx2)); [httpx2.get('https://api.example.com/a') for _ in 'abc']",
    "over aiohttp": "asyncio.run(three(transport=httpx_aiohttp.AiohttpTransport())); asyncio.run(three())",
    "a proxy": "asyncio.run(three(proxy='http://192.0.2.1:3128')); asyncio.run(three())",
}
THREE = """
import asyncio, multiprocessing, os, threading
import httpx, httpx2, httpx_aiohttp

def one(name):
    httpx.get("https://api.example.com/" + name)

async def three(httpx=httpx, **options):
    async with httpx.AsyncClient(**options) as client:
        await asyncio.gather(*(client.get("https://api.example.com/" + name) for name in "abc"))

"""


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(how, marks=pytest.mark.full) if how == "spawned" else how
        for how in MANY
    ],
)
def test_clients_are_seen_wherever_they_are_made(how: str, tmp_path: Path) -> None:
    """In each loop, thread and process, of either library, over other transports and
    past a proxy.
    """
    seen = see_text(tmp_path, THREE + MANY[how])
    assert [request.status for request in seen.requests] == [200] * 6
    assert summary(seen).endswith("6 accepted, 0 refused.")


def test_a_line_that_is_half_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    """Watch may look while a script writes: it waits for the rest, and loses nothing."""
    line = b2a_base64(marshal.dumps((1.0, 1, "sent", 1)))
    with (
        (tmp_path / "events").open("wb", buffering=0) as script,
        (tmp_path / "events").open("rb") as file,
    ):
        script.write(line + line[:9])
        assert list(events(file)) == [(1.0, 1, "sent", 1)]
        script.write(line[9:])
        assert list(events(file)) == [(1.0, 1, "sent", 1)]


def test_a_line_that_is_cut_off_costs_that_line_only(tmp_path: Path) -> None:
    """When the disk was full for a moment, what is written after it counts, and watch
    does not fall over.
    """
    seen = see_text(
        tmp_path,
        "import httpx, os\n"
        "httpx.get('https://api.example.com/')\n"
        "with open(os.environ['INFLIGHT_LAB_WATCH'], 'ab') as events:\n"
        "    events.write(b'AAA\\n6QAA\\n\\n')\n"
        "httpx.get('https://api.example.com/')\n",
    )
    assert [request.status for request in seen.requests] == [200, 200]


def test_libraries_that_are_not_seen(tmp_path: Path) -> None:
    """Of aiohttp, requests and urllib watch says how often they were used; in practice
    nothing gets out.
    """
    seen = see_text(
        tmp_path,
        "import asyncio, contextlib, urllib.request, aiohttp, requests\n"
        "async def main():\n"
        "    async with aiohttp.ClientSession() as session:\n"
        "        await asyncio.gather(*[session.get('http://192.0.2.1/') for _ in range(3)])\n"
        "for send in (lambda: asyncio.run(main()), lambda: requests.get('http://api.example.com/'),\n"
        "             lambda: urllib.request.urlopen('http://192.0.2.1/')):\n"
        "    try:\n"
        "        send()\n"
        "    except OSError as error:\n"
        "        assert '--practice: nothing is sent to' in f'{error} {error.__cause__!r}', error\n"
        "    else:\n"
        "        raise SystemExit(1)\n",
    )
    assert summary(seen) == (
        "No request of httpx or httpx2 was seen. aiohttp was used (3x), its requests were not seen. requests "
        "was used (1x), its requests were not seen. urllib was used (1x), its requests were not seen."
    )


def test_a_script_without_requests(script: Callable[[str], Path]) -> None:
    """It says that there were none, and the exit status stays the script's."""
    done = watch("--no-browser", script("print('nothing')"))
    assert (done.returncode, done.stdout) == (0, "nothing\n")
    assert done.stderr.endswith("watch: No request of httpx or httpx2 was seen.\n")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["missing.py"], "there is no script missing.py"),
        (
            ["--practice", "fast", "x.py"],
            "must be a quota such as 100/s, 300/min or 5000/h, got 'fast'",
        ),
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
    arguments: list[str], word: str, script: Callable[[str], Path]
) -> None:
    """One clear line, exit status 2, and the script was not started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        names = {"script": script("print('started')"), "taken": taken.getsockname()[1]}
        done = watch(
            "--no-browser", *(argument.format(**names) for argument in arguments)
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_browser_that_cannot_be_opened(script: Callable[[str], Path]) -> None:
    """The address is there to be opened by hand, and the script runs all the same."""
    done = watch(script("print('ran')"), env=os.environ | {"BROWSER": "/bin/false"})
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert re.search(
        r"the plot is at http://127.0.0.1:\d+/inflight-lab/\n", done.stderr
    )


def test_the_browser_gets_the_address(
    script: Callable[[str], Path], tmp_path: Path
) -> None:
    """It is opened at the page, and has time to come there after a script that is over
    at once.
    """
    opener = tmp_path / "browser"
    opener.write_text(
        f"#!/bin/sh\n{sys.executable} {tmp_path}/reads.py $1 > {tmp_path}/read\n"
    )
    opener.chmod(0o755)
    (tmp_path / "reads.py").write_text(
        "import httpx, sys; print(httpx.get(sys.argv[1] + 'events').text)"
    )
    done = watch(script("print('ran')"), env=os.environ | {"BROWSER": str(opener)})
    assert done.stdout == "ran\n"
    assert "No request of httpx or httpx2 was seen." in (tmp_path / "read").read_text()


def test_the_environments_own_sitecustomize_runs(
    tmp_path: Path, script: Callable[[str], Path]
) -> None:
    """Watch stands in front of it, not in its place: it runs in both processes."""
    (tmp_path / "sitecustomize.py").write_text("print('set up')")
    done = watch(
        "--no-browser",
        script("print('ran')"),
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout == "set up\nset up\nran\n"


def test_the_page_follows_the_script(script: Callable[[str], Path]) -> None:
    """A page hears what was, what is, and at the end the words; a page of another site
    hears nothing.
    """
    text = "import httpx\nfor _ in 'abc':\n    input()\n    httpx.get('https://api.example.com/')\n"
    command = [sys.executable, "-m", "inflight_lab.watch", *PRACTICE, str(script(text))]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    with child(command, **pipes) as process, httpx.Client(timeout=PATIENCE) as client:
        assert process.stdin
        assert process.stderr
        home = process.stderr.readline().split()[-1]
        assert '<div id="plot">' in client.get(home).text
        assert "export default" in client.get(home + "js/live_plot.js").text
        assert (
            client.get(home + "live_plot.css")
            .headers["content-type"]
            .startswith("text/css")
        )
        assert (
            client.get(home, headers={"Origin": "https://evil.example"}).status_code
            == 403
        )
        process.stdin.write("\n")
        process.stdin.flush()
        with client.stream("GET", home + "events") as response:
            lines = (line for line in response.iter_lines() if line)
            first = httpx.Response(200, text=next(lines).removeprefix("data: ")).json()
            assert first["reset"]
            assert first["live"]
            assert first["title"].endswith("my_script.py")
            process.stdin.write("\n\n")
            process.stdin.flush()
            more = [
                httpx.Response(200, text=line.removeprefix("data: ")).json()
                for line in lines
            ]
            last = more[-1]
    assert last["counts"]["accepted"] == 3
    points = [
        point
        for message in [first, *more]
        for point in message["series"].get("client", [])
    ]
    assert points[-1][3] == 0
    assert max(point[2] for point in points) == 1
    assert sorted({point[0] for point in points}) == [
        point[0] for point in points
    ]  # none twice
    assert not last["live"]
    assert last["words"].startswith("3 requests to api.example.com")
