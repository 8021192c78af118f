"""A Redis of the tests' own."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.children import child, free_port, when_up

REDIS = shutil.which("redis-server")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis that keeps nothing on disk but its log, in ``folder``."""
    assert REDIS, "there is no redis-server"
    port = free_port()
    command = [REDIS, "--bind", "127.0.0.1", "--port", str(port)]
    command += ["--save", "", "--dir", str(folder)]
    path = folder / "log"
    with (
        path.open("w") as log,
        child(command, stdout=log, stderr=log) as process,
    ):
        when_up(process, lambda: _ping(port), log=path)
        yield f"redis://127.0.0.1:{port}"


def _ping(port: int) -> None:
    """Raise an error unless a Redis answers on ``port``."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        answer = connection.recv(16)
    if not answer.startswith(b"+PONG"):
        raise ValueError(answer)
