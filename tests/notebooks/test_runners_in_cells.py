"""What a learner writes in a cell and what the package ships cannot drift apart."""

from __future__ import annotations

import difflib
import inspect
import re
from types import ModuleType

import pytest

from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from tests.support.code import definitions
from tests.support.notebook_tools import code_cell, code_cells, notebook

BOTH = ["make_one_request", "make_many_requests"]


def written(number: str) -> dict[str, str]:
    """The functions and classes in the cells of a notebook, the last of each name."""
    return {
        name: code
        for cell in code_cells(notebook(number))
        for name, code in definitions(cell).items()
    }


@pytest.mark.parametrize(
    ("number", "rung", "names"),
    [
        ("01", naive, BOTH[:1]),
        ("02", naive, BOTH[1:]),
        ("03", semaphore, BOTH),
        ("04", semaphore_pause, BOTH),
        ("06", paced, BOTH[1:]),
    ],
)
def test_runner_in_the_cell_is_the_runner_in_the_package(
    number: str, rung: ModuleType, names: list[str]
) -> None:
    """The functions of a rung are those of its notebook, but for annotations and
    docstrings.
    """
    shipped, in_cells = definitions(inspect.getsource(rung)), written(number)
    assert {name: in_cells[name] for name in names} == {
        name: shipped[name] for name in names
    }


def test_diff_in_03_is_what_changed() -> None:
    """Its lines are those of the two functions, but for how far they are indented."""
    before, after = (
        written(number)["make_one_request"].splitlines() for number in ("01", "03")
    )
    changes = difflib.ndiff(
        [line.strip() for line in before], [line.strip() for line in after]
    )
    changed = [line for line in changes if line.startswith(("-", "+"))]
    (shown,) = re.findall(
        r"```diff\n(.*?)\n```", code_cell(notebook("03"), "text-diff"), re.S
    )
    assert [f"{line[0]} {line[1:].strip()}" for line in shown.splitlines()] == changed


def test_the_request_of_06_is_that_of_03() -> None:
    """06 imports it from there: only the limiter is another."""
    of_03, of_06 = (definitions(inspect.getsource(rung)) for rung in (semaphore, paced))
    name = "make_one_request"
    assert of_06[name] == of_03[name]
