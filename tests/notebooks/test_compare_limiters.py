"""The tables of limiters: what the notebook prints is what its tables and prose say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from tests.support.notebook_tools import COMPARISON, code_cell, kernel, load
from tests.support.run_all import RUN_ALL, Ran

OF_THE_JUDGED = {
    "`Pacer`": ("code-own", 0),
    "asynciolimiter 1.2.0, `Limiter(100)`": ("code-runner", 2),
    "aiolimiter 1.3.0, `AsyncLimiter(1, 0.01)`": ("code-runner", 0),
    "aiolimiter 1.3.0, `AsyncLimiter(100, 1)`": ("code-runner", 1),
    "aiometer 1.0.0": ("code-runner", 3),
}
"""The rows of the table, with the cell that prints the same, and in which column."""
NETWORKS = ("still", "10 ms of jitter", "stalls of 100 ms")


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    """The notebook after Run All."""
    cells = [cell.source for cell in load(COMPARISON).cells if cell.cell_type == "code"]
    with kernel() as fresh:
        yield Ran(COMPARISON, fresh, fresh.run_all(cells, within=RUN_ALL))


def judged(ran: Ran, cell_id: str, column: int) -> list[str]:
    """What the judge says of a limiter and a sliding window, as the table writes it."""
    printed = ran.text(cell_id)
    found = []
    for network in NETWORKS:
        (row,) = re.findall(rf"^sliding window, {network}(.*)$", printed, re.M)
        share, refused = re.findall(r"([\d.]+)%, +(\d+)", row)[column]
        found.append(f"{share} %, {refused}")
    return found


def keeps_to_the_rate(ran: Ran, cell_id: str, column: int) -> bool:
    """Whether the judge says so, after a rest and after a stall."""
    rows = re.findall(r"^keeps to the rate after a \w+ (.*)$", ran.text(cell_id), re.M)
    return [row.split()[column] for row in rows] == ["yes", "yes"]


def test_run_all_ends_without_an_error(ran: Ran) -> None:
    """Whoever opens it sees every table."""
    assert {(cell.status, cell.error) for cell in ran.cells} == {("ok", "")}


def test_a_package_that_is_missing_is_left_out() -> None:
    """None of the three is needed to run all cells."""
    missing = dict.fromkeys(("aiolimiter", "aiometer", "asynciolimiter"))
    with kernel() as fresh:
        assert fresh.run(f"import sys; sys.modules |= {missing}").status == "ok"
        for cell_id in ("code-imports", "code-packages", "code-runner"):
            run = fresh.run(code_cell(COMPARISON, cell_id))
            assert (run.status, run.text) == ("ok", "")


def test_the_table_says_what_the_judge_says(ran: Ran) -> None:
    """On every computer, and of the versions that are named."""
    table = code_cell(COMPARISON, "text-judged")
    rows = {}
    for line in table.splitlines()[4:]:
        name, *cells = line.strip("| ").split(" | ")
        rows[name] = cells
    assert rows.keys() == OF_THE_JUDGED.keys()
    for name, (cell_id, column) in OF_THE_JUDGED.items():
        *shares, bursts = rows[name]
        assert shares == judged(ran, cell_id, column), name
        if "runner" not in bursts:
            assert (bursts == "no") == keeps_to_the_rate(ran, cell_id, column), name
    for package, named in set(re.findall(r"\| (\w+) (\d[\d.]+)", table)):
        assert version(package) == named


def test_the_prose_says_what_is_shown(ran: Ran) -> None:
    """Of the pacer with and without a stop, and of the semaphore where delay varies."""
    assert judged(ran, "code-own", 0) == ["98.3 %, 0", "98.1 %, 0", "89.5 %, 0"]
    assert judged(ran, "code-own", 2)[:2] == ["99.5 %, 0", "82.7 %, 0"]
