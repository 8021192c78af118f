"""The page of questions: short answers that stand alone, found from the list on top."""

from __future__ import annotations

import ast
import builtins
import re
from typing import NamedTuple

import pytest

from tests.notebooks.one_run import expect_one_run_fits
from tests.support.notebook_tools import QUESTIONS, code_cell, load, words_of

MAX_WORDS_OF_AN_ANSWER = 120
MAX_WORDS = 5500
RUN_ALL = 120.0
JUMP = re.compile(r"\[([^]]+)\]\(questions\.ipynb#cell-id=(q-[a-z0-9-]+)\)")
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)


PASTED = (
    "429 Too Many Requests",
    "httpx.PoolTimeout",
    "ConnectTimeout",
    "httpx.ReadTimeout",
    "RemoteProtocolError: Server disconnected without sending a response",
    "ServerDisconnectedError",
    "[Errno 24]",
    "Too many open files",
    "Unclosed client session",
    "Task exception was never retrieved",
    "asyncio.run() cannot be called from a running event loop",
    "RuntimeError: Event loop is closed",
    "is bound to a different event loop",
    "MemoryError",
    "openai.RateLimitError",
    "insufficient_quota: You exceeded your current quota",
    "tokens per min (TPM): Limit 30000, Used",
    "Request too large",
    "overloaded_error",
    "This request would exceed your organization's rate limit",
    "Number of concurrent connections has exceeded your rate limit",
    "RESOURCE_EXHAUSTED",
    "ThrottlingException",
    "token rate limit of your current OpenAI S0 pricing tier",
    "You have exceeded a secondary rate limit",
    "Max retries exceeded with url",
    "StoreUnavailableError",
    "is in use: is the script running?",
)
"""What people copy from their terminal."""


class Answer(NamedTuple):
    """A question, what is written below it, and its code."""

    name: str
    text: str
    code: str


def answers() -> list[Answer]:
    """Every question of the page, in order."""
    found: list[Answer] = []
    for cell in load(QUESTIONS).cells:
        if cell.id.startswith("q-"):
            found.append(Answer(cell.id, cell.source, ""))
        elif cell.cell_type == "code" and found:
            name, text, code = found.pop()
            found.append(Answer(name, text, f"{code}\n{cell.source}"))
    return found


each_answer = pytest.mark.parametrize("answer", answers(), ids=lambda each: each.name)


def test_the_cells_show_what_the_answers_say() -> None:
    """Run All."""
    expect_one_run_fits(QUESTIONS, within=RUN_ALL)


@each_answer
def test_an_answer_is_one_heading_and_few_words(answer: Answer) -> None:
    """Somebody who looks something up reads one answer, with a link or a cell."""
    assert len(re.findall(r"^#+ ", answer.text, re.M)) == 1
    assert answer.text.startswith("### ")
    assert words_of(answer.text) <= MAX_WORDS_OF_AN_ANSWER
    assert answer.code or "](" in answer.text or "```" in answer.text


@each_answer
def test_an_answer_needs_no_other_one(answer: Answer) -> None:
    """Whoever looks one up runs the imports and its own cell, and nothing else."""
    imported, _ = names_in(code_cell(QUESTIONS, "code-imports"))
    bound, read = names_in(answer.code)
    assert read - bound - imported - set(dir(builtins)) == set()


def names_in(code: str) -> tuple[set[str], set[str]]:
    """The names that code binds anywhere, and those that it reads."""
    bound: set[str] = set()
    read: set[str] = set()
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


@pytest.mark.parametrize("message", PASTED)
def test_a_pasted_message_finds_its_answer(message: str) -> None:
    """A search in the page, or in all the files, finds its words as they are."""
    words = "\n".join(re.sub("[`*]", "", answer.text) for answer in answers())
    assert message in words


def test_every_question_is_in_the_list() -> None:
    """Each once, in the order of the page."""
    listed = JUMP.findall(code_cell(QUESTIONS, "text-jump"))
    assert [name for _, name in listed] == [answer.name for answer in answers()]


def test_the_page_is_not_a_book() -> None:
    """All words, tables and code in the text included."""
    cells = load(QUESTIONS).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert sum(len(text.split()) for text in texts) <= MAX_WORDS
