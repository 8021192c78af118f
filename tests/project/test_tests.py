"""The tests' own rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = {path.relative_to(TESTS.parent).as_posix(): path for path in sorted(TESTS.rglob("*.py"))}
TEST_MODULE = re.compile(r"\btests(\.\w+)*\.test_\w+")


def imported(source: str) -> Iterator[str]:
    """Every name that a piece of code imports, at its top or in a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = "." * node.level + (node.module or "") + "." if isinstance(node, ast.ImportFrom) else ""
            yield from (origin + alias.name for alias in node.names)


def without_sentence(source: str) -> list[str]:
    """The tests of a module whose docstring is not one sentence that ends with a full stop."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            sentence = " ".join((ast.get_docstring(node) or "").split())
            if not re.fullmatch(r"[^.?!]([^.?!]|[.?!](?! ))*\.", sentence):
                found.append(node.name)
    return found


def test_no_test_imports_a_test() -> None:
    """What two tests need stands in tests/support, so that either can be moved, changed and read alone."""
    names = {path: list(imported(file.read_text(encoding="utf-8"))) for path, file in MODULES.items()}
    assert [name for path in names for name in names[path] if name.startswith(".")] == []  # none is relative
    found = {path: [name for name in names[path] if TEST_MODULE.match(name)] for path in names}
    assert {path: tests for path, tests in found.items() if tests} == {}


def test_every_test_says_in_one_sentence_what_it_protects() -> None:
    """Whoever breaks a test reads first what it is for."""
    found = {path: without_sentence(file.read_text(encoding="utf-8")) for path, file in MODULES.items()}
    assert {path: tests for path, tests in found.items() if tests} == {}


@pytest.mark.parametrize(
    "line",
    [
        "from tests.room.test_it import HELPER",
        "from tests.room import test_it",
        "import tests.test_it",
        "def lazily():\n    from tests.room import test_it as it",
    ],
)
def test_an_import_of_a_test_is_seen(line: str) -> None:
    """Each way to write it is noticed."""
    assert any(map(TEST_MODULE.match, imported(line)))
    assert not any(map(TEST_MODULE.match, imported("from tests.support.waiting import until")))


@pytest.mark.parametrize(
    ("docstring", "fine"),
    [
        ("It does 1.5 of x.", True),
        ("", False),
        ("No full stop", False),
        ("One.  Two.", False),
        ("Why? So.", False),
    ],
)
def test_a_missing_sentence_is_seen(docstring: str, fine: bool) -> None:
    """A docstring is missed, and so is its full stop; two sentences are one too many."""
    source = f'async def test_it():\n    """{docstring}"""\n    pass'
    assert without_sentence(source) == ([] if fine else ["test_it"])
