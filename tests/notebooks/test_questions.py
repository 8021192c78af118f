"""Questions in the second half of a notebook: each answer stands alone."""

from __future__ import annotations

import ast
import builtins
import re
from typing import NamedTuple

import pytest

from tests.support.notebook_tools import code_cell, load, notebook

QUESTION = re.compile(r"^##+ (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| \[(.+?)\]\(#(\S+)\) \|", re.MULTILINE)
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)


class Part(NamedTuple):
    """The second half of a notebook: where its table is, and what its code may use."""

    number: str
    table: str
    last_is_an_exercise: bool = False
    names_of_the_first_half: tuple[str, ...] = ()


PARTS = [
    Part("08", "text-questions", last_is_an_exercise=True),
]


class Answer(NamedTuple):
    """A question of the second half, and the code below it."""

    question: str
    code: str


def answers(part: Part) -> list[Answer]:
    """Every question, in order, up to the summary."""
    cells = load(notebook(part.number)).cells
    ids = [cell.id for cell in cells]
    second_half = cells[ids.index(part.table) + 1 : -1]
    found: list[Answer] = []
    for cell in second_half:
        asked = QUESTION.search(cell.source) if cell.cell_type == "markdown" else None
        if asked:
            found.append(Answer(asked[1], ""))
        elif cell.cell_type == "code":
            question, code = found.pop()
            found.append(Answer(question, f"{code}\n{cell.source}"))
    return found


def names_in(code: str) -> tuple[set[str], set[str]]:
    """The names that code binds anywhere, and those that it reads."""
    bound, read = set(), set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, NAMED):
            bound.add(node.name or "")
    return bound, read


each_answer = pytest.mark.parametrize(
    ("part", "answer"),
    [(part, answer) for part in PARTS for answer in answers(part)],
    ids=lambda value: getattr(value, "question", getattr(value, "number", "")),
)


@each_answer
def test_an_answer_needs_no_other_one(part: Part, answer: Answer) -> None:
    """Whoever looks one up runs the imports, what the table's text names, and its own
    cells, and nothing else.
    """
    path = notebook(part.number)
    imported, _ = names_in(code_cell(path, "code-imports"))
    bound, read = names_in(answer.code)
    used = read - bound - imported - set(dir(builtins))
    assert used <= set(part.names_of_the_first_half)
    for name in part.names_of_the_first_half:
        assert f"`{name}`" in code_cell(path, part.table)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.number)
def test_every_question_is_in_the_table(part: Part) -> None:
    """In their order, and each link leads to the heading of its question."""
    rows = ROW.findall(code_cell(notebook(part.number), part.table))
    headings = [answer.question.replace("`", "") for answer in answers(part)]
    assert [anchor for _, anchor in rows] == [
        heading.replace(" ", "-") for heading in headings
    ]
    questions = [asked.replace("`", "") for asked, _ in rows]
    if part.last_is_an_exercise:
        assert questions.pop().startswith("How do I stop")
        headings.pop()
    assert questions == headings
