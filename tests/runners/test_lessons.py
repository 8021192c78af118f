"""Each rung's file is its lesson: what stands above the marked line works pasted into
an empty file.
"""

from __future__ import annotations

import ast
import difflib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from inflight_lab import PracticeServer, runners
from inflight_lab.runners import RUNGS
from tests.support.waiting import PATIENCE

FOLDER = Path(runners.__path__[0])
MARK = "# The lesson ends here.  Below, the package attaches its checks and its command line.\n"
# What runs a pasted lesson: it cannot import the package, and says what it got.
RUN = """
import asyncio, importlib, inspect, json, sys
if __name__ == "__main__":
    sys.modules["inflight_lab"] = None
    url, options = sys.argv[1:]
    run = importlib.import_module("pasted").make_many_requests(url, 7, **json.loads(options))
    responses = asyncio.run(run) if inspect.iscoroutine(run) else run
    print(len(responses), {response.json()["url"] == url for response in responses})
"""
each_rung = pytest.mark.parametrize("rung", RUNGS)


def parts(rung: str) -> tuple[str, str]:
    """The lesson, and what the package adds."""
    above, below = (FOLDER / f"{rung}.py").read_text("utf-8").split(MARK)
    return above, below


def test_the_ladder_is_complete() -> None:
    """Every file of the folder is a rung of the ladder, and every rung has its file."""
    files = {module.name for module in pkgutil.iter_modules([str(FOLDER)])}
    assert files - {"__main__"} == set(RUNGS)
    assert len(RUNGS) == 11


@each_rung
def test_what_the_package_adds_is_small(rung: str) -> None:
    """Below the line one import, the checks and the plan (`resilient`: and httpx2);
    above it no package.
    """
    above, below = parts(rung)
    optional = "with contextlib.suppress(ImportError):\n    import httpx2"
    assert (optional in below) == (rung == "resilient")
    assert "inflight_lab" not in "".join(
        line for line in above.splitlines() if "import" in line
    )
    first, *rest, plan = ast.parse(below).body
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "inflight_lab.arguments"
    assert ast.unparse(plan).startswith("PLAN = ")
    attached = [node for node in rest if not ast.unparse(node).startswith(optional)]
    names = [
        node.value.func.id for node in attached if isinstance(node.value, ast.Call)
    ]
    assert set(names) <= {"checked", "check_constructor"}
    assert len(names) == len(attached)
    assert attached
    assert len(below.splitlines()) <= (14 if rung == "resilient" else 6)


@each_rung
def test_the_lesson_stands_alone(
    rung: str, server: PracticeServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Pasted into an empty file, it sends its requests with httpx alone, where the
    package is not found.
    """
    options = (
        {"store": request.getfixturevalue("redis")} if rung == "shared_quota" else {}
    )
    (tmp_path / "pasted.py").write_text(parts(rung)[0], "utf-8")
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
        (tmp_path / f"{rung}.py").write_text(parts(rung)[0], "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout == f"Success: no issues found in {len(RUNGS)} source files\n"


def test_naive_and_semaphore_differ_by_a_slide() -> None:
    """The diff of two rungs is the lesson: it stays short enough to be shown at once."""
    before, after = (parts(rung)[0].splitlines() for rung in ("naive", "semaphore"))
    changed = [
        line for line in difflib.ndiff(before, after) if line.startswith(("-", "+"))
    ]
    assert 10 < len(changed) <= 56
