"""The exercises' checks: "Not yet" to the untouched cell and to wrong answers, "Correct" to the solution.

Cells and solutions are taken from the notebooks themselves.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from typing import Any

import pytest

from inflight_lab.exercises import check, first_steps, rates, scale
from tests.exercises.wrong_answers import WRONG
from tests.support.notebook_tools import Exercise, exercises

EXERCISES = exercises()
pytestmark = pytest.mark.anyio
each_exercise = pytest.mark.parametrize(
    "exercise", EXERCISES, ids=[each.check for each in EXERCISES]
)


async def run_cells(*cells: str) -> None:
    """Run cells as a notebook does, with ``await`` at their top, in one namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        code = compile(cell, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if inspect.isawaitable(awaitable := eval(code, namespace)):
            await awaitable


def definitions(cells: list[str]) -> str:
    """The imports and functions of the cells above, without what they run."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef)
    kept = [
        node
        for cell in cells
        for node in ast.parse(cell).body
        if isinstance(node, kinds)
    ]
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))


async def verdict(
    exercise: Exercise, answer: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """The one line that the check prints about ``answer`` in the place of the cell."""
    await run_cells(definitions(exercise.before), answer)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1, printed
    return printed[0]


@each_exercise
async def test_untouched_cell_gets_a_not_yet(
    exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run All on a fresh notebook meets no error, and the learner reads what was
    observed.
    """
    line = await verdict(exercise, exercise.untouched, capsys)
    assert re.match(r"Not yet: .*(\d|at once)", line)
    assert "raised" not in line


@each_exercise
async def test_folded_solution_is_correct(
    exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """The solution below the exercise really solves it, pasted in the cell's place."""
    line = await verdict(
        exercise, f"{exercise.solution}\n{exercise.check_line}", capsys
    )
    assert line.startswith("Correct: ")


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        pytest.param(exercise, answer, id=f"{exercise.check}: {mistake}")
        for exercise in EXERCISES
        for mistake, answer in WRONG[exercise.check].items()
    ],
)
async def test_wrong_answer_is_not_accepted(
    exercise: Exercise, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plausible mistake gets a "Not yet"."""
    line = await verdict(exercise, f"{answer}\n{exercise.check_line}", capsys)
    assert line.startswith("Not yet: ")


def test_every_check_is_used_and_every_exercise_has_wrong_answers() -> None:
    """No check without its exercise, and none whose strictness is untested."""
    defined = {
        name
        for room in (first_steps, rates, scale)
        for name in vars(room)
        if name.startswith("check_")
    }
    assert (
        defined
        == {exercise.check for exercise in EXERCISES}
        == {name for name in WRONG if WRONG[name]}
    )


async def test_a_limiter_that_blocks_reads_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The share of the quota that it uses would not tell the learner what is wrong."""
    (exercise,) = [each for each in EXERCISES if each.check == "check_limiter"]
    answer = WRONG["check_limiter"]["a wait that blocks the loop"]
    line = await verdict(exercise, f"{answer}\n{exercise.check_line}", capsys)
    assert (
        line
        == "Not yet: it blocks the event loop: use `await asyncio.sleep`, not `time.sleep`"
    )


async def test_answer_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learner's endless wait does not take the notebook with it."""
    monkeypatch.setattr(check, "TIME_LIMIT", 0.2)

    async def wait_for_ever(url: str, **_: object) -> None:
        await asyncio.Event().wait()

    await first_steps.check_two_at_once(wait_for_ever)
    assert capsys.readouterr().out.startswith("Not yet: your code was still not done")


async def test_answer_that_exits_does_not_take_the_kernel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """asyncio lets a SystemExit out of the event loop itself, and a notebook's kernel
    ends with its loop.
    """

    async def leave(url: str, **_: object) -> None:
        sys.exit(1)

    await first_steps.check_two_at_once(leave)
    assert capsys.readouterr().out == "Not yet: your code raised SystemExit: 1\n"


async def test_interrupt_ends_the_cell_and_not_the_kernel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever interrupts a check gets that in the cell, without a verdict; the event
    loop goes on.
    """

    async def interrupt(url: str, **_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await first_steps.check_two_at_once(interrupt)
    assert not capsys.readouterr().out


async def test_verdict_on_the_safe_limit_says_what_10_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The learner sees one line, and none of the numbers that the check asked for."""
    (exercise,) = [each for each in EXERCISES if each.check == "check_safe_limit"]
    line = await verdict(
        exercise, f"{exercise.solution}\n{exercise.check_line}", capsys
    )
    assert line.startswith(
        "Correct: 10 is safe for 20 a second at 0.6 s; 12, right on average, gets "
    )


@pytest.mark.parametrize(
    ("answer", "whose"),
    [
        (lambda: None, "what your code takes or returns does not fit: TypeError"),
        (
            lambda rate, latency: None,
            "what your code takes or returns does not fit: TypeError",
        ),
        (lambda rate, latency: rate / 0, "your code raised ZeroDivisionError"),
        (lambda rate, latency: [][rate], "your code raised IndexError"),
        (
            eval("lambda rate, latency: rate / 0", {}),
            "your code raised ZeroDivisionError",
        ),
    ],
)
async def test_an_error_says_whose_it_is(
    answer: Any, whose: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learner who forgot a ``return`` does not look for an error inside the function."""
    await first_steps.check_limit_for(answer)
    assert capsys.readouterr().out.startswith(f"Not yet: {whose}: ")
