"""Each rung's file is its lesson, and every lesson has the same face."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab import PracticeServer, runners
from inflight_lab.runners import RUNGS, SHARED_LESSONS
from tests.support.waiting import PATIENCE

FOLDER = Path(runners.__path__[0])
PACKAGE = "inflight_lab.runners."
IMPORTED = (*SHARED_LESSONS, "paced", "threaded")
"""What a lesson may import: `adaptive` has its pacer from `paced`, for example."""
BLOCKING = ("threaded", "paced_threads", "multiprocess")
MARK = "# The lesson ends here."
# What runs a pasted lesson: it cannot import the package, and says what it got.
RUN = """
import asyncio, importlib, inspect, json, sys
if __name__ == "__main__":
    sys.modules["inflight_lab"] = None
    url, options = sys.argv[1:]
    pasted = importlib.import_module("pasted")
    run = pasted.make_many_requests(url, 7, **json.loads(options))
    responses = asyncio.run(run) if inspect.iscoroutine(run) else run
    print(len(responses), {response.json()["url"] == url for response in responses})
"""
SLIDE = 25  # lines that can be read from the back of a room
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
each_rung = pytest.mark.parametrize("rung", RUNGS)


def parts(rung: str) -> tuple[str, str]:
    """The lesson, and what the package adds."""
    above, _, below = (FOLDER / f"{rung}.py").read_text("utf-8").partition(MARK)
    _, _, code_below = below.partition("\n")
    return above, code_below


def shared_lessons_in(source: str) -> set[str]:
    """The lessons that a lesson imports, and those that these import."""
    found = {name for name in IMPORTED if f"{PACKAGE}{name} import" in source}
    for name in set(found):
        found |= shared_lessons_in(parts(name)[0])
    return found


def paste(rung: str, folder: Path, name: str) -> None:
    """Paste a lesson, and those that it imports beside it: there they are found without
    the package's name.
    """
    lesson, _ = parts(rung)
    pasted = {name: lesson}
    for shared in shared_lessons_in(lesson):
        pasted[shared], _ = parts(shared)
    for file, source in pasted.items():
        (folder / f"{file}.py").write_text(source.replace(PACKAGE, ""), "utf-8")


def test_the_ladder_is_complete() -> None:
    """Besides the command line, every file of the folder is a rung of the ladder or a
    lesson that rungs share, and every one of these has its file.
    """
    files = {module.name for module in pkgutil.iter_modules([str(FOLDER)])}
    assert files - {"__main__", "command_line"} == {*RUNGS, *SHARED_LESSONS}
    assert len(RUNGS) == 12


class Face(NamedTuple):
    """The parameters of ``make_many_requests``, after ``url`` and ``count``."""

    before: str = ""
    client: str = "client=None, "
    limiter: str = "limiter=None, "
    after: str = ""

    def __str__(self) -> str:
        knobs = f"{self.before}{self.client}{self.limiter}{self.after}"
        return f"(url, count, *, {knobs}return_exceptions=False, verbose=False)"


STORE = "store='redis://127.0.0.1:6379', key='inflight-lab', "
FACES = {
    "naive": Face(limiter=""),
    "semaphore": Face("limit=3, "),
    "semaphore_pause": Face("limit=3, ", after="pause=1.0, "),
    "paced": Face("rate=100, period=1.0, limit=90, "),
    "adaptive": Face("rate=None, period=1.0, limit=90, "),
    "budgets": Face("limit=90, ", after="budgets=None, "),
    "workers": Face("limit=3, ", limiter=""),  # the limit is the number of workers
    "resilient": Face("limit=3, ", after="retries=None, "),
    "threaded": Face("limit=3, threads=20, "),
    "paced_threads": Face("rate=100, period=1.0, limit=20, "),
    "multiprocess": Face("limit=3, processes=6, ", client="", limiter=""),
    "shared_quota": Face(f"{STORE}rate=100, period=1.0, limit=None, "),
}


@each_rung
def test_face(rung: str) -> None:
    """The documented parameters, in order, with their defaults; checks hide none."""
    run = importlib.import_module(f"inflight_lab.runners.{rung}").make_many_requests
    signature = inspect.signature(run)
    bare = [
        parameter.replace(annotation=parameter.empty)
        for parameter in signature.parameters.values()
    ]
    signature = signature.replace(parameters=bare, return_annotation=signature.empty)
    assert str(signature) == str(FACES[rung])
    blocks = rung in BLOCKING
    assert inspect.iscoroutinefunction(run) != blocks


@each_rung
def test_what_the_package_adds_is_small(rung: str) -> None:
    """Below the line one import, the checks and the plan; above it nothing of the
    package but shared lessons.
    """
    above, below = parts(rung)
    imports = [line for line in above.splitlines() if "import" in line]
    of_package = [line for line in imports if "inflight_lab" in line]
    assert len(of_package) == sum(
        line.startswith(f"from {PACKAGE}{name} import ")
        for line in of_package
        for name in IMPORTED
    )
    first, *attached, plan = ast.parse(below).body
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "inflight_lab.arguments"
    assert ast.unparse(plan).startswith("PLAN = ")
    names = [
        node.value.func.id for node in attached if isinstance(node.value, ast.Call)
    ]
    assert set(names) <= {"checked", "check_constructor"}
    assert len(names) == len(attached)
    assert attached
    assert len(below.splitlines()) <= 6


@each_rung
def test_the_lesson_stands_alone(
    rung: str, server: PracticeServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Pasted into an empty folder, with the lessons that it imports, it sends its
    requests with httpx alone, where the package is not found.
    """
    options = (
        {"store": request.getfixturevalue("redis")} if rung == "shared_quota" else {}
    )
    paste(rung, tmp_path, "pasted")
    (tmp_path / "run.py").write_text(RUN, "utf-8")
    command = [sys.executable, "-W", "error", "run.py", server.url, json.dumps(options)]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2
    )
    assert (run.stderr, run.stdout) == ("", "7 {True}\n")
    assert server.stats().accepted == server.stats().started == 7


def test_the_lessons_type_check_alone(tmp_path: Path) -> None:
    """Strictly, as pasted: no annotation needs anything of the package."""
    for rung in RUNGS:
        paste(rung, tmp_path, rung)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    files = len(list(tmp_path.glob("*.py")))
    assert files >= len(RUNGS)
    assert run.stdout == f"Success: no issues found in {files} source files\n"


@pytest.mark.parametrize(
    ("before", "after"), [("naive", "semaphore"), ("semaphore", "semaphore_pause")]
)
def test_two_rungs_differ_by_a_slide(before: str, after: str) -> None:
    """The diff of two rungs is the lesson: its code can be shown at once."""
    lines = (code_lines(parts(rung)[0]) for rung in (before, after))
    changed = [line for line in difflib.ndiff(*lines) if line.startswith(("-", "+"))]
    assert 10 < len(changed) <= SLIDE


def code_lines(source: str) -> list[str]:
    """The lines of a lesson that are neither empty nor in a docstring."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            text = node.body[0]
            assert text.end_lineno
            docstrings |= set(range(text.lineno, text.end_lineno + 1))
    numbered = enumerate(source.splitlines(), start=1)
    return [line for number, line in numbered if line and number not in docstrings]
