"""Signals: a watched script gets each of them once, and ends as it does alone."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inflight_lab import PracticeServer
from tests.support.children import child
from tests.support.waiting import PATIENCE

IN_A_LOOP = """
import asyncio, sys
import {library}

async def main():
    async with {library}.{client}() as client:
        await client.get(sys.argv[1])
        print("ready", flush=True)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # a second signal would cut this short
            print("tidied up", flush=True)

"""
HTTPX = IN_A_LOOP.replace("{library}", "httpx").replace("{client}", "AsyncClient")
AIOHTTP = IN_A_LOOP.replace("{library}", "aiohttp").replace("{client}", "ClientSession")
IN_THREADS = """
import threading

end = threading.Event()
sent = threading.Barrier(4)

def work():
    send()
    sent.wait()
    end.wait(60)

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
sent.wait()
try:
    print("ready", flush=True)  # from here on a signal may come at any moment
    end.wait(60)
finally:
    end.set()
    for thread in threads:
        thread.join()
    print("tidied up", flush=True)
"""
OF_AIOHTTP = """
import asyncio, sys
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        await session.get(sys.argv[1])

def send():
    asyncio.run(main())

"""
OF_REQUESTS = """
import sys
import requests

def send():
    requests.get(sys.argv[1])

"""
COUNTS = """
import signal, sys, threading
import {library}

heard = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: heard.append(1))
{library}.get(sys.argv[1])
print("ready", flush=True)
while not heard:
    threading.Event().wait(0.05)
threading.Event().wait(0.5)  # a second one would come in this time
print(f"heard {len(heard)}", flush=True)
sys.exit(5)
"""
RUN = "asyncio.run(main())\n"
SCRIPTS = {
    "httpx": HTTPX + RUN,
    "aiohttp": AIOHTTP + RUN,
    "aiohttp, in threads": OF_AIOHTTP + IN_THREADS,
    "requests, in threads": OF_REQUESTS + IN_THREADS,
    "httpx, handled": COUNTS.replace("{library}", "httpx"),
    "requests, handled": COUNTS.replace("{library}", "requests"),
}
WATCH = ("-m", "inflight_lab.watch", "--no-browser")


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """The address of an API."""
    with PracticeServer() as server:
        yield server.url


class End(NamedTuple):
    """How a script has ended."""

    output: str
    error: str
    """The last line of its traceback, if there was one."""
    status: int


def end_of(process: subprocess.Popen[Any]) -> tuple[End, str]:
    """The end of a process that has got its signal, and all that was said."""
    output, said = process.communicate(timeout=PATIENCE)
    errors = [line for line in said.splitlines() if line.startswith("KeyboardInt")]
    return End(output, errors[-1] if errors else "", process.returncode), said


def started(stack: ExitStack, arguments: Sequence[str]) -> subprocess.Popen[Any]:
    """A Python process without a terminal, in a session of its own."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return stack.enter_context(
        child(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            **pipes,
        )
    )


@pytest.mark.parametrize(
    "is_for_the_group",
    [False, pytest.param(True, marks=pytest.mark.full)],
    ids=["to watch", "to its group"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_signal_reaches_the_script_once(
    name: str, number: signal.Signals, is_for_the_group: bool, api: str, tmp_path: Path
) -> None:
    """Without a terminal, a signal to watch or to its group is the script's: output,
    error and exit status are those that it has alone.
    """
    script = tmp_path / "my_script.py"
    script.write_text(SCRIPTS[name])
    with ExitStack() as stack:
        alone = started(stack, [str(script), api])
        watched = started(stack, [*WATCH, str(script), api])
        for process in (alone, watched):
            assert process.stdout.readline() == "ready\n"
            if is_for_the_group:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        expected, _ = end_of(alone)
        end, said = end_of(watched)
    assert end == expected
    if "handled" in name:
        assert expected == ("heard 1\n", "", 5)
    else:
        assert expected.status == -number
    assert "watch: " in said
    assert " accepted, 0 refused" in said


@pytest.mark.parametrize("name", SCRIPTS)
def test_ctrl_c_at_a_terminal(name: str, api: str, tmp_path: Path) -> None:
    """The terminal sends Ctrl-C to both; the script hears it once, and ends as it
    likes.
    """
    heard = b"heard 1" if "handled" in name else b"tidied up"
    script = tmp_path / "my_script.py"
    script.write_text(SCRIPTS[name])
    command = [sys.executable, *WATCH, str(script), api]
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, command)
    said = _read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    said += _read_until(terminal, b"accepted, 0 refused.")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert status == (5 if "handled" in name else -signal.SIGINT)
    assert said.count(heard) == 1


def _read_until(terminal: int, words: bytes) -> bytes:
    said, deadline = b"", time.monotonic() + PATIENCE
    while words not in said:
        assert time.monotonic() < deadline, said
        said += os.read(terminal, 1000)
    return said


EARLY = """
import os, signal, subprocess, sys
from inflight_lab.watch import script

class Signalled(subprocess.Popen):
    def __init__(self, command, **options):
        os.kill(os.getpid(), signal.SIGTERM)  # before there is anybody to hand it on to
        super().__init__(command, **options)

script.subprocess.Popen = Signalled
child = script.start([sys.executable, "-c", "input()"], events="", practice_port=0)
script.exit_as(child.wait())
"""


def test_a_signal_that_comes_while_the_script_is_started() -> None:
    """It is handed on as soon as there is a script."""
    with child([sys.executable, "-c", EARLY], stdin=subprocess.PIPE) as process:
        assert process.wait(PATIENCE) == -signal.SIGTERM
