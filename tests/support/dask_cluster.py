"""A dask cluster of the tests' own: two workers, each a process on loopback.

As a script it is that cluster, until it is killed or its standard input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.children import child
from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Cluster:
    """Where it is."""

    scheduler: str
    workers: list[int]
    """Their process ids."""


@contextmanager
def dask_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster that has its files in ``folder``, and leaves no process behind."""
    command = [sys.executable, "-m", __name__, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        (folder / "log").open("w") as log,
        child(command, stderr=log, **pipes) as process,
    ):
        yield Cluster(**json.loads(process.stdout.readline()))
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()  # the workers notice
        _, alive = psutil.wait_procs(started, timeout=PATIENCE)
        assert not alive


def main(folder: str) -> None:
    """Start it, and print where it is."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=8,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        local_directory=folder,
    ) as cluster:
        workers = [nanny.pid for nanny in cluster.workers.values()]
        where = {"scheduler": cluster.scheduler_address, "workers": workers}
        print(json.dumps(where), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
