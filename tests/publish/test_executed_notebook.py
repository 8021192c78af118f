"""Cells are run, and run again until what was recorded is what the text says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from inflight_lab.publish.cell_metadata import Claim, PageOptions
from inflight_lab.publish.executed_notebook import (
    BadCellError,
    other_limits,
    run_notebook,
    what_is_not_shown,
)
from inflight_lab.publish.notebook_file import BadNotebookError
from inflight_lab.publish.record_until_shown import NotShownError
from inflight_lab.publish.recorded_outputs import (
    is_recorded,
    limit_of,
    other_limit_of,
    runs_of,
)
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.levels import level
from inflight_lab.runs.run import Run, no_levels

PLOT = """
from inflight_lab import LivePlot, Panel, PracticeServer
from inflight_lab.runners import naive, semaphore
server = PracticeServer(latency=0).start()
plot = LivePlot(server)
plot
"""
RUN = """
refused_from = globals().get("refused_from", 6) - 1
server.reset()
server.quota, server.rate = "sliding-window", refused_from
with plot:
    await naive.make_many_requests(server.url, 4, return_exceptions=True)
"""
"""Refuses none in the first two runs, and one in the third."""
PANEL = """
server.quota = "none"
panel = Panel(semaphore.make_many_requests, server=server, count=6, limit=2)
panel.start()
panel
"""
PRINT = "print(server.stats().started, panel.limit)"


def run(tmp_path: Path, *cells: tuple[str, Mapping[str, Any]]) -> Any:
    """A notebook whose cells, with what each asks of its page, have run."""
    document = new_notebook()
    for number, (code, asked) in enumerate(cells):
        metadata = {"inflight_lab": dict(asked)}
        document.cells.append(new_code_cell(code, id=f"c{number}", metadata=metadata))
    run_notebook(document, tmp_path, name="03_some")
    return document


def test_a_cell_runs_until_its_run_shows_what_is_said(tmp_path: Path) -> None:
    """The plot above has the last run, and the panel also has those at other limits,
    which change nothing for the cells that follow.
    """
    says = {"shows": [{"refused": 1}]}
    limits = {"limits": [1, 2, 4], "shows": [{"limit": 4, "answered": 6}]}
    document = run(tmp_path, (PLOT, {}), (RUN, says), (PANEL, limits), (PRINT, {}))
    plotted, _, panel, printed = document.cells
    (shown,) = filter(is_recorded, plotted.outputs)
    assert runs_of(shown)[""].counts.refused == 1
    recorded = list(filter(is_recorded, panel.outputs))
    assert [other_limit_of(each) for each in recorded] == [None, 1, 4]
    assert [limit_of(runs_of(each)) for each in recorded] == [2, 1, 4]
    assert printed.outputs[0].text == "6 2\n"


def test_what_is_never_shown_ends_the_export(tmp_path: Path) -> None:
    """Nobody reads about 429s beside a run without any: the error names the notebook,
    the cell, and what was not seen.
    """
    with pytest.raises(NotShownError) as raised:
        run(tmp_path, (PLOT, {}), (RUN, {"shows": [{"answered": 5}]}))
    assert str(raised.value) == (
        "03_some, cell c1: the text says answered: 5, and the run shows 1,"
        " in the last of 5 recordings.  Is this computer busy?"
    )


def test_bad_metadata_names_its_cell(tmp_path: Path) -> None:
    """Whoever wrote it finds the place."""
    with pytest.raises(BadCellError, match="03_some, cell c0: limits must be a list"):
        run(tmp_path, ("1 + 1", {"limits": 3}))


NOT_STARTED = PANEL.replace("panel.start()\n", "")


@pytest.mark.parametrize("code", ["1 + 1", PLOT + NOT_STARTED])
def test_limits_are_for_a_panel_that_runs(tmp_path: Path, code: str) -> None:
    """There is no slider without a run of the cell's own: its writer is told, not only
    the readers who would miss it.
    """
    with pytest.raises(BadCellError) as raised:
        run(tmp_path, (code, {"limits": [3]}))
    error = "03_some, cell c0: limits is for a cell that runs its panel"
    assert str(raised.value) == error


def test_a_moment_is_for_a_cell_that_shows_a_plot(tmp_path: Path) -> None:
    """Beside code that only runs, nothing would come of it: its writer is told."""
    with pytest.raises(BadCellError) as raised:
        run(tmp_path, (PLOT, {"moment": "refused"}), (RUN, {"moment": "refused"}))
    error = "03_some, cell c1: moment is for a cell that shows a plot"
    assert str(raised.value) == error


def test_a_plot_has_no_other_limits(tmp_path: Path) -> None:
    """Only a panel has a limit that can be set."""
    error = "03_some, cell c0: limits is for a cell that shows a panel which has a name"
    with pytest.raises(BadCellError, match=error):
        run(tmp_path, (PLOT + RUN + "plot", {"limits": [3]}))


TWO_LINES = "raise ValueError('no\\nlimit')"
"""Fails with a text of two lines."""
HANGING_PANEL = """
import asyncio
async def never_ends(url, count):
    await asyncio.Event().wait()
panel = Panel(never_ends, server=server)
panel.start()
"""


@pytest.mark.parametrize(
    ("code", "timeout", "error"),
    [
        (TWO_LINES, 60, "ValueError: no"),
        ("while True: pass", 2, "it takes more than 2 seconds"),
        (PLOT + HANGING_PANEL, 2, "it takes more than 2 seconds"),
        ("import os; os._exit(1)", 60, "Kernel died"),
    ],
    ids=["raises", "hangs", "its panel hangs", "ends the kernel"],
)
def test_a_cell_that_fails_is_named(
    tmp_path: Path, code: str, timeout: float, error: str
) -> None:
    """With what went wrong, in one line: the traceback is nbclient's own."""
    document = new_notebook(cells=[new_code_cell(code, id="c0")])
    with pytest.raises(BadCellError) as raised:
        run_notebook(document, tmp_path, name="03_some", timeout=timeout)
    assert str(raised.value) == f"03_some, cell c0: {error}"


def test_an_unknown_kernel_is_named(tmp_path: Path) -> None:
    """As in a notebook that was written in somebody else's environment."""
    kernel = {"name": "mine", "display_name": "Mine"}
    document = new_notebook(metadata={"kernelspec": kernel})
    with pytest.raises(BadNotebookError, match=r"^03_some: No such kernel named mine$"):
        run_notebook(document, tmp_path, name="03_some")


def test_a_claim_about_the_own_limit_needs_no_limit() -> None:
    """It would be about a run that is not recorded again, and so never checked."""
    asked = PageOptions((3, 9), (Claim("refused", "some", limit=9),))
    assert other_limits(asked, began_with(3), "03_some") == [9]
    with pytest.raises(BadCellError, match="03_some: limit in shows must be another"):
        other_limits(asked, began_with(9), "03_some")


def began_with(limit: int) -> dict[str, Run]:
    """The run of a panel with this limit."""
    return {"": Run(levels=no_levels() | {"limit": [level(0, limit)]})}


def test_a_claim_about_a_run_that_is_not_there_does_not_hold() -> None:
    """The runner may have another name, or its run was too long to be kept."""
    runs = {"naive": Run(counts=RunStats(refused=1))}
    assert what_is_not_shown([Claim("refused", 1, "naive")], runs) == ""
    missing = what_is_not_shown([Claim("refused", 1, "semaphore")], runs)
    assert missing == "no run of semaphore was recorded"
    assert what_is_not_shown([Claim("refused", 1)], {}) == "no run was recorded"
