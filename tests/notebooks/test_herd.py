"""Notebook 08's thundering herd, on the virtual clock: what its prose says must not
depend on how busy the machine is that runs the notebook.
"""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.notebook_tools import code_cell, notebook
from tests.support.virtual_clock import run

CLIENTS = 20


class Released(NamedTuple):
    """What became of the herd."""

    through: int
    refused: int


def release(pause: str, *, seed: int) -> Released:
    """Run the notebook's own cells; its function ``pause`` says how long to wait."""
    app = PracticeApp(latency=0.2, max_concurrent=3)
    names: dict[str, Any] = {
        "asyncio": asyncio,
        "httpx": SimpleNamespace(AsyncClient=lambda: client_of(app)),
        "random": random.Random(seed),
    }
    exec(code_cell(notebook("08"), "code-herd"), names)
    with_jitter = code_cell(notebook("08"), "code-jitter-plot")
    exec(with_jitter.partition("server.reset()")[0], names)
    server = SimpleNamespace(url="http://127.0.0.1/get")
    through = run(names["release_herd"](server, names[pause]))
    assert through == app.stats().accepted
    return Released(through, app.stats().refused)


@pytest.mark.parametrize("seed", range(5))
def test_full_jitter_spreads_the_herd(seed: int) -> None:
    """With full jitter far fewer requests are refused, and no fewer clients get
    through, than when all come back together.
    """
    together = release("backoff", seed=seed)
    spread = release("full_jitter", seed=seed)
    assert together == (12, 50)
    assert spread.refused < 0.8 * together.refused
    assert spread.through > together.through
