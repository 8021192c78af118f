"""The lines of notebook 13 for an API's own package, tried with that of OpenAI."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import openai
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners.budgets import Budgets, most_tokens
from inflight_lab.runners.patiently import Patience
from tests.support.notebook_tools import code_cell, notebook


@pytest.mark.anyio
async def test_what_the_package_was_refused_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It raises for a refusal; each question has its answer in the end."""
    (shown,) = re.findall(
        r"```python\n(.*?)```", code_cell(notebook("13"), "text-package"), re.S
    )
    names: dict[str, Any] = {
        "openai": openai,
        "budgets": Budgets(requests=(40, 1)),
        "most_tokens": most_tokens,
        "patiently": Patience(),
    }
    body = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
    knobs: dict[str, Any] = {"quota": "sliding-window", "rate": 5, "dialect": "openai"}
    async with PracticeServer(latency=0.01, **knobs) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url.replace("/get", "/v1"))
        monkeypatch.setenv("OPENAI_API_KEY", "practice")
        exec(shown, names)
        async with names["client"]:
            answers = await asyncio.gather(*(names["ask"](body) for _ in range(8)))
    assert all(answer.choices for answer in answers)
    assert (api.stats().accepted, api.stats().refused > 0) == (8, True)
