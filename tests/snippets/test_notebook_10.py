"""Notebook 10: its script is the one that the maker makes, its table is what that
script does.
"""

from __future__ import annotations

import re

from inflight_lab.snippets import SOURCE, snippet
from tests.support.notebook_tools import code_cells, kernel, load, notebook
from tests.support.run_all import RUN_ALL


def cell(id: str) -> str:
    """The source of one cell."""
    (found,) = (cell.source for cell in load(notebook("10")).cells if cell.id == id)
    return str(found)


def test_the_script_is_the_one_that_the_maker_makes() -> None:
    """Whoever copies it from the page, or reads it where nothing runs, has the same as
    the widget's.
    """
    assert re.findall(r"```python\n(.*?)```", cell("text-script"), flags=re.S) == [
        snippet()
    ]


def test_the_table_says_what_the_script_does() -> None:
    """The statuses that it tries again, and those that settle an id, are those of the
    code.
    """
    source = SOURCE.read_text()
    rows = re.findall(r"^\| ([^|]+) \| (yes|no) \|", cell("text-retried"), flags=re.M)
    again = {
        status
        for what, yes in rows
        if yes == "yes"
        for status in re.findall(r"\b\d{3}\b", what)
    }
    (tried,) = re.findall(r"status in \((429.*?)\)", source)
    assert again == {*tried.split(", "), "403"}
    (settled,) = re.findall(r"\) in \((200.*?)\)", source)
    *others, last = settled.split(", ")
    sentence = f"Only {', '.join(others)} and {last} are settled"
    assert sentence in cell("text-retried-why")
    for words, code in (("eight times", "range(8)"), ("ten minutes", "> 600")):
        assert words in cell("text-retried") + cell("text-retried-why")
        assert code in source


def test_pasted_as_the_page_says() -> None:
    """The notebook form, with the two lines that the page prints: 300 answers, and no
    429.
    """
    cells = code_cells(notebook("10"))
    where = cells.index(cell("code-paste"))
    with kernel() as fresh:
        (*_, printed) = fresh.run_all(cells[:where], within=RUN_ALL)
        code = snippet(notebook=True, save=None)
        for line in printed.text.splitlines():
            name, _, _ = line.partition(" = ")
            code = re.sub(rf"^{name} = .*", lambda _, line=line: line, code, flags=re.M)
        *_, tried = fresh.run_all([code, cells[where + 1]], within=RUN_ALL)
    assert tried.text.startswith("300 answers, 0 429s\n")
