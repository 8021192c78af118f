"""That a claim which turns false is seen."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.support.notebook_tools import code_cells, kernel
from tests.support.shows import ANSWERS, false_in, looking_at


def test_a_claim_is_looked_at_right_after_its_cell(tmp_path: Path) -> None:
    """What a later cell changes does not matter; what is false, or cannot be asked, is
    named; and so is a claim that nobody looked at.
    """
    path = tmp_path / "page.ipynb"
    shown = {
        "sent = 3": ["sent == 3", "sent > 3"],
        "import asyncio\nawait asyncio.sleep(0)\nsent = 4": ["sent == 4", "lost"],
    }
    cells = [
        new_code_cell(source, metadata={"inflight_lab": {"shows": claims}})
        for source, claims in shown.items()
    ]
    nbformat.write(new_notebook(cells=cells), path)
    with kernel() as fresh:
        assert fresh.run(looking_at(path)).status == "ok"
        fresh.run_all(code_cells(path), within=60)
        found = false_in(path, fresh.value(ANSWERS))
    assert found == [
        "sent > 3: False",
        "lost: NameError(\"name 'lost' is not defined\")",
    ]
    assert false_in(path, []) == ["0 of 4 claims were looked at"]
