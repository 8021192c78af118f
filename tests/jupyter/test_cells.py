"""A cell that runs again: what it made the last time is closed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.notebook_tools import Kernel, kernel

MAKES = """
from inflight_lab.jupyter.cells import closed_on_rerun
for part in ("a", "b"):
    closed_on_rerun(lambda name={name!r} + part: closed.append(name))
"""


@pytest.fixture(scope="module")
def notebook() -> Iterator[Kernel]:
    """One kernel for all of them; each test begins with an empty list."""
    with kernel() as notebook:
        yield notebook


def test_a_cell_that_runs_again_closes_what_it_made(notebook: Kernel) -> None:
    """All that its last run made, once, and nothing that another cell made."""
    cells = ["closed = []", MAKES.format(name="one-"), MAKES.format(name="two-")]
    assert {run.status for run in notebook.run_all(cells, within=60)} == {"ok"}
    assert notebook.value("closed") == []
    notebook.run_all(cells[:2], within=60)
    assert notebook.value("closed") == ["one-a", "one-b"]
    notebook.run_all(["", cells[1]], within=60)
    assert notebook.value("closed") == ["one-a", "one-b"] * 2
    notebook.run_all(["", "", cells[2]], within=60)
    assert notebook.value("closed") == ["one-a", "one-b"] * 2 + ["two-a", "two-b"]


def test_a_server_in_a_cell_that_runs_again_is_stopped(notebook: Kernel) -> None:
    """However often the cell runs, there is one server."""
    cell = "from inflight_lab import PracticeServer\nserver = PracticeServer().start()"
    for _ in range(3):
        (ran,) = notebook.run_all([cell], within=60)
        assert ran.status == "ok"
    assert notebook.run("import threading").status == "ok"
    threads: list[str] = notebook.value("[each.name for each in threading.enumerate()]")
    assert threads.count("practice-server") == 1
    assert notebook.value("server.running")
