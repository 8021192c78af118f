"""Run All: what each notebook shows when all of its cells are queued at once in a fresh
kernel.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from tests.notebooks.one_run import expect_one_run_fits
from tests.support.busy import busy_machine
from tests.support.notebook_tools import (
    NOTEBOOKS,
    Kernel,
    code_cell,
    each_notebook,
    kernel,
    notebook,
)
from tests.support.run_all import NO_REDIS, PROMISED

BESIDE_OTHERS = notebook("04")
"""The notebook that always runs beside busy processes; with ``--full`` they all do."""
WITHOUT_EXTRAS = """
import sys
sys.modules["throttled"] = None
"""
BUSY_SOON = """
import time
asyncio.get_running_loop().call_later(0.2, time.sleep, 6)
"""
ONE_COUNT_KEEPS_THE_QUOTA = re.compile(
    r"counted apart: +accepted \d+, refused [1-9]\d*, [\d.]+ s\n"
    r"counted together: accepted 60, refused 0, (3\.[5-9]|[4-9]\.\d|\d\d+\.\d) s"
)


@each_notebook
def test_run_all_shows_what_the_prose_says(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell ends without an error, the panel's run too; what the notebook claims
    holds, and each number of its prose is explained and contradicts none that is
    printed.
    """
    monkeypatch.setenv("REDIS_URL", NO_REDIS)
    with busy_machine() if path == BESIDE_OTHERS else contextlib.nullcontext():
        expect_one_run_fits(path)


@pytest.mark.full
@pytest.mark.parametrize(
    "path",
    [path for path in NOTEBOOKS if path != BESIDE_OTHERS],
    ids=lambda path: path.stem,
)
def test_the_same_on_a_slow_computer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a fifth of a core Run All takes four times as long at most, and what is
    shown is still what the prose says.
    """
    monkeypatch.setenv("REDIS_URL", NO_REDIS)
    with busy_machine():
        expect_one_run_fits(path, within=4 * PROMISED)


def run_cells(kernel: Kernel, number: str, *ids: str) -> str:
    """Run some cells of a notebook; returns what the last one printed."""
    for cell_id in ids:
        run = kernel.run(code_cell(notebook(number), cell_id))
        assert (run.status, run.error) == ("ok", "")
    return run.text


def test_a_busy_computer_is_waited_for() -> None:
    """Nothing runs for six seconds while 200 requests wait: the answers still come, and
    no other error.
    """
    with kernel() as fresh:
        run_cells(fresh, "02", "code-panel", "code-imports", "code-make-many")
        assert fresh.run(BUSY_SOON).status == "ok"
        assert "ValueError: Unexpected Status: Http status code is 429." in run_cells(
            fresh, "02", "code-run"
        )


def test_optional_packages_are_optional() -> None:
    """Where one is missing, its cell says how to get it."""
    with kernel() as fresh:
        assert fresh.run(WITHOUT_EXTRAS).status == "ok"
        assert 'pip install "inflight-lab[redis]"' in run_cells(
            fresh, "12", "code-imports", "code-redis-look"
        )
        assert fresh.value("redis_found") is False


def test_two_processes_keep_one_quota_through_redis(
    redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a Redis, two counts are too many for the API and one is not, as
    the recorded lines say elsewhere.
    """
    monkeypatch.setenv("REDIS_URL", redis)
    with kernel() as fresh:
        looked = run_cells(fresh, "12", "code-imports", "code-redis-look")
        assert looked.startswith("There is a Redis")
        run_cells(fresh, "12", "code-redis-send")
        # A busy computer may hold up the requests on their way, which the quota cannot
        # know, or the start of a process: then once more.
        shown = (run_cells(fresh, "12", "code-redis-run") for _ in range(3))
        assert any(map(ONE_COUNT_KEEPS_THE_QUOTA.search, shown))
