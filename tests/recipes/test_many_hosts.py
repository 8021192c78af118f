"""The recipe `many_hosts`: each host by itself, and one file for all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.faulty_path import nobody_listens
from tests.support.pasting import run_cell

pytestmark = pytest.mark.anyio


async def test_each_host_has_its_own_pace(tmp_path: Path) -> None:
    """Two hosts at once, each at its rate and within its limit; one that is dead and an
    address that is none cost only their own.
    """
    # A few more than the script sends: a busy machine holds requests up until several
    # arrive together.
    limits = {"latency": 0.05, "quota": "sliding-window", "rate": 30}
    file = tmp_path / "results.jsonl"
    with (
        PracticeServer(**limits) as one,
        PracticeServer(**limits) as other,
        nobody_listens() as dead,
    ):
        alive = [one.url, other.url.replace("127.0.0.1", "localhost")]
        urls = [f"{url}?id={number}" for number in range(30) for url in alive]
        lost = [dead.replace("127.0.0.1", "127.0.0.2"), "https://a.example:port/"]
        cell = snippet(
            "many_hosts",
            notebook=True,
            URLS=[*urls, *lost],
            QUOTAS=[(20, 1)],
            LIMIT=3,
            RESULTS=str(file),
        )
        hasty = cell.replace("attempts: int = 8", "attempts: int = 2")
        outcomes = (await run_cell(hasty))["results"]
        for stats in (one.stats(), other.stats()):
            assert (stats.accepted, stats.refused) == (30, 0)
            assert stats.peak_in_flight <= 3
    assert [outcome["key"] for outcome in outcomes] == [*urls, *lost]
    assert {outcome["status"] for outcome in outcomes[:-2]} == {200}
    *_, refused, invalid = outcomes
    assert refused["error"].startswith("given up: the API has never answered: Connect")
    assert invalid["error"].startswith("InvalidURL: ")
    lines = file.read_text("ascii").splitlines()
    assert {json.loads(line)["key"] for line in lines} == set(urls)
