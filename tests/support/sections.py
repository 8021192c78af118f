"""An executed notebook as a reader sees it: sections of prose, code and outputs."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from tests.support.mentions import Mention, mentions_in

FENCE = re.compile(r"^```.*?^```", re.M | re.S)
TABLE_RULE = re.compile(r"^\|[\s:|-]+\|$")
NO_SENTENCE = re.compile(r"^(?:\s*[-*]|\s*\d+\.|#+)\s+")
NOT_READ = ("notebook", "minutes", "step", "status", "#")
"""Columns of a table whose numbers are names, or a plan's."""


@dataclass(frozen=True)
class ProseNumber:
    """A number in the prose, and where it stands."""

    cell_id: str
    mention: Mention
    row: str = ""
    """In a table, what the row is about."""
    notebook: str = ""
    """In a table with such a column, the notebook that the row is about."""


@dataclass
class Section:
    """What stands between two headings of the second level."""

    heading: str = ""
    prose: list[ProseNumber] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """A cell of an executed notebook."""

    id: str
    is_code: bool
    source: str
    printed: str = ""


def sections_of(cells: Iterable[Cell]) -> list[Section]:
    """The sections in their order; the first is what stands before any heading."""
    sections = [Section()]
    for cell in cells:
        heading = "" if cell.is_code else heading_of(cell)
        if heading:
            sections.append(Section(heading))
        here = sections[-1]
        if cell.is_code:
            here.code.append(cell.source)
            here.printed.append(cell.printed)
        else:
            here.prose += numbers_of(cell)
            here.code += FENCE.findall(cell.source)
    return sections


def heading_of(cell: Cell) -> str:
    """The heading of the second level that a cell has, if it has one."""
    found = re.search("^## (.*)", cell.source, re.M)
    return found[1] if found else ""


def numbers_of(cell: Cell) -> Iterator[ProseNumber]:
    """The numbers in a cell of prose: paragraphs, lists and tables."""
    text = plain(cell.source)
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        table = [line for line in lines if line.startswith("|")]
        yield from numbers_in_table(cell.id, table)
        others = [line for line in lines if not line.startswith("|")]
        for sentence in sentences_in(others):
            for mention in mentions_in(sentence):
                yield ProseNumber(cell.id, mention)


def plain(markdown: str) -> str:
    """Markdown without fenced code, links' targets, and code inside sentences."""
    text = FENCE.sub("", markdown)
    text = re.sub(r"^(#+ \w+) \d+:", r"\1:", text, flags=re.M)
    text = re.sub(r"^(?:- \*\*You need|\*\*Next)\*\*.*$", "", text, flags=re.M)
    text = re.sub(r"\[\d\d\b ?([^\]]*)\]\([^)]*\.ipynb[^)]*\)", r"\1", text)
    text = re.sub(r"`[^`\n]*`", "`", text)
    text = re.sub(r"!?\[((?:\\.|[^\]])*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"</?\w[^>]*>", "", text)
    return html.unescape(re.sub(r"\*+|(?<!\w)_|_(?!\w)", "", text))


def sentences_in(lines: Sequence[str]) -> Iterator[str]:
    """The sentences of a paragraph, and of each item of a list."""
    passage = ""
    for line in lines:
        if NO_SENTENCE.match(line):
            yield from split(passage)
            passage = NO_SENTENCE.sub("", line)
        else:
            passage = f"{passage} {line}"
    yield from split(passage)


def split(passage: str) -> list[str]:
    """The sentences of a passage."""
    return re.split(r"(?<=[.?!])\s+(?=[A-Z0-9`*\"(])", passage.strip())


def numbers_in_table(cell_id: str, lines: Sequence[str]) -> Iterator[ProseNumber]:
    """The numbers in the cells of a table, each as one of its column's kind."""
    rows = [in_columns(line) for line in lines if not TABLE_RULE.match(line)]
    if not rows:
        return
    heads, *others = rows
    for mention in mentions_in(" | ".join(heads)):
        yield ProseNumber(cell_id, mention)
    for row in others:
        for head, text, begin in zip(heads, row, begins_of(row), strict=False):
            if head.lower() in NOT_READ:
                continue
            for mention in mentions_in(text, kind=kind_of_column(head)):
                moved = replace(
                    mention, sentence=" | ".join(row), start=begin + mention.start
                )
                about = dict(zip(heads, row, strict=False)).get("notebook", "")
                yield ProseNumber(cell_id, moved, row[0], about)


def begins_of(row: Sequence[str]) -> list[int]:
    """Where each cell of a row begins, in the row as one line."""
    lengths = [len(text) + len(" | ") for text in row]
    return list(accumulate(lengths, initial=0))


def in_columns(line: str) -> list[str]:
    """The cells of a table's line."""
    return [text.strip() for text in line.strip("|").split("|")]


def kind_of_column(head: str) -> str:
    """What a column counts, by its head."""
    if head == "seconds":
        return "elapsed"
    counted = next(iter(mentions_in(f"{head}: 7")), None)
    return counted.kind if counted else ""
