"""Each public name has an example in its docstring, and the examples run as written."""

from __future__ import annotations

import asyncio
import doctest
import inspect
from pathlib import Path

import httpx
import ipywidgets
import pytest

import inflight_lab
from inflight_lab import PracticeServer
from inflight_lab.runners import naive, semaphore
from tests.support.recipes.pasting import run_cell

RUNS_ELSEWHERE = {"enable_nested_run"}
"""It changes asyncio for the whole process; tests/lesson runs it in a kernel."""
KNOWN = {
    "asyncio": asyncio,
    "httpx": httpx,
    "naive": naive,
    "semaphore": semaphore,
    "display": lambda shown: None,
}
"""What a reader has imported, and `display`, which every cell knows."""


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
    public = {each: getattr(inflight_lab, each) for each in inflight_lab.__all__}
    with PracticeServer(latency=0) as server:
        async with httpx.AsyncClient() as client:
            plot = inflight_lab.LivePlot(server)
            with plot:
                await client.get(server.url)
            own = {"server": server, "client": client, "plot": plot}
            own["urls"] = [server.url] * 3
            await run_cell(example_of(name), **KNOWN, **public, **own)
    ipywidgets.Widget.close_all()
