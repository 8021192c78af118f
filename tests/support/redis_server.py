"""A Redis of the tests' own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.children import child, free_port, wait_for_port

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
        wait_for_port(port, process, path)
        yield f"redis://127.0.0.1:{port}"
