"""The exercises' checks: which answers get a "Not yet", and which a "Correct".

Cells and solutions are taken from the notebooks themselves.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from inflight_lab.exercises import (
    check,
    first_steps,
    if_needed,
    rates,
    scale,
    two_budgets,
)
from tests.exercises.wrong_answers import WRONG
from tests.exercises.wrong_answers.wrong_answer import WrongAnswer
from tests.support.notebook_tools import Exercise, exercises

EXERCISES = {exercise.check: exercise for exercise in exercises()}
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef)
pytestmark = [
    pytest.mark.anyio,
    # Some answers cancel requests, and httpx leaves a connection that was cancelled
    # while it opened to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
each_exercise = pytest.mark.parametrize(
    "exercise", EXERCISES.values(), ids=list(EXERCISES)
)


async def verdict(
    exercise: Exercise, cell: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """The one line that the check prints about ``cell`` in the place of its own."""
    await run_cells(definitions(exercise.before), cell)
    (line,) = capsys.readouterr().out.splitlines()
    return str(line)


async def verdict_on(
    exercise: Exercise, answer: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """The same about an answer, which the exercise's own last line checks."""
    return await verdict(exercise, f"{answer}\n{exercise.check_line}", capsys)


async def run_cells(*cells: str) -> None:
    """Run cells as a notebook does, with ``await`` at their top, in one namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        code = compile(cell, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, namespace)
        if inspect.isawaitable(result):
            await result


def definitions(cells: list[str]) -> str:
    """The imports and functions of the cells above, without what they run."""
    nodes = [node for cell in cells for node in ast.parse(cell).body]
    kept: list[ast.stmt] = [node for node in nodes if isinstance(node, DEFINITIONS)]
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))


@each_exercise
async def test_untouched_cell_gets_a_not_yet(
    exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run All meets no error, and the learner reads what was observed."""
    line = await verdict(exercise, exercise.untouched, capsys)
    assert re.match(r"Not yet: .*(\d|at once)", line)
    assert "raised" not in line


@each_exercise
async def test_folded_solution_is_correct(
    exercise: Exercise, capsys: pytest.CaptureFixture[str]
) -> None:
    """The solution below the exercise really solves it, pasted in the cell's place."""
    line = await verdict_on(exercise, exercise.solution, capsys)
    assert line.startswith("Correct: ")


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_wrong_answer_is_not_accepted(
    wrong: WrongAnswer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plausible mistake gets a "Not yet"."""
    line = await verdict_on(EXERCISES[wrong.check], wrong.code, capsys)
    assert line.startswith("Not yet: ")


def test_every_check_is_used_and_every_exercise_has_wrong_answers() -> None:
    """No check without its exercise, and none whose strictness is untested."""
    defined = {
        name
        for module in (first_steps, rates, scale, two_budgets, if_needed)
        for name in vars(module)
        if name.startswith("check_")
    }
    assert defined == set(EXERCISES) == {wrong.check for wrong in WRONG}


async def test_a_limiter_that_blocks_reads_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The share of the quota that it uses would not tell the learner what is wrong."""
    (blocks,) = [
        each for each in WRONG if each.mistake == "a wait that blocks the loop"
    ]
    line = await verdict_on(EXERCISES["check_limiter"], blocks.code, capsys)
    assert line.startswith("Not yet: it blocks the event loop: ")


async def test_verdict_on_the_safe_limit_says_what_10_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The learner sees one line, and none of the numbers that the check asked for."""
    exercise = EXERCISES["check_safe_limit"]
    line = await verdict_on(exercise, exercise.solution, capsys)
    assert line.startswith("Correct: 10 is safe for 20 a second at 0.6 s; 12, right on")


async def test_verdict_on_a_predicted_time_says_the_shortest_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a slow computer, what the run took would make a right formula look wrong."""
    exercise = EXERCISES["check_elapsed"]
    line = await verdict(exercise, exercise.untouched, capsys)
    assert "it takes at least 0.80 s, and here " in line


async def test_answer_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learner's endless wait does not take the notebook with it."""
    monkeypatch.setattr(check, "TIME_LIMIT", 0.2)

    async def wait_for_ever(url: str, **_: object) -> None:
        await asyncio.Event().wait()

    await first_steps.check_two_at_once(wait_for_ever)
    assert capsys.readouterr().out.startswith("Not yet: your code was still not done")


async def test_answer_that_cancels_itself_does_not_cancel_the_cell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The cell goes on, with a verdict."""

    async def give_up(url: str, **_: object) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await asyncio.sleep(0)

    await first_steps.check_two_at_once(give_up)
    assert capsys.readouterr().out == "Not yet: your code raised CancelledError: \n"


async def test_answer_that_exits_does_not_take_the_kernel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A SystemExit in a task would end the event loop, and with it the kernel."""

    async def leave(url: str, **_: object) -> None:
        sys.exit(1)

    await first_steps.check_two_at_once(leave)
    assert capsys.readouterr().out == "Not yet: your code raised SystemExit: 1\n"


async def test_interrupt_ends_the_cell_and_not_the_kernel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever interrupts a check gets that in the cell; the event loop goes on."""

    async def interrupt(url: str, **_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await first_steps.check_two_at_once(interrupt)
    assert not capsys.readouterr().out


class Broken(NamedTuple):
    """A ``safe_limit`` that fails, and how its verdict begins."""

    answer: Callable[..., Any]
    verdict: str


DOES_NOT_FIT = "Not yet: what your code takes or returns does not fit: TypeError: "


@pytest.mark.parametrize(
    "broken",
    [
        Broken(answer=lambda: None, verdict=DOES_NOT_FIT),
        Broken(
            answer=lambda rate, quickest: None,
            verdict="Not yet: return a whole number; you returned None.",
        ),
        Broken(
            answer=lambda rate, quickest: rate / 0,
            verdict="Not yet: your code raised ZeroDivisionError: ",
        ),
        Broken(
            answer=lambda rate, quickest: [][rate],
            verdict="Not yet: your code raised IndexError: ",
        ),
        Broken(  # as in a cell, whose namespace may have no name
            answer=eval("lambda rate, quickest: rate / 0", {}),
            verdict="Not yet: your code raised ZeroDivisionError: ",
        ),
    ],
)
async def test_an_error_says_whose_it_is(
    broken: Broken, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever forgot a ``return`` does not look for an error inside the function."""
    await rates.check_safe_limit(broken.answer)
    assert capsys.readouterr().out.startswith(broken.verdict)
