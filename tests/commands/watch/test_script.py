"""A watched script runs as ``python SCRIPT`` would run it, and ends as it would."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from tests.support.children import child
from tests.support.waiting import PATIENCE, Hold, until
from tests.support.watching import COMMAND, watch, watch_text

SHOWS_ITSELF = """
import __main__, os, pickle, sys, threading
from dataclasses import dataclass

@dataclass
class Point:
    x: int

print(sys.argv, __name__, __file__, __spec__, __main__.__dict__ is globals())
print(sys.path[0], os.getcwd(), input())
print(pickle.loads(pickle.dumps(Point(1))), threading.active_count())
import beside
print(beside.WORD)
"""
ENDS = {
    "well": "print('done')",
    "with a status": "import sys; sys.exit(7)",
    "with words": "import sys; sys.exit('no more')",
    "with an error": "def f():\n    raise ValueError('mine')\nf()",
    "in another folder": "import os\nos.chdir('/')\n1 / 0",
    "before it begins": "print('never'",
    "by itself": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "interrupted": "raise KeyboardInterrupt",
    "in a thread": (
        "import threading, time\n"
        "def work():\n    time.sleep(0.2)\n    print('worked')\n"
        "threading.Thread(target=work).start()"
    ),
    "after its workers": (
        "from multiprocessing import Pool\n"
        "with Pool(2) as pool:\n    print(pool.map(abs, [-1]))"  # then it stops them
    ),
    "after its fork": (
        "import os, signal\n"
        "if os.fork():\n    os.wait()\n"
        "else:\n    print(signal.getsignal(signal.SIGTERM))"
    ),
    "after it stops a fork": (
        "import os, signal, time\n"
        "if fork := os.fork():\n"
        "    os.kill(fork, signal.SIGTERM)\n"  # before it is ready
        "    print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        "else:\n    time.sleep(9)"
    ),
    "with a handler": "import atexit; atexit.register(print, 'bye')",
}
WAITS = """
import asyncio, signal, sys
import httpx

async def main():
    async with httpx.AsyncClient() as client:
        await client.get(sys.argv[1])
        print("ready", flush=True)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.1)  # a second signal would cut this short
            print("tidied up", flush=True)

asyncio.run(main())
"""
SENDS = """
import asyncio, sys
import httpx

async def main():
    async with httpx.AsyncClient(timeout=None) as client:
        await asyncio.gather(*[client.get(sys.argv[1]) for _ in range(20)])

asyncio.run(main())
"""


def own_lines(said: str) -> list[str]:
    """What was said, without the words of watch."""
    lines = said.splitlines()
    return [line for line in lines if not line.startswith("watch: ")]


def test_a_script_finds_itself_as_it_is_alone(tmp_path: Path) -> None:
    """Its arguments, name, folder, input, threads, and the modules beside it."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "shows.py").write_text(SHOWS_ITSELF)
    (folder / "beside.py").write_text("WORD = 'found'")
    runs = []
    for command in ([sys.executable], COMMAND):
        done = subprocess.run(
            [*command, "scripts/shows.py", "--page", "a", "--", "-b"],
            cwd=tmp_path,
            input="given\n",
            capture_output=True,
            text=True,
            check=False,
        )
        runs.append((done.returncode, done.stdout))
    assert runs[0] == runs[1]
    assert runs[0][1].endswith("found\n")


@pytest.mark.parametrize("how", ENDS)
def test_however_a_script_ends(how: str, tmp_path: Path) -> None:
    """Output, traceback and exit status are its own, and watch speaks last."""
    (tmp_path / "ends.py").write_text(ENDS[how])
    command = [sys.executable, "ends.py"]
    alone = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    watched = watch("ends.py", cwd=tmp_path)
    assert watched.returncode == alone.returncode
    assert watched.stdout == alone.stdout
    assert own_lines(watched.stderr) == alone.stderr.splitlines()
    assert watched.stderr.splitlines()[-1].startswith("watch: No request was seen.")
    assert watched.stderr.count("No request was seen.") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_script_once(
    number: signal.Signals, server: PracticeServer, tmp_path: Path
) -> None:
    """It tidies up, or not, as it does alone; then watch says what was seen."""
    script = tmp_path / "waits.py"
    script.write_text(WAITS)
    ends = []
    for command in ([sys.executable], COMMAND):
        with child(
            [*command, str(script), server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            output, said = process.communicate(timeout=PATIENCE)
            ends.append((process.returncode, output))
    assert ends[0] == ends[1]
    assert "1 request to 127.0.0.1" in said


@pytest.mark.anyio
async def test_what_ctrl_c_left_without_an_answer(
    server: PracticeServer, hold: Hold, tmp_path: Path
) -> None:
    """It is counted: that "nothing stood out" would hide that nothing came back."""
    script = tmp_path / "sends.py"
    script.write_text(SENDS)
    command = [*COMMAND, str(script), server.url]
    with child(command, stderr=subprocess.PIPE, text=True) as process:
        await until(lambda: server.stats().in_flight == 20)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    last = said.splitlines()[-1]
    assert last == "The script was stopped when 20 of 20 requests had no answer."


def test_ctrl_c_at_a_terminal(tmp_path: Path) -> None:
    """The whole foreground gets it; the practice server answers until the end."""
    script = tmp_path / "waits.py"
    script.write_text(
        WAITS.replace(
            'print("tidied up"', "print((await client.get(sys.argv[1])).status_code"
        )
    )
    process, terminal = pty.fork()
    if not process:
        arguments = ["--practice", "20/s", str(script), "https://api.example.com/"]
        os.execv(COMMAND[0], [*COMMAND, *arguments])
    said = b""
    try:
        while b"ready" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        while b"2 accepted" not in said:
            said += os.read(terminal, 1000)
    finally:
        _, status = os.waitpid(process, 0)
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGINT
    assert b"200" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.py"], "there is no script missing.py"),
        (["mine.ipynb"], "`from inflight_lab import Watch`"),
        (["--practice", "fast", "mine.py"], "60/20s, 300/min or 5000/h, got 'fast'"),
        (["--practice", "0/s", "mine.py"], "got '0/s'"),
        (["--page", "nowhere/a.html", "mine.py"], "got nowhere/a.html"),
        (["mine.py", "--practice", "20/s"], "must stand before mine.py"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_watched(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    """It is said before anything runs: a practice, too, that was asked for too late."""
    (tmp_path / "mine.py").write_text("print('ran')")
    (tmp_path / "mine.ipynb").write_text("{}")
    done = watch(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import httpx; 1 / 0; httpx.get('http://a.invalid/')", "before it sent one"),
        ("raise SystemExit('no key')", "before it sent one"),
        ("print('nothing to do')", "sent none, as one does that has all its answers"),
    ],
)
def test_no_request_was_seen_for_a_reason(text: str, why: str, tmp_path: Path) -> None:
    """The one that is true: who reads it knows what to change."""
    (line,) = watch_text(tmp_path, text).stderr.splitlines()[-1:]
    assert line.startswith("watch: No request was seen.")
    assert why in line


def test_a_library_with_other_insides_is_not_watched(
    server: PracticeServer, tmp_path: Path
) -> None:
    """One line says so, and what the script sends with another is seen."""
    (tmp_path / "aiohttp.py").touch()
    said = watch_text(tmp_path, f"import httpx; httpx.get('{server.url}')").stderr
    lines = [line for line in said.splitlines() if "aiohttp" in line]
    why = "module 'aiohttp' has no attribute 'BaseConnector'"
    assert lines == [f"watch: aiohttp is not watched: {why}"]
    assert "1 request to 127.0.0.1" in said
