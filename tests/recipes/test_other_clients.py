"""What `fetch_all` does, over aiohttp and over requests: the recipes as scripts."""

from __future__ import annotations

import gzip
import json
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath
from tests.support.pasting import run, start
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
both_clients = pytest.mark.parametrize("recipe", ["with_aiohttp", "with_requests"])


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    # A few more than the script sends: a busy machine holds requests up until several
    # arrive together.
    limits = {"quota": "sliding-window", "rate": 60, "dialect": "openai"}
    with PracticeServer(latency=0.05, **limits) as server:
        yield server


def paste(
    recipe: str, folder: Path, url: str, ids: Iterable[object], **settings: object
) -> Path:
    """The script in a file of its own, with its settings changed."""
    script = folder / "my_script.py"
    changed = {"QUOTAS": [(40, 1)], **settings}
    code = snippet(recipe, URL=url, IDS=list(ids), **changed)
    script.write_text(code, encoding="utf-8")
    return script


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The answers in the file, every line of which is whole."""
    text = (folder / "results.jsonl").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


@both_clients
async def test_killed_and_started_again(
    recipe: str, server: PracticeServer, tmp_path: Path
) -> None:
    """At the rate that is allowed no id is refused or lost, and none is asked for that
    was written.
    """
    ids = [*range(100), "a/b", "..", "grün"]
    script = paste(recipe, tmp_path, f"{server.url}?id={{id}}", ids)
    first = await start(script, tqdm=False, API_TOKEN="secret")
    await until(lambda: server.stats().accepted >= 30)
    first.send_signal(signal.SIGKILL)
    await first.communicate()
    await until(lambda: server.stats().in_flight == 0)
    written = len(lines_of(tmp_path))
    asked = server.stats().started
    assert 0 < written < len(ids)
    status, out, err = await run(script, tqdm=False, API_TOKEN="secret")
    assert (status, err) == (0, "")
    assert out.endswith("103 of 103 have an answer in results.jsonl.\n")
    assert server.stats().started - asked == len(ids) - written
    assert server.stats().refused == 0
    answers = {line["id"]: line["data"]["args"]["id"] for line in lines_of(tmp_path)}
    assert answers == {id: str(id) for id in ids}


@both_clients
async def test_no_money_is_left(
    recipe: str, server: PracticeServer, tmp_path: Path
) -> None:
    """It stops within what is in flight, and says why in the API's own words."""
    server.exhausted = True
    script = paste(recipe, tmp_path, f"{server.url}?id={{id}}", range(40), LIMIT=5)
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (1, "")
    assert 1 <= server.stats().started <= 5
    assert "0 of 40 have an answer in results.jsonl." in out
    assert "given up: status 429: You exceeded your current quota, please check" in out


@both_clients
async def test_a_compressed_answer(
    recipe: str, server: PracticeServer, tmp_path: Path
) -> None:
    """The client decompresses it, and nobody tries to do that again."""
    zipped = gzip.compress(b'{"args": {}}')
    says = answer(200, "Content-Encoding: gzip", body=zipped)
    async with FaultyPath(server, says, harmed={3}) as path:
        script = paste(recipe, tmp_path, f"{path.url}?id={{id}}", range(8), LIMIT=1)
        status, _, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert {"args": {}} in [line["data"] for line in lines_of(tmp_path)]


@both_clients
async def test_an_id_stays_in_its_place(
    recipe: str, server: PracticeServer, tmp_path: Path
) -> None:
    """Even one that looks like a folder, or like a part of an address."""
    async with FaultyPath(server, answer(200, body=b"{}"), harmed=range(9)) as path:
        ids = ["..", "a/b", "?"]
        script = paste(recipe, tmp_path, f"{path.url}/{{id}}/of", ids, LIMIT=1)
        await run(script, tqdm=False)
    asked = [head.split()[1] for head in path.heads]
    assert asked == ["/get/%2E%2E/of", "/get/a%2Fb/of", "/get/%3F/of"]
