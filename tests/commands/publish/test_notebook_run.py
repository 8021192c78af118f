"""Cells are run once, and what they show is kept, whatever becomes of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from inflight_lab.commands.publish.notebook_run import run_cells
from inflight_lab.lesson.plot.plain_picture import PANEL as ABOUT
from inflight_lab.lesson.plot.plain_picture import RECORDING

PLOT = """
from inflight_lab import LivePlot, Panel, PracticeServer
from inflight_lab.runners import naive, semaphore
server = PracticeServer(latency=0).start()
plot = LivePlot(server)
plot
"""
RUN = """
with plot:
    await naive.make_many_requests(server.url, 4)
"""
PANEL = """
server.quota = "none"
panel = Panel(
    semaphore.make_many_requests, server=server, count=6, limit=2, strip="rate"
)
panel.start()
panel
"""


def run(folder: Path, *sources: str, patience: int = 60) -> tuple[Any, list[str]]:
    """A notebook with these cells c0, c1 ..., once they have run; what failed."""
    cells = [new_code_cell(code, id=f"c{n}") for n, code in enumerate(sources)]
    document = new_notebook(cells=cells)
    return document, asyncio.run(run_cells(document, folder, patience=patience))


def answered_in(cell: Any) -> list[int]:
    """How many were answered in each run that the cell shows."""
    return [
        run["counts"]["accepted"]
        for output in cell.outputs
        if RECORDING in output.get("data", {})
        for run in output.data[RECORDING]["runs"].values()
    ]


def texts_of(cell: Any) -> list[str]:
    """What it printed, or the error with which it ended."""
    return [output.get("text") or output["evalue"] for output in cell.outputs]


FAILS = "raise ValueError('no\\nlimit')"
BAR = r"""
import sys
sys.stderr.write("\r  0%|   | 0/20")
sys.stderr.write("\r100%|###| 20/20\n")
print("20 of 20")
"""


def test_what_cells_show_is_kept(tmp_path: Path) -> None:
    """A plot has the run of a cell further down, and a panel its own, which goes on in
    the background when its cell has ended; with it is what the panel shows.  One cell
    that fails does not cost the next ones; a progress bar is one line, as in a terminal
    when it has ended.
    """
    document, failed = run(tmp_path, PLOT, RUN, PANEL, FAILS, BAR)
    plotted, ran, panel, failing, bar = document.cells
    assert answered_in(plotted) == [4]
    assert answered_in(ran) == []
    assert answered_in(panel) == [6]
    (about,) = [
        each.metadata[ABOUT] for each in panel.outputs if ABOUT in each.metadata
    ]
    assert (about["names"], about["sliders"], about["strip"]) == (
        [""],
        ["limit"],
        "rate",
    )
    assert (about["count"], about["limit"], about["quota"]) == (6, 2, None)
    assert [cell.execution_count for cell in document.cells] == [1, 2, 3, 4, 5]
    assert failed == ["cell c3: ValueError: no"]
    assert texts_of(failing) == ["no\nlimit"]
    assert sorted(texts_of(bar)) == ["100%|###| 20/20\n", "20 of 20\n"]


BEHIND = """
import asyncio
plot.start()
sending = asyncio.create_task(naive.make_many_requests(server.url, 3))
sending.add_done_callback(lambda _: plot.stop())
plot
"""


def test_a_plot_may_end_behind_the_cells(tmp_path: Path) -> None:
    """Its cell has its run, although it ends while another cell waits for it."""
    document, failed = run(tmp_path, PLOT, BEHIND, "answers = await sending")
    assert failed == []
    assert answered_in(document.cells[1]) == [3]


@pytest.mark.parametrize(
    ("code", "patience", "error"),
    [
        ("while True: pass", 5, "CellTimeoutError: it takes more than 5 seconds"),
        ("import os; os._exit(1)", 60, "DeadKernelError: Kernel died"),
    ],
    ids=["hangs", "ends the kernel"],
)
def test_a_cell_that_never_ends_is_the_last(
    tmp_path: Path, code: str, patience: int, error: str
) -> None:
    """Its error is on the page; those before it keep what they showed."""
    document, failed = run(tmp_path, "print(1)", code, "print(3)", patience=patience)
    assert failed == [f"cell c1: {error}"]
    _, said = error.split(": ")
    assert [texts_of(cell) for cell in document.cells] == [["1\n"], [said], []]


HANGING_PANEL = """
import asyncio
async def never_ends(url, count):
    await asyncio.Event().wait()
panel = Panel(never_ends, server=server)
panel.start()
"""


def test_a_panel_that_never_ends_is_a_failure(tmp_path: Path) -> None:
    """It is waited for when all cells have run, and not for ever."""
    _, failed = run(tmp_path, PLOT, HANGING_PANEL, patience=10)
    assert failed == ["cell panels: CellTimeoutError: it takes more than 10 seconds"]


def test_text_alone_needs_no_kernel(tmp_path: Path) -> None:
    """The glossary is made at once: no kernel could start in this folder."""
    document = new_notebook(cells=[new_markdown_cell("# Words")])
    assert asyncio.run(run_cells(document, tmp_path / "missing")) == []
