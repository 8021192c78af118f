"""Code that a page shows: it is what the package has, and it runs as it is written."""

from __future__ import annotations

import ast
import asyncio
import difflib
import inspect
import random
import re
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
import tenacity

from inflight_lab import PracticeServer
from inflight_lab.lesson.server.app import PracticeApp
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from inflight_lab.runners.budgets import Budgets, most_tokens
from inflight_lab.runners.patiently import Patience
from inflight_lab.runners.refusals import read_refusal
from tests.support.asgi import client_of
from tests.support.notebooks.notebook_tools import (
    QUESTIONS,
    code_cell,
    code_cells,
    kernel,
    notebook,
)
from tests.support.notebooks.run_all import RUN_ALL
from tests.support.virtual_clock import run

BOTH = ["make_one_request", "make_many_requests"]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FENCE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


# ---- The ladder


def definitions(source: str) -> dict[str, str]:
    """The functions of a piece of code by name: what of them runs, whatever stands in
    docstrings and annotations.
    """
    functions = [node for node in ast.parse(source).body if isinstance(node, FUNCTIONS)]
    for function in functions:
        function.returns = None
        for part in ast.walk(function.args):
            if isinstance(part, ast.arg):
                part.annotation = None
        if ast.get_docstring(function):
            del function.body[0]
    return {function.name: ast.unparse(function) for function in functions}


def written(number: str) -> dict[str, str]:
    """The functions in the cells of a notebook, the last of each name."""
    return {
        name: code
        for cell in code_cells(notebook(number))
        for name, code in definitions(cell).items()
    }


@pytest.mark.parametrize(
    ("number", "rung", "names"),
    [
        ("01", naive, BOTH[:1]),
        ("02", naive, BOTH[1:]),
        ("03", semaphore, BOTH),
        ("04", semaphore_pause, BOTH),
        ("06", paced, BOTH[1:]),
        ("03", paced, BOTH[:1]),  # 06 imports it: only the limiter is another
    ],
)
def test_runner_in_the_cell_is_the_runner_in_the_package(
    number: str, rung: ModuleType, names: list[str]
) -> None:
    """The functions of a rung are those of its notebook, but for annotations and
    docstrings.
    """
    shipped, in_cells = definitions(inspect.getsource(rung)), written(number)
    assert {name: in_cells[name] for name in names} == {
        name: shipped[name] for name in names
    }


def test_diff_in_03_is_what_changed() -> None:
    """Its lines are those of the two functions, but for how far they are indented."""
    before, after = (
        [line.strip() for line in written(number)["make_one_request"].splitlines()]
        for number in ("01", "03")
    )
    changes = difflib.ndiff(before, after)
    changed = [line for line in changes if line.startswith(("-", "+"))]
    text = code_cell(notebook("03"), "text-diff")
    (shown,) = re.findall(r"```diff\n(.*?)\n```", text, re.S)
    assert [f"{line[0]} {line[1:].strip()}" for line in shown.splitlines()] == changed


# ---- Pasted whole

SET_UP = """
from inflight_lab import PracticeServer, enable_nested_run
server = PracticeServer(latency=0.2).start()
URL = server.url
enable_nested_run()
"""
PASTED = """
import asyncio

import httpx
import nest_asyncio

nest_asyncio.apply()

client = httpx.AsyncClient()
semaphore = asyncio.Semaphore(3)


async def make_one_request(url, num):
    async with semaphore:
        return await client.get(url, headers={"Content-Type": "application/json"})


async def make_many_requests(url, count):
    tasks = [asyncio.create_task(make_one_request(url, num)) for num in range(count)]
    return await asyncio.gather(*tasks)


if __name__ == "__main__":
    responses = asyncio.run(make_many_requests(URL, 12))
    print(len(responses), {response.status_code for response in responses})
"""


def test_script_pasted_whole_runs_twice_and_so_do_the_cells_behind_it() -> None:
    """`enable_nested_run`: module-level client and semaphore, a nested run, and no
    queued cell is lost.
    """
    behind = ["print('behind it')", "print(await make_one_request(URL, 1))", "print(1)"]
    with kernel() as fresh:
        runs = fresh.run_all([SET_UP, PASTED, PASTED, *behind], within=RUN_ALL)
        assert [(run.status, run.error) for run in runs] == [("ok", "")] * len(runs)
        printed = [run.text.strip() for run in runs[1:]]
        assert printed[:3] == ["12 {200}", "12 {200}", "behind it"]
        assert printed[3:] == ["<Response [200 OK]>", "1"]
        assert fresh.value("server.stats().peak_in_flight") == 3


# ---- With other packages


def get_of_tenacity(app: PracticeApp) -> Callable[[str], Awaitable[httpx.Response]]:
    """The function that the answer about tenacity shows."""
    names: dict[str, Any] = {
        "client": client_of(app),
        "httpx": httpx,
        "limiter": asyncio.Semaphore(3),
        "random": random.Random(1),
        "read_refusal": read_refusal,
        "tenacity": tenacity,
    }
    (shown,) = FENCE.findall(code_cell(QUESTIONS, "q-tenacity"))
    exec(code_cell(QUESTIONS, "code-tenacity"), names)
    exec(shown, names)
    get: Callable[[str], Awaitable[httpx.Response]] = names["get"]
    return get


def test_tenacity_waits_as_long_as_the_api_asks() -> None:
    """What is over the quota comes back when it may, and is accepted then."""
    app = PracticeApp(latency=0.1, quota="sliding-window", rate=2, period=5)

    async def send_three() -> None:
        app.timeline.clock = asyncio.get_running_loop().time
        app.reset()
        get = get_of_tenacity(app)
        await asyncio.gather(*(get("/get") for _ in range(3)))

    run(send_three())
    stats = app.stats()
    assert (stats.accepted, stats.refused) == (3, 1)
    assert stats.elapsed > 5


def test_tenacity_does_not_retry_where_no_wait_helps() -> None:
    """A refusal for good is raised as it is, after one request."""
    app = PracticeApp(latency=0, dialect="openai", exhausted=True)

    async def send_one() -> None:
        await get_of_tenacity(app)("/get")

    with pytest.raises(httpx.HTTPStatusError, match="429"):
        run(send_one())
    assert app.stats().started == 1


@pytest.mark.anyio
async def test_what_an_sdk_was_refused_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenAI's package raises for a refusal; with the lines of 13 each question has its
    answer in the end.
    """
    import openai  # takes long

    (shown,) = FENCE.findall(code_cell(notebook("13"), "text-package"))
    names: dict[str, Any] = {
        "openai": openai,
        "budgets": Budgets(requests=(40, 1)),
        "most_tokens": most_tokens,
        "Patience": Patience,
    }
    body = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
    # The eighth is refused, unless a busy machine takes four seconds to send them.
    quota: dict[str, Any] = {"quota": "sliding-window", "rate": 7, "period": 4}
    async with PracticeServer(latency=0.01, dialect="openai", **quota) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url.replace("/get", "/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "practice")
        exec(shown, names)
        async with names["client"]:
            answers = await asyncio.gather(*(names["ask"](body) for _ in range(8)))
    assert all(answer.choices for answer in answers)
    assert (api.stats().accepted, api.stats().refused > 0) == (8, True)


# ---- A test file


def test_the_test_in_14_is_an_ordinary_function() -> None:
    """So pytest runs it without a plugin: it returns nothing, and no coroutine."""
    page = notebook("14")
    cells = ("code-imports", "code-job", "code-client", "code-test")
    shown = FENCE.findall(code_cell(page, "text-in-a-test"))
    names: dict[str, Any] = {}
    for code in (*(code_cell(page, cell) for cell in cells), *shown):
        exec(code, names)
    (test,) = (names[name] for name in names if name.startswith("test_"))
    assert test() is None
