"""The notebooks' form: stored clean, in one shape, in short cells, with links that lead
somewhere; and the glossary that they link to.
"""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import nbformat
import pytest

from tests.support.notebooks.notebook_tools import (
    CLASS,
    COMPARISON,
    GLOSSARY,
    NOTEBOOKS,
    QUESTIONS,
    code_cell,
    code_cells,
    each_notebook,
    load,
    prose_of,
    words_of,
)

MAX_LINES = 15
MAX_WORDS = 60
PHONE = 358
"""Pixels between the margins of a narrow phone."""
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
    notebook = load(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert cell.metadata.keys() <= {"inflight_lab", "jupyter"}
        assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)
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


@each_notebook
def test_a_page_opens_with_a_drawing(path: Path) -> None:
    """On the first screen one sees its idea: on a phone in letters of 11 pixels at
    least, and in words if one sees no pictures.  A line below it says what to look
    at.  In 00 it is the panel.
    """
    title, *_ = prose_of(path)
    captioned = r"!\[([^]]+)\]\((images/\w+\.svg)\)\n\n\*[^*]+\*\n"
    drawings = re.findall(captioned, title)
    assert len(drawings) == (path != NOTEBOOKS[0])
    for words, file in drawings:
        svg = path.parent.joinpath(file).read_text(encoding="utf-8")
        (width,) = re.findall(r'viewBox="0 0 (\d+) ', svg)
        letters = re.findall(r"font(?:-size)?: (\d+)px", svg)
        assert min(map(int, letters)) * PHONE / int(width) >= 11
        assert words_of(words) >= 10


@main_line
def test_a_page_of_the_main_line_asks_before_it_shows(path: Path) -> None:
    """Above the first run is a field for a prediction, on the site as well."""
    asks = path not in (MAIN_LINE[0], MAIN_LINE[-1])
    assert ("<fieldset>" in opening(path)) == asks


@main_line
def test_a_prediction_is_not_answered_beside_it(path: Path) -> None:
    """JupyterLab hides the code that judges it, and the site folds its output."""
    for cell in load(path).cells:
        if ".compare(" in cell.source:
            assert cell.metadata["inflight_lab"]["answers"]
            assert cell.metadata["jupyter"]["source_hidden"]
            assert cell.source.splitlines()[0].endswith("(")  # this is still seen


def test_the_main_line_is_short() -> None:
    """About a hundred minutes by the map: at most 7,000 words, code and tables
    included.
    """
    words = [len(source.split()) for path in MAIN_LINE for source in prose_of(path)]
    assert sum(words) <= 7000
    the_map = "\n".join(prose_of(NOTEBOOKS[0]))
    minutes = re.findall(r"^- \[0[1-8] .*, (\d+)$", the_map, re.M)
    assert len(minutes) == 8
    assert 95 <= sum(map(int, minutes)) <= 105


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


# ---- The glossary


def terms() -> dict[str, str]:
    """What it says about each term, by the id that links use."""
    cells = load(GLOSSARY).cells
    return {cell.id: cell.source for cell in cells if cell.source.startswith("### ")}


def name_of(entry: str) -> str:
    """The term itself."""
    return entry.splitlines()[0].removeprefix("### ").replace("`", "")


def test_every_term_stands_once_in_few_words() -> None:
    """In alphabetical order, so that it is found without a search."""
    names = [name_of(entry).lower() for entry in terms().values()]
    assert names == sorted(set(names))
    assert max(map(words_of, terms().values())) <= 40
    assert sum(len(text.split()) for text in prose_of(GLOSSARY)) <= 2400


def test_every_letter_can_be_jumped_to() -> None:
    """From the first cell to the heading above the letter's terms."""
    cells = load(GLOSSARY).cells
    letters = [cell.id for cell in cells if cell.source.startswith("## ")]
    first, *_ = prose_of(GLOSSARY)
    assert re.findall(r"glossary\.ipynb#cell-id=([a-z-]+)", first) == letters


def test_each_term_is_used_where_the_glossary_says() -> None:
    """Its entry ends with a link to a page, or one cell, in whose text the word
    stands.
    """
    astray = {}
    for term, entry in terms().items():
        (target,) = re.findall(r"\[[^]]+\]\((.+)\)$", entry)
        word = name_of(entry).lower().split()[-1]
        page, _, cell = target.partition("#cell-id=")
        path = GLOSSARY.with_name(page)
        prose = code_cell(path, cell) if cell else "\n".join(prose_of(path))
        said = re.sub(r"\]\([^)]*\)", "]", prose)  # where links lead is not said
        if word not in said.lower():
            astray[term] = target
    assert astray == {}
