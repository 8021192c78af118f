"""A Redis to practise with: yours, or one that runs for as long as the notebook.

>>> STORE = practice_redis.find()

It says where one is; whether it answers, only a request tells.
"""

import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from typing import NamedTuple

LOOPBACK = "127.0.0.1"
USUAL_PORT = 6379
"""Where a Redis listens unless it was configured otherwise."""
START_UP = 5.0
"""Seconds for a Redis to start."""
KEEPER = """
import subprocess, sys

redis = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
sys.stdin.read()  # until the Python that started this ends, in whatever way
redis.kill()  # it has nothing to save
"""


def find() -> str:
    """The address of a Redis.

    It is ``REDIS_URL`` if that is set, and otherwise the usual port of this computer.
    If nothing listens there and ``redis-server`` is installed, one is started, which
    keeps nothing on disk and ends with this Python.
    """
    given = os.environ.get("REDIS_URL")
    if given:
        return given
    program = shutil.which("redis-server")
    if program is None or is_listening(USUAL_PORT):
        return address(USUAL_PORT)
    return address(start(program).port)


def address(port: int) -> str:
    """The address of a Redis on this computer."""
    return f"redis://{LOOPBACK}:{port}"


class Started(NamedTuple):
    """A Redis, and the process that ends it once this one has ended."""

    port: int
    keeper: subprocess.Popen[bytes]


@functools.cache
def start(program: str) -> Started:
    """Start a Redis that only this computer can reach; a later call returns the same.

    An interrupt, which a notebook sends to all processes of its own session, does not
    reach it.
    """
    port = free_port()
    command = [program, "--bind", LOOPBACK, "--port", str(port)]
    in_memory = ["--save", "", "--appendonly", "no"]
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, *command, *in_memory],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    wait_until_listening(port)
    return Started(port, keeper)


def wait_until_listening(port: int) -> None:
    """Wait until somebody listens there, `START_UP` at most."""
    deadline = time.monotonic() + START_UP
    while not is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.01)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether somebody listens on this port of this computer."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
