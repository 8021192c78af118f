"""The snippets of notebook 10: equal to the runners, and run exactly as they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from tests.support.notebook_tools import Kernel, kernel, load, notebook
from tests.support.waiting import PATIENCE
from tests.support.write_snippets import RUNGS, URL_LINE, generated

COUNT = 9
"""How many requests each snippet sends."""


def snippets() -> dict[str, str]:
    """Every Python fence of the notebook that is no solution, by its cell's id."""
    return {
        cell.id.removeprefix("text-"): fence
        for cell in load(notebook("10")).cells
        if cell.cell_type == "markdown" and not cell.id.startswith("text-solution")
        for fence in re.findall(r"```python\n(.*?)\n```", cell.source, re.S)
    }


SNIPPETS = snippets()


def test_every_rung_has_both_forms() -> None:
    """Nothing is missing, and no fence is left out of the tests below."""
    assert sorted(SNIPPETS) == sorted([*RUNGS, *(f"{rung}-cell" for rung in RUNGS)])
    for source in SNIPPETS.values():
        assert source.count(URL_LINE) == 1


def test_snippets_are_those_of_the_runners() -> None:
    """What the notebook stores is what ``python -m tests.support.write_snippets`` makes of the runners."""
    stored = {f"text-{name}": f"{fence}\n" for name, fence in SNIPPETS.items()}
    assert stored == generated()


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with PracticeServer(latency=0.1) as server:
        yield server


def with_url(snippet: str, server: PracticeServer) -> str:
    """The snippet with its one line changed."""
    return snippet.replace(URL_LINE, f'URL = "{server.url}"')


def check_what_was_sent(rung: str, printed: str, server: PracticeServer) -> None:
    """All requests were sent, within the rung's limit, and the snippet says so."""
    assert printed.strip() == f"{COUNT} answers, the first from {server.url}"
    stats = server.stats()
    assert (stats.accepted, stats.started) == (COUNT, COUNT)
    assert stats.peak_in_flight == (3 if rung.startswith("semaphore") else COUNT)
    if rung == "semaphore-pause":
        assert stats.elapsed > 2  # two pauses of a second between three groups


@pytest.mark.parametrize("rung", RUNGS)
def test_script_form_runs_as_written(rung: str, server: PracticeServer, tmp_path: Path) -> None:
    """Saved to a file and started, in an interpreter of its own, where warnings are errors."""
    script = tmp_path / "snippet.py"
    script.write_text(with_url(SNIPPETS[rung], server))
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    check_what_was_sent(rung, ran.stdout, server)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Kernel]:
    with kernel() as fresh:
        yield fresh


@pytest.mark.parametrize("rung", RUNGS)
def test_cell_form_runs_as_written(rung: str, server: PracticeServer, fresh: Kernel) -> None:
    """Pasted into a notebook's cell, with no import from elsewhere."""
    run = fresh.run(with_url(SNIPPETS[f"{rung}-cell"], server))
    assert (run.status, run.error) == ("ok", "")
    check_what_was_sent(rung, run.text, server)
