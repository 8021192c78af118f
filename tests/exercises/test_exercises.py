"""The exercises: a check says 'not yet' to the untouched cell and to wrong answers, and passes the solution.

Cells and solutions are taken from the notebooks themselves; only the wrong answers stand here.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import Any

import pytest

from inflight_lab.exercises import check
from inflight_lab.exercises import first_steps as checks
from tests.support.notebook_tools import Exercise, exercises

EXERCISES = [each for each in exercises() if hasattr(checks, each.check)]

WRONG = {
    "check_knobs": {
        "the latency in milliseconds": """
def set_knobs(server):
    server.latency, server.quota, server.rate = 200, "sliding-window", 5
""",
        "a rate without a quota": """
def set_knobs(server):
    server.latency, server.rate = 0.2, 5
""",
        "another kind of quota": """
def set_knobs(server):
    server.latency, server.quota, server.rate = 0.2, "token-bucket", 5
""",
        "5 in ten seconds": """
def set_knobs(server):
    server.latency, server.quota, server.rate, server.period = 0.2, "sliding-window", 5, 10
""",
    },
    "check_page": {
        "always the same page": """
async def ask_for_page(url, page, *, client):
    return (await client.get(url, params={"page": 2})).json()["args"]
""",
        "made up, not asked for": """
async def ask_for_page(url, page, *, client):
    return {"page": page}
""",
    },
    "check_two_at_once": {
        "each task awaited before the next is made": """
async def make_two_requests(url, *, client):
    first = await asyncio.create_task(make_one_request(url, 1, client=client))
    second = await asyncio.create_task(make_one_request(url, 2, client=client))
    return [first, second]
""",
        "tasks instead of responses": """
async def make_two_requests(url, *, client):
    tasks = [asyncio.create_task(make_one_request(url, num, client=client)) for num in (1, 2)]
    await asyncio.wait(tasks)
    return tasks
""",
    },
    "check_split": {
        "only one kind of failure": """
def split(outcomes):
    failures = [outcome for outcome in outcomes if isinstance(outcome, ValueError)]
    return [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)], failures
""",
        "everything that is no ValueError taken for a response": """
def split(outcomes):
    responses = [outcome for outcome in outcomes if not isinstance(outcome, ValueError)]
    return responses, [outcome for outcome in outcomes if isinstance(outcome, Exception)]
""",
        "numbers instead of lists": """
def split(outcomes):
    return 4, 3
""",
    },
    "check_stops_at_failure": {
        "the failures kept, none raised": """
async def make_all_or_none(url, count, *, client):
    tasks = [asyncio.create_task(make_one_request(url, num, client=client)) for num in range(count)]
    return await asyncio.gather(*tasks, return_exceptions=True)
""",
        "nothing sent at all": """
async def make_all_or_none(url, count, *, client):
    raise ValueError("Unexpected Status: Http status code is 429.")
""",
        "no results returned": """
async def make_all_or_none(url, count, *, client):
    async with asyncio.TaskGroup() as group:
        for num in range(count):
            group.create_task(make_one_request(url, num, client=client))
""",
    },
    "check_one_semaphore": {
        "a limit of its own": """
async def make_limited(url, count, *, limit, client):
    return await make_many_requests(url, count, limit=3, client=client)
""",
        "one after the other": """
async def make_limited(url, count, *, limit, client):
    return [await client.get(url) for _ in range(count)]
""",
        "fewer than asked for": """
async def make_limited(url, count, *, limit, client):
    return await asyncio.gather(*(client.get(url) for _ in range(limit)))
""",
    },
    "check_limit_for": {
        "divided, not multiplied": "def limit_for(rate, latency):\n    return rate / latency\n",
        "the rate itself": "def limit_for(rate, latency):\n    return rate\n",
        "nothing": "def limit_for(rate, latency):\n    pass\n",
    },
    "check_elapsed": {
        "the pause forgotten": """
def foretell(count, limit, latency, pause):
    return -(-count // limit) * latency
""",
        "the rest pauses too": """
def foretell(count, limit, latency, pause):
    return -(-count // limit) * (latency + pause)
""",
        "no pause after the last group": """
def foretell(count, limit, latency, pause):
    groups = -(-count // limit)
    return groups * latency + (groups - 1) * pause
""",
    },
    "check_small_batches": {
        "the limit raised": """
async def poll(url, *, client, pause):
    for _ in range(4):
        await make_many_requests(url, 2, limit=4, client=client, pause=pause, return_exceptions=True)
""",
        "fewer batches": """
async def poll(url, *, client, pause):
    for _ in range(2):
        await make_many_requests(url, 2, limit=3, client=client, pause=pause, return_exceptions=True)
""",
    },
}


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
    kept = [node for cell in cells for node in ast.parse(cell).body if isinstance(node, kinds)]
    return ast.unparse(ast.Module(body=kept, type_ignores=[]))


async def verdict(exercise: Exercise, answer: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that the check prints about ``answer`` in the place of the cell."""
    await run_cells(definitions(exercise.before), answer)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1, printed
    return printed[0]


def named(exercise: Exercise) -> str:
    return exercise.check


@pytest.mark.anyio
@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
async def test_untouched_cell_is_told_not_yet(exercise: Exercise, capsys: pytest.CaptureFixture[str]) -> None:
    """Run All on a fresh notebook meets no error, and the learner reads what was observed."""
    line = await verdict(exercise, exercise.untouched, capsys)
    assert line.startswith("Not yet: ")
    assert any(character.isdigit() for character in line) or "at once" in line or "raised" in line


@pytest.mark.anyio
@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
async def test_folded_solution_is_correct(exercise: Exercise, capsys: pytest.CaptureFixture[str]) -> None:
    """The solution below the exercise really solves it, pasted in the cell's place."""
    line = await verdict(exercise, f"{exercise.solution}\n{exercise.check_line}", capsys)
    assert line.startswith("Correct: ")


@pytest.mark.anyio
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
    """A plausible mistake is told not yet."""
    line = await verdict(exercise, f"{answer}\n{exercise.check_line}", capsys)
    assert line.startswith("Not yet: ")


def test_every_check_is_used_and_every_exercise_has_wrong_answers() -> None:
    """No check without its exercise, and none whose strictness is untested."""
    defined = {name for name in vars(checks) if name.startswith("check_")}
    assert defined == {exercise.check for exercise in EXERCISES} == set(WRONG)


@pytest.mark.anyio
async def test_answer_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A learner's endless wait does not take the notebook with it."""
    monkeypatch.setattr(check, "TIME_LIMIT", 0.2)

    async def wait_for_ever(url: str, **_: object) -> None:
        await asyncio.Event().wait()

    await checks.check_two_at_once(wait_for_ever)
    assert capsys.readouterr().out.startswith("Not yet: your code was still not done")
