"""How the script paces and retries, on the virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inflight_lab.snippets import snippet
from tests.support.pasting import api_on_virtual_clock
from tests.support.simulator import Path, SimulatedApi, network, quota, stall_each_second
from tests.support.virtual_clock import BEGIN, run, virtual_loop

LATE = 0.0005
"""Seconds by which the loop wakes up too late, on average."""


async def fetch(count: int, path: Callable[[], Path], *, stall: float = 0, **choices: Any) -> SimulatedApi:
    """Fetch ``count`` items over ``path`` with the pace of a snippet; the API, for what it saw."""
    simulated = SimulatedApi(path)

    async def get(url: str) -> httpx.Response:
        await simulated.get(url, headers={})
        return httpx.Response(200, json={})

    choices = {"retries": False} | choices
    api = api_on_virtual_clock(snippet(save=None, progress=False, **choices), get)
    stalls = [asyncio.create_task(stall_each_second(stall))] if stall else []
    outcomes = await asyncio.gather(*(api.fetch({"url": str(number)}) for number in range(count)))
    assert [outcome["status"] for outcome in outcomes] == [200] * count
    for each in stalls:
        each.cancel()
    return simulated


@pytest.mark.parametrize(
    ("path", "stall", "limit", "least"),
    [
        (network(), 0, 50, 0.985),
        (network(0.01), 0, 50, 0.965),
        (network(0.01), 0.1, 50, 0.9),
        (network(latency=2.0), 0, 250, 0.98),
    ],
    ids=["quiet", "jitter", "jitter and stalls", "answers that take two periods"],
)
def test_most_of_the_quota_and_no_429(
    path: Callable[[], Path], stall: float, limit: int, least: float
) -> None:
    """Whatever the way and the loop do, no window gets more than is allowed, and little of it goes unused."""
    api = run(fetch(600, path, stall=stall, limit=limit), late=LATE)
    for kind in ("fixed-window", "sliding-window", "token-bucket"):
        assert api.refused(quota(kind)) == 0
    assert api.refused(quota("gcra", burst=10)) == 0
    assert api.utilisation() >= least


def test_several_quotas_are_each_used_as_far_as_they_go() -> None:
    """10 a second AND 300 a minute: the first 300 go at 10 a second, the next when the minute is over."""
    api = run(fetch(600, network(0.01), quotas=[(10, 1), (300, 60)]), late=LATE)
    assert [api.refused(quota("sliding-window", 10, 1)), api.refused(quota("sliding-window", 300, 60))] == [
        0,
        0,
    ]
    arrivals = sorted(api.arrivals)
    assert arrivals[299] - arrivals[0] < 32
    assert 60 <= arrivals[300] - arrivals[0] < 62
    assert arrivals[599] - arrivals[300] < 32


@pytest.mark.parametrize("retries", [False, True])
def test_a_quota_over_an_hour(retries: bool) -> None:
    """On a computer just started the first requests go at once, and the rest when the hour is over."""
    api = run(fetch(60, network(), quotas=[(100, 1), (50, 3600)], retries=retries), late=LATE)
    arrivals = sorted(api.arrivals)
    assert arrivals[0] < BEGIN + 1 < BEGIN + 3600 <= arrivals[50] < BEGIN + 3700


def told(retry_after: str, **more: str) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": retry_after} | more)


SKEWED = "Wed, 21 Oct 2015 07:28:00 GMT"
"""What an API's clock says that has nothing to do with ours."""


@pytest.mark.parametrize("choices", [{}, {"quotas": ()}], ids=["paced", "with a limit alone"])
@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (told("3"), 3),
        (told("2.5"), 2.5),
        (told("Wed, 21 Oct 2015 07:28:03 GMT", Date=SKEWED), 3),
        (httpx.Response(503, headers={"Retry-After": "3"}), 3),
        (httpx.Response(403, headers={"Retry-After": "3"}), 3),
    ],
    ids=["seconds", "decimals", "a date by a clock of its own", "503", "403 with Retry-After"],
)
def test_retry_after_is_kept_by_all(refusal: httpx.Response, pause: float, choices: dict[str, Any]) -> None:
    """From the refusal on nobody sends until then; then everything gets its answer."""
    sent: list[float] = []
    refused: list[float] = []

    async def get(url: str) -> httpx.Response:
        sent.append(virtual_loop().time())
        await asyncio.sleep(0.05)
        if len(sent) >= 20 and not refused:
            refused.append(virtual_loop().time())
            return refusal
        return httpx.Response(200, json={})

    async def main() -> list[dict[str, Any]]:
        api = api_on_virtual_clock(snippet(save=None, progress=False, limit=5, **choices), get)
        return list(await asyncio.gather(*(api.fetch({"url": str(number)}) for number in range(100))))

    assert [outcome["status"] for outcome in run(main())] == [200] * 100
    (when,) = refused
    assert len(sent) == 101
    assert [moment for moment in sent if when < moment < when + pause] == []
    assert min(moment for moment in sent if moment > when) < when + pause + 0.1


@pytest.mark.parametrize(
    ("status", "headers", "asked"),
    [
        (401, {}, 6),
        (429, {"Retry-After": "601"}, 6),
        (429, {"Retry-After": "9" * 400}, 6),
        (404, {}, 100),
        (410, {}, 100),
        (400, {}, 100),
        (403, {}, 100),
        (500, {}, 100),
        (429, {}, 800),
        (429, {"Retry-After": "soon"}, 800),
        (429, {"Retry-After": "-5"}, 800),
        (429, {"Retry-After": "nan"}, 800),
        (502, {}, 800),
        (503, {}, 800),
        (504, {}, 800),
    ],
)
def test_what_is_retried(status: int, headers: dict[str, str], asked: int) -> None:
    """What may pass is asked for 8 times, the rest once; where nobody is let in, the others are not sent."""
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0.05)
        return httpx.Response(status, headers=headers)

    async def main() -> list[dict[str, Any]]:
        api = api_on_virtual_clock(snippet(save=None, progress=False, quotas=[(1000, 1)], limit=6), get)
        return list(await asyncio.gather(*(api.fetch({"url": str(number)}) for number in range(100))))

    outcomes = run(main())
    assert sent == asked
    said = [outcome.get("status", outcome.get("error")) for outcome in outcomes]
    settled: object = status if status in (404, 410) else f"status {status}"
    unsent = ["not sent: the API takes no requests now"] * (100 - asked)
    assert said == [settled] * (100 - len(unsent)) + unsent


@pytest.mark.parametrize("lost", [httpx.ConnectError("nobody"), httpx.ConnectTimeout("nobody")], ids=repr)
@pytest.mark.parametrize("choices", [{}, {"quotas": ()}], ids=["paced", "with a limit alone"])
def test_where_nobody_is_there(
    lost: Exception, choices: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """After eight tries of one id nothing more is sent; meanwhile it says once why nothing comes."""
    sent, ended = 0, 0.0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        raise lost

    async def main() -> list[dict[str, Any]]:
        nonlocal ended
        api = api_on_virtual_clock(snippet(save=None, progress=False, limit=6, **choices), get)
        outcomes = await asyncio.gather(*(api.fetch({"url": str(number)}) for number in range(1000)))
        ended = virtual_loop().time()
        return list(outcomes)

    said = [outcome["error"] for outcome in run(main())]
    assert sent <= 8 * 6
    assert ended - BEGIN < 70
    assert set(said) == {repr(lost), "not sent: the API takes no requests now"}
    assert capsys.readouterr().out == f"\n{lost!r}: trying again\n"


@pytest.mark.parametrize("lost", [httpx.ConnectError("nobody"), httpx.ReadError("lost")], ids=repr)
def test_an_outage_that_ends(lost: Exception) -> None:
    """Of an API that comes back after two seconds all is fetched; an id that never works stops nothing."""

    async def get(url: str) -> httpx.Response:
        if virtual_loop().time() < BEGIN + 2 or (url == "7" and isinstance(lost, httpx.ReadError)):
            raise lost
        return httpx.Response(200, json={})

    async def main() -> list[dict[str, Any]]:
        api = api_on_virtual_clock(snippet(save=None, progress=False, limit=1), get)
        return list(await asyncio.gather(*(api.fetch({"url": str(number)}) for number in range(100))))

    failed = [outcome["url"] for outcome in run(main()) if "error" in outcome]
    assert failed == (["7"] if isinstance(lost, httpx.ReadError) else [])


def test_backoff_is_full_jitter_that_grows() -> None:
    """Between two attempts lies anything from nothing to half a second, doubled each time, at most 30 s."""
    sent: list[float] = []

    async def get(url: str) -> httpx.Response:
        sent.append(virtual_loop().time())
        raise httpx.ConnectError("nobody there")

    async def main() -> Any:
        names = api_on_virtual_clock(snippet(save=None, progress=False, quotas=(), limit=1), get)
        return await names.fetch({"url": ""})

    pauses: list[list[float]] = []
    for _ in range(40):
        sent.clear()
        assert run(main()) == {"url": "", "error": "ConnectError('nobody there')"}
        pauses.append([later - sooner for sooner, later in itertools.pairwise(sent)])
    for number, drawn in enumerate(zip(*pauses, strict=True)):
        most = min(30, 0.5 * 2**number)
        assert max(drawn) <= most
        assert max(drawn) > 0.7 * most
        assert min(drawn) < 0.3 * most
