"""Restart and Run All in mid-run, and Run All again, for the notebooks as they are."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.support.notebook_tools import NOTEBOOKS, Kernel, code_cells, kernel
from tests.support.run_all import run_all
from tests.support.waiting import PATIENCE

PORTS = """[
    connection.laddr.port
    for connection in psutil.Process().net_connections("tcp")
    if connection.status == "LISTEN"
]"""
CHILDREN = "[child.pid for child in psutil.Process().children(recursive=True)]"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The first notebook with a panel; on demand all of them."""
    chosen = NOTEBOOKS if metafunc.config.getoption("--full") else NOTEBOOKS[2:3]
    metafunc.parametrize("path", chosen, ids=lambda path: path.stem)


def test_restart_and_run_all(path: Path) -> None:
    """All cells end well after a restart in mid-run and when run again, and no port or
    process stays.
    """
    with kernel() as notebook:
        notebook.run_all(
            code_cells(path), within=4
        )  # and no longer: the restart comes in between
        notebook.restart()
        ports = run_to_the_end(notebook, path)
        again = run_to_the_end(notebook, path)
        assert len(again) == len(ports)  # each server was replaced, none was added
        children = [psutil.Process(pid) for pid in notebook.value(CHILDREN)]
    # multiprocessing's tracker of resources ends when it notices that the kernel has.
    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    listening = {
        each.laddr.port
        for each in psutil.net_connections("tcp")
        if each.status == "LISTEN"
    }
    assert not listening & {*ports, *again}


def run_to_the_end(notebook: Kernel, path: Path) -> list[int]:
    """Run All, wait for its panel too; returns the ports that the kernel listens on
    afterwards.
    """
    run_all(path, notebook)
    assert notebook.run("import psutil").status == "ok"
    ports: list[int] = notebook.value(PORTS)
    return ports
