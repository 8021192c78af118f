"""Copies the recipes into notebook 11, which shows them.

uv run --dev python -m tests.support.shown_recipes
"""

from __future__ import annotations

import json
import re

from tests.support.notebook_tools import code_cell, notebook

NOTEBOOK = notebook("11")
RECIPES = NOTEBOOK.parents[1] / "src" / "inflight_lab" / "recipes"
SHOWN_IN = {"paced": "text-script", "fetch_all": "text-complete"}
"""The cell for each recipe that the notebook shows."""
CODE = re.compile(r"(?<=```python\n).*?(?=```)", re.S)


def source_of(recipe: str) -> str:
    """The file of a recipe."""
    return (RECIPES / f"{recipe}.py").read_text(encoding="utf-8")


def code_in(cell_id: str) -> list[str]:
    """The code that a cell shows, in each of its blocks."""
    return CODE.findall(code_cell(NOTEBOOK, cell_id))


def copy_recipes() -> None:
    """Put each into its cell."""
    document = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in document["cells"]}
    for recipe, cell_id in SHOWN_IN.items():
        source = source_of(recipe)
        text = "".join(cells[cell_id]["source"])
        shown = CODE.sub(lambda _, source=source: source, text)
        cells[cell_id]["source"] = shown.splitlines(keepends=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    copy_recipes()
