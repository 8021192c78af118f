"""Each public name has an example in its docstring, and the examples run as written."""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
from pathlib import Path
from typing import Any

import httpx
import ipywidgets
import pytest

import inflight_lab
from inflight_lab import PracticeServer
from inflight_lab.runners import naive, semaphore

RUNS_ELSEWHERE = {"enable_nested_run"}
"""It changes asyncio for the whole process; tests/jupyter runs it in a kernel."""


def example_of(name: str) -> str:
    """The code of the examples in the docstring of a public name."""
    docstring = inspect.getdoc(getattr(inflight_lab, name)) or ""
    examples = doctest.DocTestParser().get_examples(docstring)
    return "".join(example.source for example in examples)


@pytest.mark.parametrize("name", inflight_lab.__all__)
def test_each_public_name_has_an_example(name: str) -> None:
    """Whoever asks for help on a name sees it used."""
    assert name in example_of(name) or "server." in example_of(name)


@pytest.mark.anyio
@pytest.mark.parametrize("name", sorted({*inflight_lab.__all__} - RUNS_ELSEWHERE))
async def test_the_example_runs_as_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a cell with a server, a client and a plot, no line of it fails."""
    monkeypatch.chdir(tmp_path)
    with PracticeServer(latency=0) as server:
        async with httpx.AsyncClient() as client:
            plot = inflight_lab.LivePlot(server)
            with plot:
                await client.get(server.url)
            await run_cell(
                example_of(name),
                server=server,
                client=client,
                plot=plot,
                urls=[server.url] * 3,
            )
    ipywidgets.Widget.close_all()


async def run_cell(source: str, **names: Any) -> None:
    """Run code as a cell does: ``await`` may stand outside of functions."""
    code = compile(source, "example", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    modules = {"asyncio": asyncio, "httpx": httpx}
    rungs = {"naive": naive, "semaphore": semaphore}
    public = {name: getattr(inflight_lab, name) for name in inflight_lab.__all__}
    scope = {**modules, **rungs, **public, **names, "display": lambda shown: None}
    running = eval(code, scope)
    if inspect.isawaitable(running):
        await running
