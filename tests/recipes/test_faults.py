"""What can go wrong with an API, for each script that saves its answers."""

from __future__ import annotations

import logging
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners import patiently
from tests.support.children import START_UP
from tests.support.recipes.faults import FAULTS, answer
from tests.support.recipes.faulty_path import FaultyPath
from tests.support.recipes.pasting import run, start
from tests.support.recipes.printed import (
    ASK_MODEL,
    FETCH_ALL,
    JOBS,
    QUICK,
    VARIANTS,
    WITH_REQUESTS,
    Job,
    lines_in,
    make_hasty,
    make_quick,
    run_here,
)
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
# pytest keeps what is logged, and the traceback in it an open connection.
logging.getLogger("urllib3").setLevel(logging.ERROR)


BY_ID = [FETCH_ALL, WITH_REQUESTS]


@pytest.fixture(params=list(JOBS.values()), ids=list(JOBS))
def job(request: pytest.FixtureRequest) -> Job:
    """Each of them."""
    assert isinstance(request.param, Job)
    return request.param


OTHERS = {"ask_model": ASK_MODEL} | VARIANTS
FAULTS_OF_OTHERS = (
    *("429", "404", "500", "no JSON", "closed in mid body"),
    *("Retry-After: 0", "Retry-After: garbage", "Retry-After: a year"),
)
"""With other items, on the package, or with another client, a few are enough."""
CASES = {f"{job.recipe}: {name}": (job, name) for job in BY_ID for name in FAULTS}
CASES |= {
    f"{other}: {name}": (OTHERS[other], name)
    for other in OTHERS
    for name in FAULTS_OF_OTHERS
}


@pytest.mark.parametrize(("job", "name"), CASES.values(), ids=list(CASES))
async def test_fault(
    job: Job,
    name: str,
    server: PracticeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An item has no answer only if no retry can help; the exit status says whether all
    is there, and the second start, without the fault, asks for the others only.
    """
    monkeypatch.setattr(patiently, "BACKOFF", QUICK)  # where a page runs on it
    fault = FAULTS[name]
    async with FaultyPath(server, fault.says, fault.then, harmed=fault.harmed) as path:
        script = job.script(path.url, tmp_path)
        make_quick(script)
        if path.is_silent:
            make_hasty(script)
        first = await run_here(script)
        await path.quiet()
        answered = set(job.answered(tmp_path))
        is_hopeless = name in job.hopeless or fault.shuts or fault.then == "silence"
        assert bool(first) == is_hopeless == (answered != job.items)
        path.recover()
        before = job.asked_for(path)
        assert not await run_here(job.script(path.url, tmp_path))
        asked = job.asked_for(path) - before
        if path.is_silent:  # what the first start gave up may still arrive
            assert set(asked) == job.items - answered
        else:
            assert asked == Counter(job.items - answered)
    assert job.answered(tmp_path) == Counter(job.items)


@pytest.mark.parametrize(("harmed", "sent"), [({0}, 12), (range(100), 10)])
async def test_401(
    harmed: Collection[int],
    sent: int,
    job: Job,
    server: PracticeServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One protected item costs no other, and a wrong key ends it soon, in the API's own
    words.
    """
    body = b'{"error": {"message": "The token has expired."}}'
    async with FaultyPath(server, answer(401, body=body), harmed=harmed) as path:
        script = job.script(path.url, tmp_path, LIMIT=1)
        assert await run_here(script)
        assert path.seen == sent
        assert "The token has expired." in capsys.readouterr().out
        path.recover()
        assert not await run_here(script)
    assert job.answered(tmp_path) == Counter(job.items)


async def test_killed_twice_and_started_again(job: Job, tmp_path: Path) -> None:
    """Through resets, kill -9 and a line cut short no item is lost, and none is asked
    for that was written.
    """
    harmed = set(random.Random(7).sample(range(30), 4))
    with PracticeServer(latency=0.2) as server:
        async with FaultyPath(server, b"", "reset", harmed=harmed) as path:
            script = job.script(path.url, tmp_path, LIMIT=2)
            for written in (2, 5):
                child = await start(script)
                await until(
                    lambda: len(job.answered(tmp_path)) >= written,  # noqa: B023
                    patience=START_UP,
                )
                child.kill()
                await child.communicate()
                await path.quiet()
            answered = job.answered(tmp_path)
            with (tmp_path / "results.jsonl").open("a") as file:
                file.write('{"key": ')
            before = job.asked_for(path)
            status, _, err = await run(script)
            assert status == 0, err
            asked = job.asked_for(path) - before
    assert asked.keys() & answered.keys() == set()
    assert job.answered(tmp_path) == Counter(job.items)


async def test_interrupted(job: Job, tmp_path: Path) -> None:
    """Ctrl-C ends it with a sentence, and the next start goes on from there."""
    with PracticeServer(latency=0.5) as server:
        script = job.script(server.url, tmp_path, LIMIT=1)
        child = await start(script)
        await until(lambda: len(job.answered(tmp_path)) >= 2, patience=START_UP)
        child.send_signal(signal.SIGINT)
        _, err = await child.communicate()
        assert child.returncode
        assert err.startswith(b"KeyboardInterrupt")
        assert err.count(b"\n") == 1
        await until(lambda: server.stats().in_flight == 0)
        before, written = server.stats().started, len(job.answered(tmp_path))
        server.latency = 0
        assert (await run(script))[0] == 0
        assert server.stats().started == before + len(job.items) - written


async def test_two_starts_at_once(server: PracticeServer, tmp_path: Path) -> None:
    """While one writes to the file, a second one ends with a word and sends nothing."""
    server.latency = 600
    script = FETCH_ALL.script(server.url, tmp_path, LIMIT=1)
    first = await start(script)
    await until(lambda: server.stats().in_flight == 1, patience=START_UP)
    status, _, err = await run(script)
    assert status == 1
    assert "results.jsonl is in use" in err
    assert "Traceback" not in err
    assert server.stats().started == 1
    first.kill()
    await first.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_full_disk(server: PracticeServer, tmp_path: Path) -> None:
    """The script says so and stops, and once there is room the next start goes on."""
    job = FETCH_ALL
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
    assert "Stopped: " in full.stdout
    written = lines_in(tmp_path)
    assert 0 < len(written) < len(job.items)
    server.reset()
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert server.stats().started == len(job.items) - len(written)
    assert job.answered(tmp_path) == Counter(job.items)
