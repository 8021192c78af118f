"""The tables of limiters: what the notebook prints is what its tables and prose say."""

from __future__ import annotations

import re
from importlib.metadata import version

from tests.support.notebook_tools import COMPARISON, code_cell, code_cells, kernel
from tests.support.run_all import RUN_ALL, Ran

OF_THE_JUDGED = {
    "`Pacer`": "Pacer",
    "asynciolimiter 1.2.0, `Limiter(100)`": "asynciolimiter_100",
    "aiolimiter 1.3.0, `AsyncLimiter(1, 0.01)`": "aiolimiter_spaced",
    "aiolimiter 1.3.0, `AsyncLimiter(100, 1)`": "aiolimiter_bucket",
    "aiometer 1.0.0": "with_aiometer",
}
"""The rows of the table, with the names on the cards."""
PRINTING = ("code-judge", "code-own", "code-own-faster", "code-runner")


def cards(ran: Ran) -> dict[str, str]:
    """The first card of each limiter, by its name."""
    found: dict[str, str] = {}
    for cell_id in PRINTING:
        for card in re.split(r"\n(?=\w+: share of)", ran.text(cell_id)):
            found.setdefault(card.partition(":")[0], card)
    return found


def judged(card: str) -> list[str]:
    """What the judge says of a sliding window, as the table writes it."""
    (row,) = re.findall(r"^sliding window(.*)$", card, re.M)
    found = []
    for share, refused in re.findall(r"([\d.]+)%, +(\d+)", row):
        refusals = "no 429" if refused == "0" else f"{refused} 429s"
        found.append(f"{share} %, {refusals}")
    return found


def test_run_all_prints_what_table_and_prose_say() -> None:
    """On every computer, and of the versions that are named."""
    with kernel() as fresh:
        cells = fresh.run_all(code_cells(COMPARISON), within=RUN_ALL)
        ran = Ran(COMPARISON, fresh, cells)
    assert {(cell.status, cell.error) for cell in cells} == {("ok", "")}
    expect_the_table_fits(cards(ran))
    assert "after a stall it keeps to the rate: at most 100 in 1 s, 8 at once" in (
        ran.text("code-judge")
    )
    assert judged(cards(ran)["five_slots"])[:2] == ["100.0 %, no 429", "83.1 %, no 429"]
    assert "In short: It sends more than the quota" in ran.text("code-own-faster")


def expect_the_table_fits(found: dict[str, str]) -> None:
    """Its shares, 429s and bursts are the judge's, and its versions those here."""
    table = code_cell(COMPARISON, "text-judged").partition("| limiter |")[2]
    rows = {}
    for line in table.splitlines()[2:]:
        name, *cells = line.strip("| ").split(" | ")
        rows[name] = cells
    assert rows.keys() == OF_THE_JUDGED.keys()
    for row, name in OF_THE_JUDGED.items():
        *shares, bursts = rows[row]
        assert shares == judged(found[name]), row
        if not bursts.startswith("not known"):
            sends_too_much = "SENDS TOO MUCH" in found[name]
            assert bursts.startswith("yes" if sends_too_much else "no"), row
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
