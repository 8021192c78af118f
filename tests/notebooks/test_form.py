"""The notebooks' form: stored clean, in one shape, in short cells, with links that lead
somewhere.
"""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import nbformat
import pytest

from tests.project.stripped import stripped
from tests.support.notebook_tools import (
    CLASS,
    COMPARISON,
    GLOSSARY,
    NOTEBOOKS,
    QUESTIONS,
    code_cells,
    each_notebook,
    links,
    load,
    prose_of,
    words_of,
)

MAX_LINES = 15
MAX_WORDS = 60
MAIN_LINE = NOTEBOOKS[:9]
"""From the running panel to the reader's own script fixed: 00 to 08."""
main_line = pytest.mark.parametrize("path", MAIN_LINE, ids=lambda path: path.stem)
LOOKED_UP = [QUESTIONS, GLOSSARY, CLASS]
"""Their words are counted by tests of their own."""
each_with_code = pytest.mark.parametrize(
    "path", [*NOTEBOOKS, COMPARISON], ids=lambda path: path.stem
)
each_page = pytest.mark.parametrize(
    "path", [*NOTEBOOKS, COMPARISON, *LOOKED_UP], ids=lambda path: path.stem
)


@each_page
def test_notebook_is_stored_clean(path: Path) -> None:
    """No output, no execution count, no metadata beyond the kernel: a diff shows what a
    person changed.
    """
    text = path.read_text(encoding="utf-8")
    assert stripped(text) == text
    nbformat.validate(notebook := load(path))
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    if path in NOTEBOOKS:
        assert re.fullmatch(r"\d\d(_[a-z]+){2,}", path.stem)


@each_notebook
def test_notebook_opens_with_its_purpose(path: Path) -> None:
    """Below its title it says in bold what you get, and then what you need; the last
    cell sums up.
    """
    first, *_, last = load(path).cells
    title, outcome, *_ = first.source.split("\n\n")
    assert title.startswith("# ")
    assert re.fullmatch(r"\*\*.+\*\*", outcome)
    if path != NOTEBOOKS[0]:
        assert "**You need**" in opening(path)
        assert last.source.startswith("## Summary")
    assert "**Next**" in last.source


def opening(path: Path) -> str:
    """The prose before its first section."""
    cells = itertools.takewhile(
        lambda cell: not cell.source.startswith("## "), load(path).cells
    )
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@main_line
def test_a_page_of_the_main_line_begins_with_what_moves(path: Path) -> None:
    """Its first code imports, and shows a panel or a plot; only in 00 it runs by
    itself, so that a first click is answered by requests.
    """
    source, *_ = code_cells(path)
    *_, shown = ast.parse(source).body
    assert ast.unparse(shown) in ("panel", "plot")
    assert ("panel.start()" in source) == (path == NOTEBOOKS[0])


def test_the_main_line_is_short() -> None:
    """Ninety minutes: at most 7,000 words, code and tables included."""
    words = [len(source.split()) for path in MAIN_LINE for source in prose_of(path)]
    assert sum(words) <= 7000


@each_page
def test_cells_of_code_are_short(path: Path) -> None:
    """One idea a cell."""
    for cell in load(path).cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= MAX_LINES, f"{len(lines)} lines of code in {cell.id}"


@each_with_code
def test_cells_of_prose_are_short(path: Path) -> None:
    """Few words of prose: tables, code and the title cell apart."""
    for number, cell in enumerate(load(path).cells):
        if cell.cell_type == "markdown" and number and "<details>" not in cell.source:
            words = words_of(cell.source)
            assert words <= MAX_WORDS, f"{words} words in {cell.id}"


@each_page
def test_links_lead_somewhere(path: Path) -> None:
    """Every link to a notebook or a file names one that exists."""
    targets = [target.partition("#")[0] for target in links(path)]
    assert targets
    inside = [target for target in targets if not target.startswith("https://")]
    assert [target for target in inside if not (path.parent / target).exists()] == []


@each_page
def test_links_to_other_sites_say_where_they_lead(path: Path) -> None:
    """The words of a link to a source make sense without the sentence around it."""
    for source in prose_of(path):
        for words, target in re.findall(r"\[([^]]+)\]\((https://[^)]+)\)", source):
            assert words.lower() not in ("here", "this", "link", "this page"), target


@each_page
def test_a_link_says_where_it_leads(path: Path) -> None:
    """Also to somebody who hears the links alone: "here" or "read more" does not."""
    vague = re.compile(r"\b(click|here|link|more|read)\b", re.IGNORECASE)
    prose = [cell.source for cell in load(path).cells if cell.cell_type == "markdown"]
    texts = re.findall(r"(?<!!)\[([^]\n]+)\]\(", "\n".join(prose))
    short = [text for text in texts if len(text) < 20]
    assert [text for text in short if vague.search(text)] == []


@each_notebook
def test_minutes_are_those_of_the_map(path: Path) -> None:
    """What a page says at its beginning is what the map in 00 says of it."""
    lists = "\n".join(prose_of(NOTEBOOKS[0]))
    on_the_map = dict(re.findall(r"^- .*\((\w+)\.ipynb\).*, (\d+)$", lists, re.M))
    said = re.findall(r"About (\d+) minutes", opening(path))
    assert said in ([], [on_the_map.get(path.stem)])
