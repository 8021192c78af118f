"""Where a notebook finds a Redis, and what becomes of one that it has started."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from inflight_lab.exercises import practice_redis
from tests.support.waiting import until

START_ONE = """
from inflight_lab.exercises import practice_redis

practice_redis.USUAL_PORT = practice_redis.free_port()
print(practice_redis.find())
assert practice_redis.find() == practice_redis.find()
input()
"""


@pytest.fixture(autouse=True)
def _no_address_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)


def test_the_address_that_is_given_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else runs here or is installed."""
    monkeypatch.setenv("REDIS_URL", "redis://store.example:1")
    assert practice_redis.find() == "redis://store.example:1"


def test_one_that_runs_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody listens on the usual port, nothing is started."""
    with socket.create_server((practice_redis.LOOPBACK, 0)) as somebody:
        port = somebody.getsockname()[1]
        monkeypatch.setattr(practice_redis, "USUAL_PORT", port)
        monkeypatch.setattr(practice_redis, "start", None)
        assert practice_redis.find() == f"redis://127.0.0.1:{port}"


def test_without_the_program_the_usual_address_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever tries it then sees that nobody answers."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(practice_redis, "start", None)
    assert practice_redis.find() == "redis://127.0.0.1:6379"


@pytest.mark.parametrize("way", ["at its end", "killed"])
def test_one_that_was_started_ends_with_its_python(way: str) -> None:
    """It answers meanwhile, and asking again starts no other."""
    with subprocess.Popen(
        [sys.executable, "-c", START_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as python:
        assert python.stdout
        port = int(python.stdout.readline().rpartition(":")[2])
        with socket.create_connection((practice_redis.LOOPBACK, port)) as redis:
            redis.sendall(b"PING\r\n")
            assert redis.recv(16) == b"+PONG\r\n"
        if way == "killed":
            python.send_signal(signal.SIGKILL)
        python.communicate("\n")
    asyncio.run(until(lambda: not practice_redis.is_listening(port)))
