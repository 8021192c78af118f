"""Cells are run, and what they show is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from inflight_lab.plot.plain_picture import RECORDING
from inflight_lab.publish.executed_notebook import BadCellError, run_notebook
from inflight_lab.publish.notebook_file import BadNotebookError
from inflight_lab.runs.recording import from_text

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
panel = Panel(semaphore.make_many_requests, server=server, count=6, limit=2)
panel.start()
panel
"""


def run(tmp_path: Path, *cells: tuple[str, Mapping[str, Any]]) -> Any:
    """A notebook whose cells, with what each asks of its page, have run."""
    document = new_notebook()
    for number, (code, asked) in enumerate(cells):
        metadata = {"inflight_lab": dict(asked)}
        document.cells.append(new_code_cell(code, id=f"c{number}", metadata=metadata))
    run_notebook(document, tmp_path, name="03_some")
    return document


def answered_in(cell: Any) -> list[int]:
    """How many were answered in each run that the cell shows."""
    return [
        run.counts.accepted
        for output in cell.outputs
        if RECORDING in output.get("data", {})
        for run in from_text(json.dumps(output.data[RECORDING])).values()
    ]


def test_runs_are_kept_where_they_are_shown(tmp_path: Path) -> None:
    """A plot has the run of a cell further down, and a panel its own, which goes on in
    the background when its cell has ended.
    """
    document = run(tmp_path, (PLOT, {}), (RUN, {}), (PANEL, {}))
    plotted, ran, panel = document.cells
    assert answered_in(plotted) == [4]
    assert answered_in(ran) == []
    assert answered_in(panel) == [6]


def test_bad_metadata_names_its_cell(tmp_path: Path) -> None:
    """Whoever wrote it finds the place."""
    with pytest.raises(BadCellError, match="03_some, cell c0: each of simulate must"):
        run(tmp_path, ("1 + 1", {"simulate": ["all"]}))


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
