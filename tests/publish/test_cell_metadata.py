"""What a cell's metadata asks of its page."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab.publish.cell_metadata import SIMULATED, simulated_in
from tests.support.notebook_tools import NOTEBOOKS, load


def test_a_cell_names_the_runners_to_simulate() -> None:
    """In their order; one that asks for nothing gets nothing."""
    asked = {"inflight_lab": {"simulate": ["paced", "naive"]}}
    assert simulated_in(asked) == ["paced", "naive"]
    assert simulated_in({"inflight_lab": {}}) == simulated_in({}) == []


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"limits": [3]}, "a name in inflight_lab must be one of 'simulate', 'shows'"),
        ({"simulate": ["workers"]}, "each of simulate must be one of 'naive'"),
    ],
)
def test_what_no_page_can_do_is_refused(asked: Any, error: str) -> None:
    """The error names what is wrong and what is allowed."""
    with pytest.raises(ValueError, match=error):
        simulated_in({"inflight_lab": asked})


def test_the_notebooks_ask_for_what_there_is() -> None:
    """Every cell's metadata can be read, and some panels are simulated."""
    asked = [
        runner
        for path in NOTEBOOKS
        for cell in load(path).cells
        for runner in simulated_in(cell.metadata)
    ]
    assert set(asked) <= set(SIMULATED)
    assert len(asked) >= 3
