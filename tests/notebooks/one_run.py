"""One execution of a notebook, and all that is checked of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.notebook_tools import code_cells, kernel
from tests.support.run_all import RUN_ALL, Ran, run_all
from tests.support.shows import ANSWERS, false_in, looking_at


def expect_one_run_fits(path: Path, *, within: float = RUN_ALL) -> None:
    """Every cell ends without an error, and shows what its metadata says."""
    with kernel() as fresh:
        assert fresh.run(looking_at(path)).status == "ok"
        ran = run_all(path, fresh, within=within)
        expect_shown(ran)
        expect_predictions_fit(ran)


def expect_shown(ran: Ran) -> None:
    """What each cell says that it shows was true when it had run."""
    false = false_in(ran.path, ran.kernel.value(ANSWERS))
    assert not false, "\n".join(false)


def expect_predictions_fit(ran: Ran) -> None:
    """What was measured, and each wrong answer with a line, is a choice, or a number
    where there are none.
    """
    for call in compared(ran.path):
        guess = ast.unparse(call.func).removesuffix(".compare")
        question, choices = ran.kernel.value(f"({guess}.question, {guess}.choices)")
        mistakes = ast.literal_eval(call.args[1]) if call.args[1:] else {}
        measured = measured_after(question, ran)
        if choices:
            assert {measured.strip('"'), *mistakes} <= set(choices)
        else:
            assert all(
                isinstance(number, int | float)
                for number in (ast.literal_eval(measured), *mistakes)
            )


def measured_after(question: str, ran: Ran) -> str:
    """What the page says was measured, when nobody has made a prediction."""
    printed = "".join(cell.text for cell in ran.cells)
    answer = rf"{re.escape(question)} Measured: (\".*?\"|[\d.]+?)\.(?: |$)"
    (measured,) = re.findall(answer, printed, re.M)
    return str(measured)


def compared(path: Path) -> list[ast.Call]:
    """The calls that set a prediction beside what was measured."""
    nodes = (
        node
        for cell in code_cells(path)
        if ".compare(" in cell
        for node in ast.walk(_parsed(cell))
    )
    return [
        node
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".compare")
    ]


def _parsed(cell: str) -> ast.AST:
    return compile(
        cell, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
