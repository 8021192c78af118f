"""The tables of limiters: what the notebook prints is what its tables and prose say."""

from __future__ import annotations

import re
from importlib.metadata import version

from tests.notebooks.numbers import findings_in
from tests.support.notebook_tools import COMPARISON, code_cell, code_cells, kernel
from tests.support.run_all import RUN_ALL, Ran, cells_as_read

OF_THE_JUDGED = {
    "`Pacer`": ("code-own", 0),
    "asynciolimiter 1.2.0, `Limiter(100)`": ("code-runner", 2),
    "aiolimiter 1.3.0, `AsyncLimiter(1, 0.01)`": ("code-runner", 0),
    "aiolimiter 1.3.0, `AsyncLimiter(100, 1)`": ("code-runner", 1),
    "aiometer 1.0.0": ("code-runner", 3),
}
"""The rows of the table, with the cell that prints the same, and in which column."""
NETWORKS = ("still", "10 ms of jitter", "stalls of 100 ms")


def judged(ran: Ran, cell_id: str, column: int) -> list[str]:
    """What the judge says of a limiter and a sliding window, as the table writes it."""
    printed = ran.text(cell_id)
    found = []
    for network in NETWORKS:
        (row,) = re.findall(rf"^sliding window, {network}(.*)$", printed, re.M)
        share, refused = re.findall(r"([\d.]+)%, +(\d+)", row)[column]
        refusals = "no 429" if refused == "0" else f"{refused} 429s"
        found.append(f"{share} %, {refusals}")
    return found


def keeps_to_the_rate(ran: Ran, cell_id: str, column: int) -> bool:
    """Whether the judge says so, after a rest and after a stall."""
    rows = re.findall(r"^keeps to the rate after a \w+ (.*)$", ran.text(cell_id), re.M)
    return [row.split()[column] for row in rows] == ["yes", "yes"]


def test_run_all_prints_what_table_and_prose_say() -> None:
    """On every computer, and of the versions that are named."""
    with kernel() as fresh:
        cells = fresh.run_all(code_cells(COMPARISON), within=RUN_ALL)
        ran = Ran(COMPARISON, fresh, cells)
    assert {(cell.status, cell.error) for cell in cells} == {("ok", "")}
    assert findings_in("compare_limiters", cells_as_read(ran)) == []
    expect_the_table_fits(ran)
    assert judged(ran, "code-own", 0) == [
        "98.3 %, no 429",
        "98.1 %, no 429",
        "89.5 %, no 429",
    ]
    assert judged(ran, "code-own", 2)[:2] == ["99.5 %, no 429", "82.7 %, no 429"]


def expect_the_table_fits(ran: Ran) -> None:
    """Its shares, 429s and bursts are the judge's, and its versions those here."""
    table = code_cell(COMPARISON, "text-judged").partition("| limiter |")[2]
    rows = {}
    for line in table.splitlines()[2:]:
        name, *cells = line.strip("| ").split(" | ")
        rows[name] = cells
    assert rows.keys() == OF_THE_JUDGED.keys()
    for name, (cell_id, column) in OF_THE_JUDGED.items():
        *shares, bursts = rows[name]
        assert shares == judged(ran, cell_id, column), name
        if not bursts.startswith("not known"):
            assert (bursts == "no") == keeps_to_the_rate(ran, cell_id, column), name
    for package, named in set(re.findall(r"\| (\w+) (\d+\.\d+\.\d+)", table)):
        assert version(package) == named


def test_a_package_that_is_missing_is_left_out() -> None:
    """None of the three is needed to run all cells."""
    missing = dict.fromkeys(("aiolimiter", "aiometer", "asynciolimiter"))
    with kernel() as fresh:
        assert fresh.run(f"import sys; sys.modules |= {missing}").status == "ok"
        for cell_id in ("code-imports", "code-packages", "code-runner"):
            run = fresh.run(code_cell(COMPARISON, cell_id))
            assert (run.status, run.text) == ("ok", "")
