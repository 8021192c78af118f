"""The headers of a recipe: what it sends, and that no secret is in its file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from inflight_lab import PracticeServer
from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.headers import filled_in
from inflight_lab.recipes.settings import Stop
from inflight_lab.recipes.snippet import snippet
from tests.support.pasting import run

KEY = {"X-Api-Key": "$X_API_KEY"}


class Listening(PracticeServer):
    """Keeps the headers of each request, whichever path it is for."""

    def __init__(self) -> None:
        self.headers: list[Headers] = []
        super().__init__(latency=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the headers, and answer as usual."""
        self.headers.append(Headers(scope=scope))
        await super().__call__(scope, receive, send)


@pytest.fixture
def listening() -> Iterator[Listening]:
    with Listening() as server:
        yield server


class Filled(NamedTuple):
    """A value in ``HEADERS``, and what is sent; the variable KEY is a secret."""

    text: str
    sent: str


@pytest.mark.parametrize(
    "given",
    [
        Filled("as it is", "as it is"),
        Filled("$KEY", "hunter2"),
        Filled("Bearer ${KEY}", "Bearer hunter2"),
        Filled("5 $$", "5 $"),
    ],
    ids=lambda given: given.text,
)
def test_a_value_may_come_from_the_environment(
    given: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever $NAME stands; what was read from a file ends with a new line."""
    monkeypatch.setenv("KEY", "hunter2\r\n")
    assert filled_in({"X-Api-Key": given.text}) == {"X-Api-Key": given.sent}


class Unusable(NamedTuple):
    """A value in ``HEADERS`` that cannot be sent, and the message."""

    value: object
    message: str


UNUSABLE = [
    Unusable("$MISSING", "X-Api-Key in HEADERS needs the environment variable MISSING"),
    Unusable("$EMPTY", "X-Api-Key in HEADERS needs the environment variable EMPTY: "),
    Unusable("hunter2$", "X-Api-Key in HEADERS has a $ without a name: write $$ for"),
    Unusable(None, "X-Api-Key in HEADERS must be a text"),
    Unusable(b"hunter2", "X-Api-Key in HEADERS must be a text"),
]


@pytest.mark.parametrize("given", UNUSABLE, ids=lambda given: given.message)
def test_what_cannot_be_sent_is_named(
    given: Unusable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the header and the variable, and never with a value."""
    monkeypatch.setenv("EMPTY", " \n")
    with pytest.raises(Stop, match=f"^{re.escape(given.message)}") as stop:
        filled_in({"User-Agent": "me", "X-Api-Key": given.value})
    assert "hunter2" not in str(stop.value)


@pytest.mark.anyio
@pytest.mark.parametrize("recipe", RECIPES)
async def test_a_key_that_is_missing_ends_each_recipe(
    recipe: str, tmp_path: Path
) -> None:
    """With one line, before anything is sent, and no file is left behind."""
    script = tmp_path / "my_script.py"
    script.write_text(snippet(recipe, HEADERS=KEY), "utf-8")
    status, out, err = await run(script)
    assert (status, out) == (1, "")
    assert err == (
        "Nothing was sent: X-Api-Key in HEADERS needs the environment variable "
        "X_API_KEY: set it, or change that line\n"
    )
    assert os.listdir(tmp_path) == ["my_script.py"]


ONCE = {
    "IDS = .*": "IDS = [1]",
    r"BODIES = \[.*": 'BODIES = [{"order": 1}]',
    "PROMPTS = .*": 'PROMPTS = {1: "Why?"}',
}
"""What makes a recipe ask for one thing only."""


@pytest.mark.anyio
@pytest.mark.parametrize("recipe", sorted(RECIPES.keys() - {"on_a_cluster"}))
async def test_each_recipe_sends_its_headers(
    recipe: str, listening: Listening, tmp_path: Path
) -> None:
    """Over whichever library: the key, and besides who asks."""
    # openai's client sends only what is ASCII.
    name = "Ada" if recipe == "with_openai" else "Ada Müller"
    code = snippet(recipe, HEADERS={"User-Agent": name, **KEY})
    code = re.sub(r"https://api\.example\.(com|org)", listening.url, code)
    code = code.replace("https://api.openai.com", listening.url)
    for setting, value in ONCE.items():
        code = re.sub(rf"(?m)^{setting}", value, code)
    script = tmp_path / "my_script.py"
    script.write_text(code, "utf-8")
    await run(script, X_API_KEY="hunter2", OPENAI_API_KEY="k")
    assert listening.headers
    for headers in listening.headers:
        assert headers["X-Api-Key"] == "hunter2"
        assert headers["User-Agent"].encode("latin-1").decode() == name
