"""Run All, again and again in the same kernel, as in a class (with ``--full``)."""

from __future__ import annotations

import inspect
import time
from pathlib import Path

import pytest

from tests.support.census import at_most, census
from tests.support.notebook_tools import Kernel, code_cells, each_notebook, kernel
from tests.support.run_all import PANEL_RUNS, RUN_ALL, has_panel
from tests.support.waiting import PATIENCE

TIMES = 5
PAGES = "int(open('/proc/self/statm').read().split()[1])"
MEGABYTES = f"{PAGES} * os.sysconf('SC_PAGE_SIZE') // 1_000_000"


@pytest.mark.full
@each_notebook
def test_running_a_notebook_again_leaves_nothing_behind(path: Path) -> None:
    """After each Run All there is no more of anything than after the first, and memory
    does not run away.
    """
    cells = code_cells(path)
    source = "\n".join(cells)
    with kernel() as fresh:
        first: dict[str, int] = {}
        for _ in range(TIMES):
            runs = fresh.run_all(cells, within=2 * RUN_ALL)
            assert {run.status for run in runs} == {"ok"}
            if has_panel(path):
                assert fresh.run(PANEL_RUNS).status == "ok"
            assert fresh.run(f"import os\n{inspect.getsource(census)}").status == "ok"
            counts = settled(fresh, first)
            if "import ipywidgets" in source or "from ipywidgets" in source:
                counts.pop(
                    "widgets", None
                )  # sliders and texts of the notebook's own: ipywidgets keeps them
            megabytes = fresh.value(MEGABYTES)
            print(path.stem, counts, f"{megabytes} MB")
            if not first:
                first, at_first = counts, megabytes
            assert (
                megabytes < at_first + 80
            )  # the allocator keeps what thousands of tasks once took


def settled(fresh: Kernel, most: dict[str, int]) -> dict[str, int]:
    """What the kernel holds once it holds no more than ``most``; the first time, once
    that stays the same.
    """
    deadline = time.monotonic() + PATIENCE
    last: dict[str, int] = {}
    same = 0
    while True:
        counts = fresh.value("census()")
        same = same + 1 if counts == last else 0
        if at_most(counts, most) if most else same >= 10:
            return dict(counts)
        assert time.monotonic() < deadline, f"{counts} is more than {most}"
        last = counts
        fresh.run("import asyncio\nawait asyncio.sleep(0.2)")
