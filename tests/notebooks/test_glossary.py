"""The glossary: each term once, in few words, with the page that explains it."""

from __future__ import annotations

import re

from tests.support.notebook_tools import (
    GLOSSARY,
    code_cell,
    links,
    load,
    prose_of,
    words_of,
)

MAX_WORDS_OF_A_TERM = 40
MAX_WORDS = 2400
OTHERS = [path for path in GLOSSARY.parent.glob("*.ipynb") if path != GLOSSARY]


def terms() -> dict[str, str]:
    """What it says about each term, by the id that links use."""
    return {
        cell.id: cell.source
        for cell in load(GLOSSARY).cells
        if cell.source.startswith("### ")
    }


def name_of(entry: str) -> str:
    """The term itself."""
    return entry.splitlines()[0].removeprefix("### ").replace("`", "")


def test_every_term_stands_once_in_few_words() -> None:
    """In alphabetical order, so that it is found without a search."""
    names = [name_of(entry).lower() for entry in terms().values()]
    assert names == sorted(set(names))
    assert max(map(words_of, terms().values())) <= MAX_WORDS_OF_A_TERM
    assert sum(len(text.split()) for text in prose_of(GLOSSARY)) <= MAX_WORDS


def test_every_letter_can_be_jumped_to() -> None:
    """From the first cell to the heading above the letter's terms."""
    letters = [
        cell.id for cell in load(GLOSSARY).cells if cell.source.startswith("## ")
    ]
    first, *_ = prose_of(GLOSSARY)
    assert re.findall(r"glossary\.ipynb#cell-id=([a-z-]+)", first) == letters


def test_links_to_a_term_find_it() -> None:
    """From all other pages."""
    linked = {target for path in OTHERS for target in links(path)}
    known = {f"glossary.ipynb#cell-id={term}" for term in terms()}
    to_terms = {target for target in linked if target.startswith("glossary.ipynb#")}
    assert to_terms <= known


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
