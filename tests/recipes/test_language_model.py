"""The recipes that ask a language model, as scripts: limited, killed and refused."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.model_api import text_in
from inflight_lab.recipes.snippet import snippet
from tests.support.pasting import run, run_cell, start
from tests.support.prompts import (
    KEY,
    QUOTAS,
    ids_of,
    lines_of,
    model_server,
    paste,
)
from tests.support.waiting import until

pytestmark = pytest.mark.anyio


class Recipe(NamedTuple):
    """One of the two, and what its URL ends with."""

    name: str
    path: str

    def url(self, server: PracticeServer) -> str:
        """The address for its settings."""
        return f"http://127.0.0.1:{server.port}{self.path}"


RECIPES = [
    Recipe("language_model", "/v1/chat/completions"),
    Recipe("with_openai", "/v1"),
]


@pytest.fixture(params=RECIPES, ids=lambda recipe: recipe.name)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    """Each of them."""
    assert isinstance(request.param, Recipe)
    return request.param


@pytest.fixture(autouse=True)
def _with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """For cells too."""
    for name, token in KEY.items():
        monkeypatch.setenv(name, token)


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with model_server() as server:
        yield server


async def test_all_are_answered_and_none_is_refused(
    recipe: Recipe, server: PracticeServer, tmp_path: Path
) -> None:
    """Although it is more than the quotas allow at once."""
    url = recipe.url(server)
    script = paste(recipe.name, tmp_path / "my_script.py", url, 80)
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert out == "80 of 80 have an answer in results.jsonl.\n"
    stats = server.stats()
    assert (stats.started, stats.accepted, stats.refused) == (80, 80, 0)
    lines = lines_of(tmp_path)
    assert len({line["id"] for line in lines}) == 80
    longest = max(len(text_in(line).split()) for line in lines)
    assert longest == QUOTAS["MAX_TOKENS"]


async def test_killed_and_started_again(
    recipe: Recipe, server: PracticeServer, tmp_path: Path
) -> None:
    """No question is lost, and none is asked again that has its answer."""
    url = recipe.url(server)
    script = paste(recipe.name, tmp_path / "my_script.py", url, 60)
    first = await start(script, tqdm=False)
    await until(lambda: server.stats().accepted >= 15)
    first.send_signal(signal.SIGKILL)
    await first.communicate()
    await until(lambda: server.stats().in_flight == 0)
    written = len(lines_of(tmp_path))
    assert 0 < written < 60
    asked = server.stats().started
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert out.endswith("60 of 60 have an answer in results.jsonl.\n")
    assert server.stats().started - asked == 60 - written
    assert len(set(ids_of(lines_of(tmp_path)))) == 60


async def test_no_money_is_left(
    recipe: Recipe, server: PracticeServer, tmp_path: Path
) -> None:
    """It stops within what is in flight, and says which are missing, how many, and why
    in the API's own words.
    """
    server.exhausted = True
    url = recipe.url(server)
    script = paste(recipe.name, tmp_path / "my_script.py", url, 40, LIMIT=5)
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (1, "")
    assert 1 <= server.stats().started <= 5
    names = ", ".join(f"no. {n}" for n in range(10))
    assert out.splitlines() == [
        "0 of 40 have an answer in results.jsonl.",
        f"40 missing ({names} and 30 more): given up: status 429: You exceeded your "
        "current quota, please check your plan and billing details.",
        "The next start asks for these only.",
    ]


CHANGES = {
    "model": ("MODEL", "another"),
    "limit": ("MAX_TOKENS", 50),
    "prompt": ("PROMPTS", {"a": "What is it?", "b": "What else?"}),
    "id": ("PROMPTS", {"c": "What is it?", "d": "Why?"}),
}
"""Each makes questions of the two that have not been asked yet."""
NEW = {"model": 2, "limit": 2, "prompt": 1, "id": 2}
"""How many."""


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_question_is_a_new_one(
    change: str, recipe: Recipe, server: PracticeServer, tmp_path: Path
) -> None:
    """An old answer is never taken for the answer to it, and stays in the file."""
    settings: dict[str, object] = {
        "URL": recipe.url(server),
        "PROMPTS": {"a": "What is it?", "b": "Why?"},
        "RESULTS": str(tmp_path / "results.jsonl"),
    }

    async def ask() -> int:
        """Ask in a cell; how many requests it took."""
        asked = server.stats().accepted
        cell = snippet(recipe.name, notebook=True, **QUOTAS | settings)
        outcomes = (await run_cell(cell))["results"]
        assert [outcome["status"] for outcome in outcomes] == [200, 200]
        return server.stats().accepted - asked

    assert [await ask(), await ask()] == [2, 0]
    name, value = CHANGES[change]
    settings[name] = value
    assert [await ask(), await ask()] == [NEW[change], 0]
    assert len(lines_of(tmp_path)) == 2 + NEW[change]


async def test_another_api_is_asked_anew(
    recipe: Recipe, server: PracticeServer, tmp_path: Path
) -> None:
    """The answers of one are not taken for those of the other."""
    with model_server() as other:
        for api in (server, other):
            script = paste(recipe.name, tmp_path / "my_script.py", recipe.url(api), 3)
            assert (await run(script))[0] == 0
            assert api.stats().accepted == 3
