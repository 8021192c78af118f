"""The exercises' checks: which answers get a "Not yet", and which a "Correct".

Cells and solutions are taken from the notebooks themselves.
"""

from __future__ import annotations

import ast
import inspect
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from inflight_lab.lesson.exercises import check, first_steps, if_needed, rates, scale
from tests.lesson.exercises.wrong_answers import MISTAKES
from tests.support.notebooks.notebook_tools import Exercise, exercises

EXERCISES = {exercise.check: exercise for exercise in exercises()}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.ClassDef, *FUNCTIONS)
Capture = pytest.CaptureFixture[str]
pytestmark = pytest.mark.anyio
each_exercise = pytest.mark.parametrize(
    "exercise", EXERCISES.values(), ids=list(EXERCISES)
)


async def verdict(exercise: Exercise, cell: str, capsys: Capture) -> str:
    """The one line that the check prints about ``cell`` in the place of its own."""
    await run_cells(definitions(exercise.before), cell)
    (line,) = capsys.readouterr().out.splitlines()
    return str(line)


async def run_cells(*cells: str) -> None:
    """Run cells as a notebook does, with ``await`` at their top, in one namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        code = compile(cell, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, namespace)
        if inspect.isawaitable(result):
            await result


def definitions(cells: list[str]) -> str:
    """The imports, functions and classes of the cells above, without what they run."""
    nodes = [node for cell in cells for node in ast.parse(cell).body]
    kept: list[ast.stmt] = [node for node in nodes if isinstance(node, DEFINITIONS)]
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))


@each_exercise
async def test_untouched_cell_gets_a_not_yet(
    exercise: Exercise, capsys: Capture
) -> None:
    """Run All meets no error, and the learner reads what was seen, and what to ask."""
    line = await verdict(exercise, exercise.untouched, capsys)
    assert re.match(r"Not yet: .*(\d|at once)", line)
    assert "raised" not in line
    assert line.endswith("?")  # a question leads on, and gives nothing away


@each_exercise
async def test_folded_solution_is_correct(exercise: Exercise, capsys: Capture) -> None:
    """The solution below the exercise really solves it, pasted in the cell's place."""
    cell = f"{exercise.solution}\n{exercise.check_line}"
    assert (await verdict(exercise, cell, capsys)).startswith("Correct: ")


@pytest.mark.parametrize("check_name", EXERCISES)
async def test_one_of_the_changes_to_choose_from_is_right(
    check_name: str, capsys: Capture
) -> None:
    """On a page without Python one finds the solution among plausible mistakes."""
    exercise = EXERCISES[check_name]
    cells = [exercise.untouched.replace(old, new) for old, new, *_ in exercise.tries]
    lines = [await verdict(exercise, cell, capsys) for cell in cells]
    assert [line.startswith("Correct: ") for line in lines].count(True) == 1
    assert [line.startswith("Not yet: ") for line in lines].count(True) == 2


@pytest.mark.parametrize(
    ("check_name", "mistake"),
    [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
async def test_wrong_answer_is_not_accepted(
    check_name: str, mistake: tuple[str, ...], capsys: Capture
) -> None:
    """A plausible mistake gets a "Not yet"."""
    exercise = EXERCISES[check_name]
    _, code, instead, *says = mistake
    assert exercise.solution.count(code) == 1
    cell = f"{exercise.solution.replace(code, instead)}\n{exercise.check_line}"
    line = await verdict(exercise, cell, capsys)
    assert line.startswith("Not yet: ")
    assert "name '" not in line  # it is wrong, and not just incomplete
    assert "".join(says) in line


def test_every_check_is_used_and_every_exercise_has_wrong_answers() -> None:
    """No check without its exercise, and none whose strictness is untested."""
    defined = {
        name
        for module in (first_steps, rates, scale, if_needed)
        for name in vars(module)
        if name.startswith("check_")
    }
    assert defined == EXERCISES.keys() == MISTAKES.keys()


async def test_what_a_cell_made_before_the_check_is_in_time(capsys: Capture) -> None:
    """A gate that was made on the real clock is open on the virtual one."""
    exercise = EXERCISES["check_gate"]
    shared = exercise.solution.replace("gate, semaphore = Gate(),", "semaphore =")
    cell = f"gate = Gate()\n{shared}\n{exercise.check_line}"
    assert (await verdict(exercise, cell, capsys)).startswith("Correct: ")


async def test_answer_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A learner's endless wait does not take the notebook with it."""
    monkeypatch.setattr(check, "TIME_LIMIT", 0.2)

    def hang(url: str, count: int, rate: float) -> None:
        time.sleep(0.5)

    await scale.check_paced_threads(hang)
    assert capsys.readouterr().out.startswith("Not yet: your code was not done")


async def test_interrupt_ends_the_cell_and_not_the_kernel(capsys: Capture) -> None:
    """Whoever interrupts a check gets that in the cell; the event loop goes on."""

    async def interrupt(url: str, **_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await first_steps.check_two_at_once(interrupt)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (lambda: None, "what your code takes or returns does not fit: "),
        (lambda rate, quickest: None, "you returned None; a number is wanted."),
        (lambda rate, quickest: rate / 0, "your code raised ZeroDivisionError"),
        # As in a cell, whose namespace may have no name.
        (eval("lambda rate, quickest: rate / 0", {}), "your code raised Zero"),
    ],
)
async def test_an_error_says_whose_it_is(
    answer: Callable[..., Any], verdict: str, capsys: Capture
) -> None:
    """Whoever forgot a ``return`` does not look for an error inside the function."""
    await rates.check_safe_limit(answer)
    assert capsys.readouterr().out.startswith(f"Not yet: {verdict}")
