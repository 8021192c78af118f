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
from tests.support.faults import EVERY, answer
from tests.support.faulty_path import FaultyPath
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
        Filled("as  it is", "as  it is"),
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
    Unusable("hunter2$", "X-Api-Key in HEADERS has a $ that no name follows; for a"),
    Unusable("$TWO_LINES", "X-Api-Key in HEADERS must be one line without control"),
    Unusable("\x1b[200~hunter2", "X-Api-Key in HEADERS must be one line without co"),
    Unusable(None, "X-Api-Key in HEADERS must be a string, got NoneType"),
    Unusable(b"hunter2", "X-Api-Key in HEADERS must be a string, got bytes"),
]


@pytest.mark.parametrize("given", UNUSABLE, ids=lambda given: given.message)
def test_what_cannot_be_sent_is_named(
    given: Unusable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the header and the variable, and never with a value."""
    monkeypatch.setenv("EMPTY", " \n")
    monkeypatch.setenv("TWO_LINES", "hunter2\nhunter3\n")
    with pytest.raises(Stop, match=f"^{re.escape(given.message)}") as stop:
        filled_in({"User-Agent": "me", "X-Api-Key": given.value})
    assert "hunter2" not in str(stop.value)


class Mistaken(NamedTuple):
    """What ``HEADERS`` cannot be, and the message."""

    headers: object
    message: str


MISTAKEN = [
    Mistaken(["hunter2"], "HEADERS must be a dict that maps header names to strings"),
    Mistaken({"X-Api-Key:": "1"}, "X-Api-Key: in HEADERS must be a name of letters, "),
    Mistaken({"X-Api-Key: hunter2": "1"}, "X-Api-Key: in HEADERS must be a name of "),
    Mistaken({"Über": "1"}, "Über in HEADERS must be a name of letters, digits and h"),
    Mistaken({17: "1"}, "17 in HEADERS must be a name of letters, digits and hyphens"),
    Mistaken({"X-Key": "1", "x-key": "2"}, "x-key is in HEADERS twice"),
]


@pytest.mark.parametrize("given", MISTAKEN, ids=lambda given: given.message)
def test_a_mistake_in_the_names_is_named(given: Mistaken) -> None:
    """Before each item fails with it, and never with a value."""
    with pytest.raises(Stop, match=f"^{re.escape(given.message)}") as stop:
        filled_in(given.headers)
    assert "hunter2" not in str(stop.value)


@pytest.mark.anyio
async def test_openais_client_gets_only_ascii(tmp_path: Path) -> None:
    """It would fail to encode anything else, once for each prompt."""
    script = tmp_path / "my_script.py"
    script.write_text(snippet("with_openai", HEADERS={"X-Name": "Müller"}), "utf-8")
    status, out, err = await run(script, OPENAI_API_KEY="k")
    assert (status, out) == (1, "")
    assert err.startswith("Nothing was sent: X-Name in HEADERS must be ASCII: ")


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
each_recipe = pytest.mark.parametrize(
    "recipe", sorted(RECIPES.keys() - {"on_a_cluster"})
)


def asking_once(recipe: str, url: str, headers: dict[str, str]) -> str:
    """The recipe as a script that asks this server for one thing."""
    code = snippet(recipe, HEADERS=headers)
    code = re.sub(r"https://api\.example\.(com|org)", url, code)
    code = code.replace("https://api.openai.com", url)
    for setting, value in ONCE.items():
        code = re.sub(rf"(?m)^{setting}", value, code)
    return code


@pytest.mark.anyio
@each_recipe
async def test_each_recipe_sends_its_headers(
    recipe: str, listening: Listening, tmp_path: Path
) -> None:
    """Over whichever library: the key, and besides who asks."""
    # openai's client sends only what is ASCII.
    name = "Ada" if recipe == "with_openai" else "Ada Müller"
    script = tmp_path / "my_script.py"
    code = asking_once(recipe, listening.url, {"User-Agent": name, **KEY})
    script.write_text(code, "utf-8")
    await run(script, X_API_KEY="hunter2", OPENAI_API_KEY="k")
    assert listening.headers
    for headers in listening.headers:
        assert headers["X-Api-Key"] == "hunter2"
        assert headers["User-Agent"].encode("latin-1").decode() == name


@pytest.mark.anyio
@each_recipe
async def test_no_key_goes_where_a_redirect_leads(
    recipe: str, listening: Listening, tmp_path: Path
) -> None:
    """Another host gets no request: it would be neither paced nor counted."""
    script = tmp_path / "my_script.py"
    moved = answer(302, f"Location: {listening.url}")
    with PracticeServer() as api:
        async with FaultyPath(api, moved, harmed=EVERY) as path:
            script.write_text(asking_once(recipe, path.url, KEY), "utf-8")
            await run(script, X_API_KEY="hunter2", OPENAI_API_KEY="k")
    assert "hunter2" in path.heads[0]
    assert listening.headers == []
