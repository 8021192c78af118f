"""Run All: what each notebook shows when all of its cells are queued at once in a fresh
kernel.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inflight_lab.extras import how_to_install
from tests.support.children import child
from tests.support.notebooks.notebook_tools import (
    COMPARISON,
    NOTEBOOKS,
    QUESTIONS,
    Kernel,
    code_cell,
    kernel,
    notebook,
)
from tests.support.notebooks.run_all import (
    NO_REDIS,
    PROMISED,
    RUN_ALL,
    expect_run_fits,
)

PAGES = [*NOTEBOOKS, COMPARISON, QUESTIONS]
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
NEVER_WAITS = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""
"""A process that takes all of a core it gets, until the one that started it is gone."""
ONE_COUNT_KEEPS_THE_QUOTA = re.compile(
    r"counted apart: +accepted \d+, refused [1-9]\d*, [\d.]+ s\n"
    r"counted together: accepted 60, refused 0, (3\.[5-9]|[4-9]\.\d|\d\d+\.\d) s"
)


@pytest.fixture(autouse=True)
def _no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most readers have it."""
    monkeypatch.setenv("REDIS_URL", NO_REDIS)


@each_page
def test_run_all_shows_what_the_prose_says(path: Path) -> None:
    """Every cell ends without an error, the panel's run too, and what the notebook
    claims holds.
    """
    with kernel() as fresh:
        expect_run_fits(path, fresh)


@contextlib.contextmanager
def busy_machine(processes: int = 8, cores: int = 2) -> Iterator[None]:
    """So many processes that never wait run on the first ``cores``.

    So does whatever is started meanwhile.  Each is in a session of its own, because
    Linux may share out a processor by session (sched_autogroup): together in one they
    would get no more of it than a single kernel does.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    command = [sys.executable, "-c", NEVER_WAITS]
    try:
        with contextlib.ExitStack() as others:
            for _ in range(processes):
                others.enter_context(child(command, start_new_session=True))
            yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.nightly
@each_page
def test_the_same_on_a_slow_computer(path: Path) -> None:
    """With a fifth of a core Run All takes four times as long at most, and what is
    shown is still what the prose says.
    """
    with busy_machine(), kernel() as fresh:
        expect_run_fits(path, fresh, within=4 * PROMISED)


def shown_by(fresh: Kernel, path: Path, cells: str) -> str:
    """Run some cells of a notebook; what the last one printed."""
    sources = [code_cell(path, cell) for cell in cells.split()]
    runs = [fresh.run(source, within=RUN_ALL) for source in sources]
    assert [(run.status, run.error) for run in runs] == len(runs) * [("ok", "")]
    return runs[-1].text


def without(*packages: str) -> str:
    """A cell after which these cannot be imported."""
    return f"import sys; sys.modules |= {dict.fromkeys(packages)}"


def test_optional_packages_are_optional() -> None:
    """Where one is missing, a cell says how to get it or goes on without."""
    with kernel() as fresh:
        fresh.run(without("throttled", "aiolimiter", "aiometer", "asynciolimiter"))
        shown_by(fresh, COMPARISON, "code-imports code-limiters code-runner")
        shown = shown_by(fresh, notebook("12"), "code-imports code-redis-look")
    assert (
        f"No Redis client: SharedQuota needs more: {how_to_install('redis')}" in shown
    )


def test_two_processes_keep_one_quota_through_redis(
    redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a Redis, two counts are too many for the API and one is not, as
    the recorded lines say elsewhere.
    """
    monkeypatch.setenv("REDIS_URL", redis)
    page = notebook("12")
    with kernel() as fresh:
        found = shown_by(fresh, page, "code-imports code-redis-look")
        assert found.startswith("There is a Redis")
        shown_by(fresh, page, "code-redis-send")
        # A busy computer may hold up the requests on their way, which the quota cannot
        # know, or the start of a process: then once more.
        shown = (shown_by(fresh, page, "code-redis-run") for _ in range(6))
        assert any(map(ONE_COUNT_KEEPS_THE_QUOTA.search, shown))
