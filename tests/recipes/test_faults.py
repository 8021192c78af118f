"""What can go wrong with an API, for each recipe that saves its answers."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from tests.support.children import START_UP
from tests.support.faults import FAULTS, answer
from tests.support.faulty_path import FaultyPath
from tests.support.jobs import JOBS, Job, check_both_starts
from tests.support.pasting import run, run_cell, start
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")


@pytest.fixture(autouse=True)
def _without_kept_records(caplog: pytest.LogCaptureFixture) -> None:
    # pytest keeps what is logged, and the traceback in it an open connection.
    caplog.set_level(logging.ERROR, logger="urllib3")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits between attempts."""
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.001)


@pytest.fixture(params=JOBS.values(), ids=JOBS)
def job(request: pytest.FixtureRequest) -> Job:
    """Each of them."""
    assert isinstance(request.param, Job)
    return request.param


@pytest.fixture
def server(job: Job) -> Iterator[PracticeServer]:
    with job.make_server() as server:
        yield server


FAULTS_OF_JOBS = [
    pytest.param(job, name, id=f"{job.recipe}-{name}")
    for job in JOBS.values()
    for name in sorted(FAULTS.keys() - job.not_noticed)
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("job", "name"), FAULTS_OF_JOBS, indirect=["job"])
async def test_fault(
    job: Job, name: str, server: PracticeServer, tmp_path: Path
) -> None:
    """An item has no answer only if no retry can help."""
    fault = FAULTS[name]
    async with FaultyPath(server, fault.says, fault.then, harmed=fault.harmed) as path:
        failed = await check_both_starts(job, path, tmp_path / "results.jsonl")
    is_hopeless = name in job.not_settled or fault.shuts or fault.then == "silence"
    assert bool(failed) == is_hopeless


@pytest.mark.usefixtures("quick")
async def test_an_outage_in_the_middle(
    job: Job, server: PracticeServer, tmp_path: Path
) -> None:
    """Items whose attempts all fall into it fail; those before have their answers."""
    outage = range(3, 103)  # more than all of them try
    async with FaultyPath(server, b"", "close", harmed=outage) as path:
        failed = await check_both_starts(job, path, tmp_path / "results.jsonl")
    assert 0 < len(failed) <= len(job.items) - 3  # the first ones were answered


async def test_401(job: Job, server: PracticeServer, tmp_path: Path) -> None:
    """Nothing more is sent, and the error says why."""
    async with FaultyPath(server, answer(401), harmed={0}) as path:
        code = job.code(path.url, tmp_path / "results.jsonl", LIMIT=1)
        first = (await run_cell(code))["results"]
        assert {each["error"] for each in first} == {
            "given up: status 401: Unauthorized (is the token right?)"
        }
        assert path.seen == 1
        second = (await run_cell(code))["results"]
    assert {job.name_of(each) for each in second} == job.items
    assert path.seen == 1 + len(job.items)


async def test_two_starts_at_once(
    job: Job, server: PracticeServer, tmp_path: Path
) -> None:
    """While one writes to the file, a second one ends with a word and sends nothing."""
    server.latency = 600
    script = job.script(server.url, tmp_path, LIMIT=1)
    first = await start(script)
    await until(lambda: server.stats().in_flight == 1, patience=START_UP)
    status, out, err = await run(script)
    assert (status, out) == (1, "")
    assert err == (
        "Nothing was sent: results.jsonl is in use: is the script running?\n"
    )
    assert server.stats().started == 1
    first.kill()
    await first.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_full_disk(job: Job, server: PracticeServer, tmp_path: Path) -> None:
    """The script says so and stops; every line is whole, and once there is room the
    next start goes on.
    """
    script = job.script(server.url, tmp_path)
    command = [sys.executable, "-W", "error", str(script)]
    blocks = 2  # of 512 or 1,024 bytes
    full = subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert full.returncode == 1
    assert "given up: cannot write to results.jsonl: " in full.stdout
    file = tmp_path / "results.jsonl"
    lines = file.read_text("ascii")
    written = len(lines.splitlines())
    assert lines.endswith("\n")
    assert 0 < written < len(job.items)
    assert full.stdout.startswith((f"{written} of ", f"{written} pages "))
    server.reset()
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert server.stats().started == len(job.items) - written
    assert len(file.read_text("ascii").splitlines()) == len(job.items)
