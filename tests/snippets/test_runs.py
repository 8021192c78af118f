"""The snippets run as pasted, each in its form, against practice servers: what was
chosen is what happens.
"""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inflight_lab import PracticeServer
from inflight_lab.snippets import snippet
from tests.support.choices import COMBINATIONS, pairwise
from tests.support.notebook_tools import Kernel, kernel
from tests.support.pasting import changed, run, run_cell

pytestmark = pytest.mark.anyio

COUNT, LIMIT = 12, 3
SOME = pairwise()


@pytest.fixture(scope="module")
def servers() -> Iterator[list[PracticeServer]]:
    """Two hosts, so that there is one that has a limit of its own."""
    with PracticeServer(latency=0.05) as one, PracticeServer(latency=0.05) as other:
        yield [one, other]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Kernel]:
    with kernel() as fresh:
        yield fresh


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SOME else pytest.mark.full)
        for name in COMBINATIONS
    ],
)
async def test_it_does_what_was_chosen(
    name: str, servers: list[PracticeServer], fresh: Kernel, tmp_path: Path
) -> None:
    """All is fetched once, within the limit of each host; the results are where they
    were wanted.
    """
    for server in servers:
        server.reset()
    choices, file = COMBINATIONS[name], tmp_path / "results.jsonl"
    urls = [
        server.url.replace("127.0.0.1", host) + "?id="
        for server, host in zip(servers, HOSTS, strict=True)
    ]
    if choices.get("tokens"):
        urls = [url.replace("/get?id=", "/v1/chat/completions#") for url in urls]
    code = paste(choices, urls, file)
    printed = (
        run_in_kernel(fresh, code)
        if choices["notebook"]
        else await run_as_script(tmp_path, code)
    )
    used = servers if choices["per_host"] else servers[:1]
    for server in used:
        stats = server.stats()
        assert (stats.accepted, stats.started) == (COUNT, COUNT)
        assert stats.peak_in_flight <= LIMIT
        assert choices["quotas"] or stats.peak_in_flight == LIMIT
    outcomes = list(found(choices, printed, file, fresh))
    if outcomes:
        sent = [
            f"{url}{number}" for url in urls[: len(used)] for number in range(COUNT)
        ]
        got = [outcome["url"] for outcome in outcomes]
        assert (got if in_order(choices) else sorted(got)) == (
            sent if in_order(choices) else sorted(sent)
        )
        assert {outcome["status"] for outcome in outcomes} == {200}
    assert (f"{len(used) * COUNT} of {len(used) * COUNT}" in printed) == choices[
        "progress"
    ]


def test_tokens_are_kept() -> None:
    """Questions to a language model's API, with more than one period's tokens: none is
    refused.
    """
    questions = [f"Count to {number}." for number in range(60)]
    with PracticeServer(
        latency=0.02, seed=1, quota="sliding-window", rate=100, tokens=2000, period=2
    ) as server:
        chat = server.url.replace("/get", "/v1/chat/completions") + "#{id}"
        code = snippet(chat, quotas=[(100, 2)], tokens=2000, save=None, notebook=True)
        outcomes = asyncio.run(run_cell(changed(code, url=chat, ids=questions)))[
            "results"
        ]
    assert [outcome["id"] for outcome in outcomes] == questions
    assert sum(outcome["data"]["usage"]["total_tokens"] for outcome in outcomes) > 2000
    assert (server.stats().accepted, server.stats().refused) == (60, 0)


HOSTS = ("127.0.0.1", "localhost")


def paste(choices: dict[str, Any], urls: list[str], file: Path) -> str:
    """The snippet with its lines changed."""
    code = snippet(**choices)
    if choices["per_host"]:
        addresses = [f"{url}{number}" for url in urls for number in range(COUNT)]
        return changed(code, url="{id}", ids=addresses, LIMIT=LIMIT, FILE=str(file))
    ids = (
        [str(number) for number in range(COUNT)]
        if choices.get("tokens")
        else range(COUNT)
    )
    return changed(code, url=f"{urls[0]}{{id}}", ids=ids, LIMIT=LIMIT, FILE=str(file))


async def run_as_script(folder: Path, code: str) -> str:
    script = folder / "pasted.py"
    script.write_text(code)
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    return out


def run_in_kernel(fresh: Kernel, code: str) -> str:
    assert fresh.run("import sys; sys.modules['tqdm'] = None").status == "ok"
    ran = fresh.run(code)
    assert (ran.status, ran.error) == ("ok", "")
    return ran.text


def in_order(choices: dict[str, Any]) -> bool:
    return not (choices["save"] or choices.get("as_completed"))


def found(
    choices: dict[str, Any], printed: str, file: Path, fresh: Kernel
) -> Iterator[dict[str, Any]]:
    """The outcomes, wherever they are; of a script that leaves them to what stands
    below it, none.
    """
    if choices["save"]:
        yield from map(json.loads, file.read_text().splitlines())
    elif choices.get("as_completed"):
        yield from (
            ast.literal_eval(line)
            for line in printed.splitlines()
            if line.startswith("{")
        )
    elif choices["notebook"]:
        yield from fresh.value("results")
