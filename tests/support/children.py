"""Processes that a test starts: waited for until up, and ended with the test."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

START_UP = 90.0
"""Seconds for a server, a browser or a kernel to come up on a busy machine."""


@contextmanager
def child(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """``subprocess.Popen`` whose process is killed at the end of the block.

    ``Popen`` itself would wait for ever for a process that goes on.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


OUR_PORTS = range(20_000, 32_768)
"""Linux gives away those from 32,768 on, such as to kernels that start meanwhile."""


def free_port() -> int:
    """A loopback port that nobody listens on, nor is given before a child does."""
    while True:
        port = random.SystemRandom().choice(OUR_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for_port(
    port: int, process: subprocess.Popen[Any], log: Path | None = None
) -> None:
    """Wait until something listens there.

    Fails, with the text of ``log``, if the process ends before that.
    """
    deadline = time.monotonic() + START_UP
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        printed = log.read_text() if log else ""
        assert process.poll() is None, f"{process.args!r} has ended. {printed}"
        assert time.monotonic() < deadline, f"{process.args!r} is not up. {printed}"
        time.sleep(0.05)


@contextmanager
def listening(
    command: list[str], port: int, folder: Path, **environment: str
) -> Iterator[subprocess.Popen[Any]]:
    """A server that listens on ``port``; its home is ``folder``, where its log is."""
    log = folder / "log"
    own = os.environ | {"HOME": str(folder)} | environment
    with (
        log.open("w") as writing,
        child(command, cwd=folder, env=own, stdout=writing, stderr=writing) as process,
    ):
        wait_for_port(port, process, log)
        yield process


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a plain static file server for ``folder``, on loopback."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    command += ["--protocol", "HTTP/1.1", "--directory", str(folder)]
    with child(command, stderr=subprocess.DEVNULL) as server:
        wait_for_port(port, server)
        yield f"http://127.0.0.1:{port}"
