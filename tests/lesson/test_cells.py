"""A cell that runs again, edited or not: what it made the last time is closed, and
nothing else.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support.notebooks.notebook_tools import Kernel, kernel

IMPORT = "from inflight_lab import PracticeServer"
FIRST = f"{IMPORT}\nserver = PracticeServer(latency=0).start()"
OTHER = f"{IMPORT}\nother = PracticeServer(latency=0).start()"
MAKES_TWO = """
from inflight_lab.lesson.cells import closed_on_rerun
for part in ("a", "b"):
    closed_on_rerun(lambda part=part: closed.append(part))
"""


@pytest.fixture(scope="module")
def notebook() -> Iterator[Kernel]:
    """One kernel for all of them."""
    with kernel() as notebook:
        yield notebook


def test_a_cell_that_runs_again_closes_what_it_made(notebook: Kernel) -> None:
    """All that its last run made, once."""
    for closed in ([], ["a", "b"], ["a", "b"]):
        for run in notebook.run_all(["closed = []", MAKES_TWO], within=60):
            assert run.status == "ok"
        assert notebook.value("closed") == closed


@pytest.mark.parametrize(
    "edited",
    ["print('no server')", "def broken(:", "1 / 0"],
    ids=["makes nothing", "no Python", "fails"],
)
def test_an_edited_cell_leaves_no_server_behind(notebook: Kernel, edited: str) -> None:
    """What the cell made is closed, whatever it does now; what others made stays."""
    for run in notebook.run_all([FIRST, OTHER], within=60):
        assert run.status == "ok"
    port, others = notebook.value("(server.port, other.port)")
    assert accepts(port)
    notebook.run_all([edited], within=60)
    assert not notebook.value("server.running")
    assert not accepts(port)
    assert accepts(others)


def test_what_a_cell_runs_inside_itself_is_the_same_run(notebook: Kernel) -> None:
    """IPython announces a cell inside a cell as well: the server that the outer one
    just made goes on.
    """
    notebook.run_all([FIRST + "\nget_ipython().run_cell('1 + 1')"], within=60)
    assert notebook.value("server.running")


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
