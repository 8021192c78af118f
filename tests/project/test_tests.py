"""The tests' own rules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.code import imported

TESTS = Path(__file__).parents[1]
MODULES = {
    path.relative_to(TESTS.parent).as_posix(): path
    for path in sorted(TESTS.rglob("*.py"))
}
TEST_MODULE = re.compile(r"\btests(\.\w+)*\.test_\w+")


def uses_of_tests(source: str, path: str) -> list[str]:
    """The test modules that the code at ``path`` imports."""
    package = path.rpartition("/")[0].replace("/", ".")
    return [name for name in imported(source, package) if TEST_MODULE.match(name)]


def without_sentence(source: str) -> list[str]:
    """The tests of a module whose docstring is not one sentence that ends with a full
    stop.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef
        ) and node.name.startswith("test_"):
            sentence = " ".join((ast.get_docstring(node) or "").split())
            if not re.fullmatch(r"[^.?!]([^.?!]|[.?!](?! ))*\.", sentence):
                found.append(node.name)
    return found


def test_no_test_imports_a_test() -> None:
    """What two tests need stands in tests/support, so that either can be moved, changed
    and read alone.
    """
    found = {
        path: uses_of_tests(file.read_text(encoding="utf-8"), path)
        for path, file in MODULES.items()
    }
    assert {path: tests for path, tests in found.items() if tests} == {}


def test_every_test_says_in_one_sentence_what_it_protects() -> None:
    """Whoever breaks a test reads first what it is for."""
    found = {
        path: without_sentence(file.read_text(encoding="utf-8"))
        for path, file in MODULES.items()
    }
    assert {path: tests for path, tests in found.items() if tests} == {}


@pytest.mark.parametrize(
    "line",
    [
        "from tests.room.test_it import HELPER",
        "from tests.room import test_it",
        "import tests.test_it",
        "def lazily():\n    from tests.room import test_it as it",
        "from .test_it import HELPER",
    ],
)
def test_an_import_of_a_test_is_seen(line: str) -> None:
    """Each way to write it is noticed."""
    assert uses_of_tests(line, "tests/room/test_other.py")
    assert not uses_of_tests(
        "from tests.support.waiting import until", "tests/room/test_other.py"
    )


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
    """No docstring, no full stop, and a second sentence are found."""
    source = f'async def test_it():\n    """{docstring}"""\n    pass'
    assert without_sentence(source) == ([] if fine else ["test_it"])
