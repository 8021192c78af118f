"""The questions of notebook 08: each answer stands alone, and is found in a table."""

from __future__ import annotations

import ast
import builtins
import re
from typing import NamedTuple

import pytest

from tests.support.notebook_tools import code_cell, load, notebook

PATH = notebook("08")
TABLE = "text-questions"
QUESTION = re.compile(r"^##+ (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| \[(.+?)\]\(#(\S+)\) \|", re.MULTILINE)
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)


class Answer(NamedTuple):
    """A question of the second half, and the code below it."""

    question: str
    code: str


def answers() -> list[Answer]:
    """Every question, in order, up to the summary."""
    ids = [cell.id for cell in load(PATH).cells]
    second_half = load(PATH).cells[ids.index(TABLE) + 1 : -1]
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


@pytest.mark.parametrize("answer", answers(), ids=lambda answer: answer.question)
def test_an_answer_needs_no_other_one(answer: Answer) -> None:
    """Whoever looks one up runs the imports and its own cells, and nothing else."""
    imported, _ = names_in(code_cell(PATH, "code-imports"))
    bound, read = names_in(answer.code)
    assert read - bound - imported - set(dir(builtins)) == set()


def test_every_question_is_in_the_table() -> None:
    """In their order, and each link leads to the heading of its question."""
    rows = ROW.findall(code_cell(PATH, TABLE))
    headings = [answer.question.replace("`", "") for answer in answers()]
    assert [anchor for _, anchor in rows] == [
        heading.replace(" ", "-") for heading in headings
    ]
    *questions, (last, _) = rows
    assert [asked.replace("`", "") for asked, _ in questions] == headings[:-1]
    assert last.startswith("How do I stop")  # its heading says that it is an exercise
