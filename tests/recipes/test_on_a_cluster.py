"""The recipe `on_a_cluster`, with two workers on this machine and a Redis."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from inflight_lab.runners.shared_quota import make_many_requests
from inflight_lab.server import app
from tests.support.children import START_UP
from tests.support.dask_cluster import Cluster, dask_cluster
from tests.support.faults import FAULTS
from tests.support.faulty_path import FaultyPath
from tests.support.jobs import ON_A_CLUSTER, check_both_starts
from tests.support.pasting import run_cell, start
from tests.support.waiting import Hold, until

pytestmark = pytest.mark.anyio

NOBODY = "127.0.0.1:1"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster for all tests of this file."""
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DASK_CONFIG", str(folder))  # it would write one at home
        # Many processes import dask: compiled once, it is there at once.
        environment.setenv("PYTHONDONTWRITEBYTECODE", "")
        environment.setenv("PYTHONPYCACHEPREFIX", str(folder / "compiled"))
        with dask_cluster(folder) as cluster:
            yield cluster


@pytest.fixture
def healthy() -> Iterator[PracticeServer]:
    """A server that answers at once."""
    with PracticeServer(latency=0) as healthy:
        yield healthy


def paste(folder: Path, url: str, ids: Iterable[object], **settings: object) -> Path:
    """The script in a file of its own, with its settings changed."""
    script = folder / "my_script.py"
    code = snippet("on_a_cluster", URL=f"{url}?id={{id}}", IDS=list(ids), **settings)
    script.write_text(code, encoding="utf-8")
    return script


def cell_for(folder: Path, url: str, ids: Iterable[int], **settings: object) -> str:
    """The recipe as a cell, which runs in this process: dask is imported already."""
    changed = {"RESULTS": str(folder / "results.jsonl"), **settings}
    return snippet(
        "on_a_cluster", notebook=True, URL=f"{url}?id={{id}}", IDS=list(ids), **changed
    )


def ids_in(folder: Path) -> list[int]:
    """Those that have an answer in the file, in its order."""
    path = folder / "results.jsonl"
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [json.loads(line)["id"] for line in lines]


def asked_for(path: FaultyPath) -> Counter[int]:
    """How often each id was asked for."""
    heads = "\n".join(path.heads)
    found = re.findall(r"^GET \S*\?id=(\d+)", heads, flags=re.M)
    return Counter(int(id) for id in found)


async def test_one_quota_for_all(
    cluster: Cluster, redis: str, server: PracticeServer, tmp_path: Path
) -> None:
    """Workers and a sender elsewhere keep to it together; each id has its answer."""
    # Two senders that do not share send 8: 6 leave a busy machine a delay of 2 s.
    server.quota, server.rate, server.period = "sliding-window", 6, 3.0
    settings = {"SCHEDULER": cluster.scheduler, "REDIS": redis, "QUOTAS": [(4, 3)]}
    cell = cell_for(tmp_path, server.url, range(4), **settings)
    key = f"{server.url}?id={{id}}"
    quota: dict[str, Any] = {"store": redis, "key": key, "rate": 4, "period": 3.0}
    running = asyncio.create_task(run_cell(cell))
    await until(lambda: server.stats().started > 0, patience=START_UP)
    await make_many_requests(server.url, 4, **quota)
    outcomes = (await running)["results"]
    assert [outcome["data"]["args"]["id"] for outcome in outcomes] == list("0123")
    assert (server.stats().accepted, server.stats().refused) == (8, 0)
    assert sorted(ids_in(tmp_path)) == list(range(4))


async def test_killed_and_started_again(
    cluster: Cluster,
    redis: str,
    server: PracticeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither kill -9 of the script nor of a worker loses what was written, and nothing
    that was written is asked for again.
    """
    settings = {
        "SCHEDULER": cluster.scheduler,
        "REDIS": redis,
        "LIMIT": 8,
        "HEADERS": {"Authorization": "Bearer $API_TOKEN"},
    }
    async with FaultyPath(server, b"", harmed=()) as path:
        script = paste(tmp_path, path.url, range(60), **settings)
        first = await start(script, API_TOKEN="secret")
        await until(lambda: len(ids_in(tmp_path)) >= 10, patience=START_UP)
        first.kill()
        await first.communicate()
        await until(lambda: server.stats().in_flight == 0)
        written, asked = set(ids_in(tmp_path)), asked_for(path)
        hold = Hold()
        monkeypatch.setattr(app, "_disconnected_within", hold.wait)
        second = await start(script, tqdm=False, API_TOKEN="secret")
        # Also what the killed script had asked for may still be on its way.
        await until(lambda: server.stats().in_flight >= 8, patience=START_UP)
        os.kill(cluster.workers[0], signal.SIGKILL)
        hold.release()
        out, err = await second.communicate()
    assert (second.returncode, err) == (0, b"")
    assert out.endswith(b"60 of 60 have an answer in results.jsonl.\n")
    assert sorted(ids_in(tmp_path)) == list(range(60))
    asked_by_second = asked_for(path) - asked
    assert asked_by_second.keys() == set(range(60)) - written
    of_the_dead_worker = asked_by_second.total() - len(asked_by_second)
    assert 0 < of_the_dead_worker < 16
    assert "Authorization: Bearer secret\r\n" in path.heads[-1]


@pytest.mark.parametrize(
    "name",
    [
        "closed without a word",
        "Retry-After: 0",
        "Retry-After: a year",
        "no gzip",
        "no JSON",
    ],
)
async def test_fault(
    name: str,
    cluster: Cluster,
    redis: str,
    healthy: PracticeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a worker meets gets to the script as if it had sent the request itself: an
    item has no answer only if no retry can help.
    """
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.001)
    fault, file = FAULTS[name], tmp_path / "results.jsonl"
    where = {"SCHEDULER": cluster.scheduler, "REDIS": redis}
    async with FaultyPath(healthy, fault.says, fault.then, harmed=fault.harmed) as path:
        failed = await check_both_starts(ON_A_CLUSTER, path, file, **where)
    assert bool(failed) == (name in ON_A_CLUSTER.not_settled or fault.shuts)


async def test_a_key_does_not_stay_on_the_scheduler(
    cluster: Cluster, redis: str, server: PracticeServer, tmp_path: Path
) -> None:
    """However the script ends; here it is stopped while it sends."""
    settings = {"SCHEDULER": cluster.scheduler, "REDIS": redis, "QUOTAS": [(5, 1)]}
    cell = cell_for(tmp_path, server.url, range(1000), **settings)
    running = asyncio.create_task(run_cell(cell))
    await until(lambda: server.stats().started > 0, patience=START_UP)
    sender = f"sender for {tmp_path / 'results.jsonl'}"
    assert sender in await plugins_on(cluster.scheduler)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sender not in await plugins_on(cluster.scheduler)


async def plugins_on(scheduler: str) -> list[str]:
    """The names of what the scheduler gives to each worker."""
    async with Client(scheduler, asynchronous=True) as client:
        names: list[str] = await client.run_on_scheduler(
            lambda dask_scheduler: list(dask_scheduler.worker_plugins)
        )
        return names


async def test_no_scheduler(server: PracticeServer, tmp_path: Path) -> None:
    """Nothing is sent, and the script says why."""
    nobody = {"SCHEDULER": f"tcp://{NOBODY}"}
    cell = cell_for(tmp_path, server.url, range(5), **nobody)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(Exception, match=f"^no scheduler at tcp://{NOBODY}: ") as stop,
    ):
        await run_cell(cell)
    assert type(stop.value).__name__ == "Stop"
    assert server.stats().started == 0


async def test_no_redis(
    cluster: Cluster, server: PracticeServer, tmp_path: Path
) -> None:
    """Nothing is sent, and each id has an error that says why."""
    settings = {"SCHEDULER": cluster.scheduler, "REDIS": f"redis://{NOBODY}"}
    cell = cell_for(tmp_path, server.url, range(5), **settings)
    outcomes = (await run_cell(cell))["results"]
    (error,) = {outcome["error"] for outcome in outcomes}
    assert error.startswith("given up: Not sent: the store gave no answer. ")
    assert len(outcomes) == 5
    assert server.stats().started == 0
