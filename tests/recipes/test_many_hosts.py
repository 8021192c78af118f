"""The recipe `many_hosts`: each host by itself, and one file for all."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes import many_hosts
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


async def test_only_so_many_hosts_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, they do not use up the files that a computer may open."""
    urls = [f"https://{number}.example/{id}" for id in "ab" for number in range(12)]
    asked: set[str] = set()
    most = 0

    async def fetch(client: httpx.AsyncClient, item: dict[str, str]) -> httpx.Response:
        nonlocal most
        asked.add(item["key"])
        most = max(most, len(asked))
        for _ in range(20):  # every other task that may start does so
            await asyncio.sleep(0)
        asked.remove(item["key"])
        return httpx.Response(200, json={})

    settings = {"URLS": urls, "HOSTS": 3, "LIMIT": 1, "QUOTAS": [(10_000, 1)]}
    for name, value in settings.items():
        monkeypatch.setattr(many_hosts, name, value)
    monkeypatch.setattr(many_hosts, "RESULTS", str(tmp_path / "results.jsonl"))
    monkeypatch.setattr(many_hosts, "fetch", fetch)
    outcomes = await many_hosts.main()
    assert [outcome["key"] for outcome in outcomes] == urls
    assert {outcome["status"] for outcome in outcomes} == {200}
    assert most == 3


async def test_an_address_that_cannot_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a character, as cut texts have it, costs only its own address."""
    monkeypatch.setattr(many_hosts, "URLS", ["https://a.example/\ud800"])
    monkeypatch.setattr(many_hosts, "RESULTS", str(tmp_path / "results.jsonl"))
    (outcome,) = await many_hosts.main()
    assert outcome["error"].startswith("UnicodeEncodeError: ")
