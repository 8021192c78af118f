"""The recipe `on_a_cluster`, with two workers on this machine and a Redis."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import Client, LocalCluster

from inflight_lab import PracticeServer
from inflight_lab.recipes import on_a_cluster
from tests.support.children import START_UP
from tests.support.recipes.faults import FAULTS, answer
from tests.support.recipes.faulty_path import FaultyPath
from tests.support.recipes.pasting import run, start
from tests.support.recipes.printed import ON_A_CLUSTER
from tests.support.waiting import Hold, until

pytestmark = pytest.mark.anyio

NOBODY = "127.0.0.1:1"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """One cluster for all tests of this file: two workers, each a process."""
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DASK_CONFIG", str(folder))  # it would write one at home
        # Many processes import dask: compiled once, it is there at once.
        environment.setenv("PYTHONDONTWRITEBYTECODE", "")
        environment.setenv("PYTHONPYCACHEPREFIX", str(folder / "compiled"))
        with LocalCluster(
            n_workers=2,
            threads_per_worker=8,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=folder,
        ) as cluster:
            yield cluster


@pytest.fixture
def where(cluster: LocalCluster, redis: str) -> dict[str, object]:
    """The settings that say where both are."""
    return {"SCHEDULER": cluster.scheduler_address, "REDIS": redis}


async def test_one_quota_for_all(where: dict[str, object], tmp_path: Path) -> None:
    """Workers and another script keep to it together; each id has its answer."""
    # Two senders that do not share send 8: 6 leave a busy machine a delay of 2 s.
    quota: dict[str, Any] = {"quota": "sliding-window", "rate": 6, "period": 3}
    with PracticeServer(latency=0.05, **quota) as server:
        settings = {**where, "RATE": 4, "PERIOD": 3, "IDS": range(4)}
        children = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            script = ON_A_CLUSTER.script(server.url, tmp_path / name, **settings)
            children.append(await start(script))
        for child in children:
            _, err = await child.communicate()
            assert child.returncode == 0, err
        assert (server.stats().accepted, server.stats().refused) == (8, 0)


def test_the_shared_quota_is_a_little_less_than_allowed() -> None:
    """A hundredth stays free, because requests don't all take as long to arrive."""
    quota = on_a_cluster.one_by_one()
    allowed = on_a_cluster.RATE / on_a_cluster.PERIOD
    assert quota.burst == 1
    assert quota.fill_rate == pytest.approx(0.99 * allowed, rel=0.001)


async def test_a_worker_asks_for_one_turn_at_a_time() -> None:
    """In line, and not all again whenever one has its turn."""
    asking = asyncio.Lock()

    async def limit() -> SimpleNamespace:
        assert not asking.locked()
        async with asking:
            await asyncio.sleep(0)
        return SimpleNamespace(limited=False)

    sender: Any = on_a_cluster.Sender()
    await sender.setup(None)
    sender.quota = SimpleNamespace(limit=limit)
    async with PracticeServer(latency=0) as server:
        await asyncio.gather(*(sender.send(server.url) for _ in range(2)))
    await sender.teardown(None)


async def test_killed_and_started_again(
    cluster: LocalCluster,
    where: dict[str, object],
    server: PracticeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither kill -9 of the script nor of a worker loses what was written, and nothing
    that was written is asked for again.
    """
    settings = {**where, "LIMIT": 8, "HEADERS": {"X-Key": "$API_KEY"}, "RATE": 100}
    job, ids = ON_A_CLUSTER, [str(id) for id in range(60)]
    async with FaultyPath(server, b"", harmed=()) as path:
        script = job.script(path.url, tmp_path, IDS=range(60), **settings)
        first = await start(script, API_KEY="secret")
        await until(lambda: len(job.answered(tmp_path)) >= 10, patience=START_UP)
        first.kill()
        await first.communicate()
        await until(lambda: server.stats().in_flight == 0)
        written, asked = job.answered(tmp_path), job.asked_for(path)
        hold = Hold()
        monkeypatch.setattr(server, "disconnected_within", hold.wait)
        second = await start(script, API_KEY="secret")
        # Also what the killed script had asked for may still be on its way.
        await until(lambda: server.stats().in_flight >= 8, patience=START_UP)
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        hold.release()
        out, err = await second.communicate()
        asked_by_second = job.asked_for(path) - asked
    assert (second.returncode, err) == (0, b"")
    assert b"60 of 60 have an answer in " in out
    assert job.answered(tmp_path) == Counter(ids)
    assert asked_by_second.keys() == set(ids) - written.keys()
    of_the_dead_worker = asked_by_second.total() - len(asked_by_second)
    assert 0 < of_the_dead_worker < 16
    assert "X-Key: secret\r\n" in path.heads[-1]


@pytest.mark.parametrize(
    "name",
    ["closed without a word", "Retry-After: a year", "no JSON"],
)
async def test_fault(name: str, where: dict[str, object], tmp_path: Path) -> None:
    """What a worker meets gets to the script as if it had sent the request itself: an
    item has no answer only if no retry can help.
    """
    fault, job = FAULTS[name], ON_A_CLUSTER
    with PracticeServer(latency=0) as server:
        async with FaultyPath(
            server, fault.says, fault.then, harmed=fault.harmed
        ) as path:
            script = job.script(path.url, tmp_path, **where)
            status, _, _ = await run(script)
            answered = set(job.answered(tmp_path))
    is_hopeless = name in job.hopeless or fault.shuts
    assert bool(status) == is_hopeless == (answered != job.items)


async def test_a_key_does_not_stay_on_the_scheduler(
    cluster: LocalCluster, where: dict[str, object], tmp_path: Path
) -> None:
    """However the script ends; here the API does not accept it."""
    with PracticeServer(latency=0) as server:
        async with FaultyPath(server, answer(401), harmed=range(100)) as path:
            script = ON_A_CLUSTER.script(path.url, tmp_path, **where)
            status, out, _ = await run(script)
    assert status == 1
    assert re.search(r"Stopped: 1\d failures in a row: NoAnswer\('status 401 ", out)
    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        names = await client.run_on_scheduler(
            lambda dask_scheduler: list(dask_scheduler.worker_plugins)
        )
    assert not [name for name in names if str(name).startswith("sender for ")]


@pytest.mark.parametrize("missing", ["SCHEDULER", "REDIS"])
async def test_a_service_is_missing(
    missing: str, where: dict[str, object], server: PracticeServer, tmp_path: Path
) -> None:
    """Nothing is sent, and the script says why."""
    nobody = {"SCHEDULER": f"tcp://{NOBODY}", "REDIS": f"redis://{NOBODY}"}
    settings = where | {missing: nobody[missing]}
    script = ON_A_CLUSTER.script(server.url, tmp_path, **settings)
    status, out, err = await run(script, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s")
    assert server.stats().started == 0
    assert status == 1
    if missing == "REDIS":
        assert re.search("Stopped: (.|\n)*0 of 12 have an answer", out)
    else:
        assert re.fullmatch(f"OSError: .*{nobody[missing]}.*\n", err)
