"""Run All: a notebook whose cells were all queued at once, and how it must end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.notebooks.notebook_tools import (
    AnyKernel,
    CellRun,
    Kernel,
    code_cells,
)
from tests.support.notebooks.shows import ANSWERS, false_in, looking_at

PROMISED = 30.0
"""Seconds for Run All, on a computer that does nothing else."""
RUN_ALL = 8 * PROMISED
"""What a test allows on any other: met by a hang, not by a busy machine."""
NO_REDIS = "redis://127.0.0.1:1"
"""For ``REDIS_URL``, whatever runs on this machine."""
PANEL_RUNS = """
import asyncio
if not panel.outcomes:
    panel.start()  # as a reader presses Run
    await asyncio.sleep(0.5)
    if [*panel.lanes] == [""] and not panel.lanes[""].on_page()["goals"]:
        panel.latency = 0  # nothing is claimed about how long the rest of it takes
    await panel.finished()
"""
IN_FLIGHT = "sum(lane.server.stats().in_flight for lane in panel.lanes.values())"


@dataclass(frozen=True)
class Ran:
    """A notebook after Run All, in a kernel that is still alive."""

    path: Path
    kernel: AnyKernel
    cells: list[CellRun]


def expect_done(ran: Ran) -> None:
    """Every cell has ended without an error, and so does a run of the panel."""
    pairs = list(zip(code_cells(ran.path), ran.cells, strict=True))
    failed = [f"{source}\n{run.error}" for source, run in pairs if run.error]
    assert not failed, failed[0]
    unfinished = [source for source, run in pairs if run.status != "ok"]
    assert not unfinished, f"{len(unfinished)} not done in time:\n{unfinished[0]}"
    assert not [run.text for run in ran.cells if "never retrieved" in run.text]
    if any("panel = " in source for source in code_cells(ran.path)):
        assert ran.kernel.run(PANEL_RUNS).status == "ok"
        assert ran.kernel.value("repr(panel.error)") == "None"
        assert ran.kernel.value("len(panel.outcomes) == panel.count")
        assert ran.kernel.value(IN_FLIGHT) == 0


def expect_shown(ran: Ran) -> None:
    """What each cell says that it shows was true when it had run."""
    false = false_in(ran.path, ran.kernel.value(ANSWERS))
    assert not false, "\n".join(false)


def expect_run_fits(path: Path, kernel: Kernel, within: float = RUN_ALL) -> None:
    """Run All: each cell ends without an error, and shows what its metadata says."""
    assert kernel.run(looking_at(path)).status == "ok"
    ran = Ran(path, kernel, kernel.run_all(code_cells(path), within=within))
    expect_done(ran)
    expect_shown(ran)
