"""Edits that people make, as diffs: each fits the printed script, and works."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.__main__ import main
from inflight_lab.recipes.snippet import snippet
from tests.support.faulty_path import FaultyPath
from tests.support.paged_server import PagedServer
from tests.support.pasting import run, start
from tests.support.printed import EDITS, edited, lines_in, run_here, write_script
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
ALL = sorted(path.stem for path in EDITS.glob("*.diff"))
SETTING = re.compile(r"(?m)^(?:URL|IDS|RATE|REQUESTS|PERIOD|TOKENS|LIMIT|HEADERS)\b.*")


def script_with(name: str, folder: Path, settings: Mapping[str, object]) -> Path:
    """The printed script after an edit, with settings."""
    recipe, _, _ = name.partition("-")
    return write_script(folder, edited(snippet(recipe), name), settings)


@pytest.mark.parametrize("name", ALL)
async def test_an_edit_sends_nothing_before_it_is_told_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its sample settings each script ends with a sentence."""
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.chdir(tmp_path)
    said = await run_here(script_with(name, tmp_path, {}))
    assert str(said).startswith("Nothing was sent: ")
    assert os.listdir(tmp_path) == ["my_script.py"]


OPTIONS = {
    "--url": "https://api.shop.test/v1/{id}",
    "--ids": "1-30",
    "--rate": "20",
    "--period": "5",
    "--limit": "7",
    "--tokens": "4000",
    "--header": "authorization",
}


@pytest.mark.parametrize("command", ["patch", "git apply"])
@pytest.mark.parametrize("name", ALL)
def test_an_edit_fits_a_script_with_any_settings(
    name: str, command: str, tmp_path: Path
) -> None:
    """As `patch` and git apply it, none of the settings lost."""
    recipe, _, _ = name.partition("-")
    not_there = {"ask_model": ("--ids",)}.get(recipe, ("--tokens",))
    options = [
        word
        for option, value in OPTIONS.items()
        if option not in not_there
        for word in (option, value)
    ]
    script = tmp_path / f"{recipe}.py"
    main([recipe, *options, "--output", str(script)])
    settings = set(SETTING.findall(script.read_text("utf-8")))
    diff = EDITS / f"{name}.diff"
    if command == "patch":
        ran = ["patch", "--fuzz=0", str(script), str(diff)]
    else:
        ran = ["git", "apply", "-p0", str(diff)]
    subprocess.run(ran, cwd=tmp_path, check=True)
    changed = script.read_text("utf-8")
    compile(changed, str(script), "exec")
    assert changed == edited(snippet_with(recipe, options), name)
    assert settings <= set(SETTING.findall(changed))


def snippet_with(recipe: str, options: list[str]) -> str:
    """What the command prints."""
    said = io.StringIO()
    with redirect_stdout(said):
        main([recipe, *options])
    return said.getvalue()


async def test_openai_finds_the_key_however_the_header_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is the one that the script names."""
    script = snippet_with("ask_model", ["--header", "authorization"])
    assert "API_KEY" not in script
    monkeypatch.setenv("API_TOKEN", "s3cret-value")
    with PracticeServer(latency=0, dialect="openai") as server:
        async with FaultyPath(server, lambda _: b"", "close", harmed=set()) as path:
            settings = {
                "URL": path.url.replace("/get", "/v1/chat/completions"),
                "MODEL": "m",
                "PROMPTS": {"1": "hello"},
                "RESULTS": str(tmp_path / "answers.jsonl"),
            }
            text = edited(script, "ask_model-openai")
            assert not await run_here(write_script(tmp_path, text, settings))
    assert re.findall("(?i)authorization: (.*?)\r?\n", "\n".join(path.heads)) == [
        "Bearer s3cret-value"
    ]


async def test_pages(tmp_path: Path) -> None:
    """Each list has the items of all its pages."""
    with PagedServer(pages=3, latency=0) as server:
        settings = {
            "URL": f"{server.url}?list={{id}}",
            "IDS": ["a", "b"],
            "RESULTS": str(tmp_path / "results.jsonl"),
        }
        assert not await run_here(script_with("fetch_all-pages", tmp_path, settings))
    found = {line["data"][0]: line["data"] for line in lines_in(tmp_path)}
    assert {name: found[name][1::3] for name in found} == {
        "a": [1, 2, 3],
        "b": [1, 2, 3],
    }


@pytest.mark.parametrize("recipe", ["fetch_all", "with_requests"])
async def test_the_first_of_several_pages_is_not_kept_as_the_answer(
    recipe: str, tmp_path: Path
) -> None:
    """Without the edit a script says that there are more; what is whole it keeps."""
    with PagedServer(pages=2, latency=0) as server:
        settings = {
            "URL": f"{server.url}?list=a&page={{id}}",
            "IDS": [1, 2],
            "RESULTS": str(tmp_path / "results.jsonl"),
        }
        said = io.StringIO()
        with redirect_stdout(said):
            await run_here(write_script(tmp_path, snippet(recipe), settings))
    (line,) = lines_in(tmp_path)
    assert line["data"][1] == 2
    assert "there are more pages" in said.getvalue()


async def test_sqlite(tmp_path: Path) -> None:
    """The second start asks for nothing that the database has, and neither is there a
    second one at the same time.
    """
    path = tmp_path / "results.sqlite"
    with PracticeServer(latency=0) as server:
        url = f"{server.url}?id={{id}}"
        settings = {"URL": url, "IDS": range(5), "RESULTS": str(path)}
        script = script_with("fetch_all-sqlite", tmp_path, settings)
        for _ in range(2):
            assert not await run_here(script)
            assert server.stats().started == 5
        with closing(sqlite3.connect(path)) as database:
            (rows,) = database.execute("SELECT count(*) FROM answers").fetchone()
            assert rows == 5
            database.execute("BEGIN EXCLUSIVE")
            status, _, err = await run(script)
    assert status == 1
    assert re.search("Nothing was sent: cannot open .* database is locked", err)


async def test_hosts(tmp_path: Path) -> None:
    """Each has a pace of its own."""
    knobs: dict[str, Any] = {
        "latency": 0,
        "quota": "sliding-window",
        "rate": 12,
        "period": 2,
    }
    with PracticeServer(**knobs) as one, PracticeServer(**knobs) as other:
        settings = {
            "URL": f"{one.url}?id={{id}}",
            "OTHERS": [f"{other.url}?id={{id}}"],
            "IDS": range(15),
            "RATE": 10,
            "PERIOD": 2,
            "RESULTS": str(tmp_path / "results.jsonl"),
        }
        assert not await run_here(script_with("fetch_all-hosts", tmp_path, settings))
        for each in (one, other):
            assert (each.stats().accepted, each.stats().refused) == (15, 0)


async def test_a_slow_host_does_not_hold_up_the_other(tmp_path: Path) -> None:
    """Each has connections of its own."""
    with PracticeServer(latency=60) as slow, PracticeServer(latency=0) as quick:
        settings = {
            "URL": f"{slow.url}?id={{id}}",
            "OTHERS": [f"{quick.url}?id={{id}}"],
            "IDS": range(3),
            "LIMIT": 1,
            "RESULTS": str(tmp_path / "results.jsonl"),
        }
        child = await start(script_with("fetch_all-hosts", tmp_path, settings))
        await until(lambda: quick.stats().accepted == 3)
        child.kill()
        await child.communicate()


async def test_post(tmp_path: Path) -> None:
    """An order whose answer was lost is sent again with the same key."""
    orders = [{"messages": [{"content": f"order {n}"}], "n": 1} for n in range(3)]
    with PracticeServer(latency=0, dialect="openai") as server:
        async with FaultyPath(server, lambda _: b"", "close", harmed={0}) as path:
            settings = {
                "URL": path.url.replace("/get", "/v1/chat/completions"),
                "ORDERS": orders,
                "RESULTS": str(tmp_path / "results.jsonl"),
            }
            script = script_with("fetch_all-post", tmp_path, settings)
            for _ in range(2):
                assert not await run_here(script)
    keys = re.findall(r"(?i)Idempotency-Key: (\S+)", "\n".join(path.heads))
    sent = list(zip(keys, map(json.loads, path.bodies), strict=True))
    assert len(sent) == 4
    assert len(set(keys)) == 3
    assert sent[0] in sent[1:]


async def test_quotas(tmp_path: Path) -> None:
    """The longer one is kept as well, and does not space the requests."""
    knobs: dict[str, Any] = {
        "latency": 0,
        "quota": "sliding-window",
        "rate": 5,
        "period": 2,
    }
    with PracticeServer(**knobs) as server:
        url = f"{server.url}?id={{id}}"
        settings = {"URL": url, "IDS": range(8), "ALSO": (5, 2)}
        assert not await run_here(script_with("paced-quotas", tmp_path, settings))
        assert (server.stats().accepted, server.stats().refused) == (8, 0)
