"""What a learner writes in a cell and what the package ships cannot drift apart."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from inflight_lab.runners import naive, paced, semaphore, semaphore_pause, threaded
from tests.support.code import definitions
from tests.support.notebook_tools import code_cells, notebook

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
        ("02", naive, BOTH),
        ("03", semaphore, BOTH),
        ("04", semaphore_pause, BOTH),
        ("06", paced, BOTH),
        ("10", threaded, BOTH[:1]),
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


def test_naive_runner_to_compare_with_is_the_real_one() -> None:
    """The diff in 03 compares with the naive rung itself."""
    first = next(
        cell for cell in code_cells(notebook("03")) if "def make_one_request" in cell
    )
    name = "make_one_request"
    assert definitions(first)[name] == definitions(inspect.getsource(naive))[name]
