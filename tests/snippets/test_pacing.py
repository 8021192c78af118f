"""How the script paces and retries, on the virtual clock."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from inflight_lab.snippets import snippet
from tests.support.pasting import api_on_virtual_clock
from tests.support.simulator import (
    Path,
    SimulatedApi,
    network,
    quota,
    stall_each_second,
)
from tests.support.virtual_clock import BEGIN, run, virtual_loop

LATE = 0.0005
"""Seconds by which the loop wakes up too late, on average."""


async def fetch(
    count: int, path: Callable[[], Path], *, stall: float = 0, **choices: Any
) -> SimulatedApi:
    """Fetch ``count`` items over ``path`` with the pace of a snippet; the API, for what
    it saw.
    """
    simulated = SimulatedApi(path)

    async def get(url: str) -> httpx.Response:
        await simulated.get(url, headers={})
        return httpx.Response(200, json={})

    choices = {"retries": False} | choices
    api = api_on_virtual_clock(snippet(save=None, progress=False, **choices), get)
    stalls = [asyncio.create_task(stall_each_second(stall))] if stall else []
    outcomes = await asyncio.gather(
        *(api.fetch({"url": str(number)}) for number in range(count))
    )
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
    """Whatever the way and the loop do, no window gets more than is allowed, and little
    of it goes unused.
    """
    api = run(fetch(600, path, stall=stall, limit=limit), late=LATE)
    for kind in ("fixed-window", "sliding-window", "token-bucket"):
        assert api.refused(quota(kind)) == 0
    assert api.refused(quota("gcra", burst=10)) == 0
    assert api.utilisation() >= least


def test_several_quotas_are_each_used_as_far_as_they_go() -> None:
    """10 a second AND 300 a minute: the first 300 go at 10 a second, the next when the
    minute is over.
    """
    api = run(fetch(600, network(0.01), quotas=[(10, 1), (300, 60)]), late=LATE)
    assert [
        api.refused(quota("sliding-window", 10, 1)),
        api.refused(quota("sliding-window", 300, 60)),
    ] == [
        0,
        0,
    ]
    arrivals = sorted(api.arrivals)
    assert arrivals[299] - arrivals[0] < 32
    assert 60 <= arrivals[300] - arrivals[0] < 62
    assert arrivals[599] - arrivals[300] < 32


@pytest.mark.parametrize("retries", [False, True])
def test_a_quota_over_an_hour(retries: bool) -> None:
    """On a computer just started the first requests go at once, and the rest when the
    hour is over.
    """
    api = run(
        fetch(60, network(), quotas=[(100, 1), (50, 3600)], retries=retries), late=LATE
    )
    arrivals = sorted(api.arrivals)
    assert arrivals[0] < BEGIN + 1 < BEGIN + 3600 <= arrivals[50] < BEGIN + 3700


def told(retry_after: str, **more: str) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": retry_after} | more)


SKEWED = "Wed, 21 Oct 2015 07:28:00 GMT"
"""What an API's clock says that has nothing to do with ours."""


@pytest.mark.parametrize(
    "choices", [{}, {"quotas": ()}], ids=["paced", "with a limit alone"]
)
@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        (told("3"), 3),
        (told("2.5"), 2.5),
        (told("Wed, 21 Oct 2015 07:28:03 GMT", Date=SKEWED), 3),
        (httpx.Response(503, headers={"Retry-After": "3"}), 3),
        (httpx.Response(403, headers={"Retry-After": "3"}), 3),
    ],
    ids=[
        "seconds",
        "decimals",
        "a date by a clock of its own",
        "503",
        "403 with Retry-After",
    ],
)
def test_retry_after_is_kept_by_all(
    refusal: httpx.Response, pause: float, choices: dict[str, Any]
) -> None:
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
        api = api_on_virtual_clock(
            snippet(save=None, progress=False, limit=5, **choices), get
        )
        return list(
            await asyncio.gather(
                *(api.fetch({"url": str(number)}) for number in range(100))
            )
        )

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
    """What may pass is asked for 8 times, the rest once; where nobody is let in, the
    others are not sent.
    """
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0.05)
        return httpx.Response(status, headers=headers)

    async def main() -> list[dict[str, Any]]:
        api = api_on_virtual_clock(
            snippet(save=None, progress=False, quotas=[(1000, 1)], limit=6), get
        )
        return list(
            await asyncio.gather(
                *(api.fetch({"url": str(number)}) for number in range(100))
            )
        )

    outcomes = run(main())
    assert sent == asked
    said = [outcome.get("status", outcome.get("error")) for outcome in outcomes]
    settled: object = status if status in (404, 410) else f"status {status}"
    unsent = ["not sent: given up after another error"] * (100 - asked)
    assert said == [settled] * (100 - len(unsent)) + unsent


FORMS: dict[str, dict[str, Any]] = {
    "paced": {},
    "with a limit alone": {"quotas": ()},
    "paced for each host": {"per_host": True},
    "within a budget of tokens": {"tokens": 10**6},
}
in_all_forms = pytest.mark.parametrize("choices", FORMS.values(), ids=FORMS)


async def fetch_all(
    count: int, get: Callable[[str], Awaitable[httpx.Response]], **choices: Any
) -> list[dict[str, Any]]:
    """The outcomes of ``count`` ids of which each is its own address, and its own
    question.
    """
    api = api_on_virtual_clock(snippet(save=None, progress=False, **choices), get)
    items = [{"url": str(number), "asked": {}} for number in range(count)]
    return list(await asyncio.gather(*map(api.fetch, items)))


@pytest.mark.parametrize(
    "lost", [httpx.ConnectError("nobody"), httpx.ConnectTimeout("nobody")], ids=repr
)
@pytest.mark.parametrize("limit", [6, 50])
@in_all_forms
def test_where_nobody_is_there(
    lost: Exception,
    limit: int,
    choices: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each id has an outcome, but after eight tries of one nothing more is sent; why is
    said once.
    """
    sent, ended = 0, 0.0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        raise lost

    async def main() -> list[dict[str, Any]]:
        nonlocal ended
        outcomes = await fetch_all(1000, get, limit=limit, **choices)
        ended = virtual_loop().time()
        return outcomes

    outcomes = run(main())
    assert [outcome["url"] for outcome in outcomes] == [
        str(number) for number in range(1000)
    ]
    assert sent <= 8 * limit
    assert ended - BEGIN < 70
    said = {outcome["error"] for outcome in outcomes}
    assert said == {repr(lost), "not sent: given up after another error"}
    assert capsys.readouterr().out == f"\n{lost!r}: trying again\n"


@pytest.mark.parametrize(
    "lost", [httpx.ConnectError("nobody"), httpx.ReadError("lost")], ids=repr
)
def test_an_outage_that_ends(lost: Exception) -> None:
    """Of an API that comes back after two seconds all is fetched; an id that never
    works stops nothing.
    """

    async def get(url: str) -> httpx.Response:
        if virtual_loop().time() < BEGIN + 2 or (
            url == "7" and isinstance(lost, httpx.ReadError)
        ):
            raise lost
        return httpx.Response(200, json={})

    failed = [
        outcome["url"]
        for outcome in run(fetch_all(100, get, limit=1))
        if "error" in outcome
    ]
    assert failed == (["7"] if isinstance(lost, httpx.ReadError) else [])


@pytest.mark.parametrize("outage", [15, 30])
@pytest.mark.parametrize("before", [200, 429])
@in_all_forms
def test_an_outage_in_the_middle(
    outage: float, before: int, choices: dict[str, Any]
) -> None:
    """Once the API has answered, with whatever status, an outage costs only ids that
    were in flight.
    """

    async def get(url: str) -> httpx.Response:
        now = virtual_loop().time() - BEGIN
        if 1 < now < 1 + outage:
            raise httpx.ConnectError("nobody")
        await asyncio.sleep(0.2)
        return httpx.Response(200 if now > 1 else before, json={})

    outcomes = run(fetch_all(1000, get, limit=50, **choices))
    failed = [outcome["error"] for outcome in outcomes if "error" in outcome]
    assert set(failed) <= {"ConnectError('nobody')"}
    assert len(failed) <= 50


@in_all_forms
def test_connections_that_fail_at_random(choices: dict[str, Any]) -> None:
    """With every second one failing, one id in 256 fails eight times, and only those
    are missing.
    """

    async def get(url: str) -> httpx.Response:
        await asyncio.sleep(0.05)
        if random.random() < 0.5:
            raise httpx.ConnectError("nobody")
        return httpx.Response(200, json={})

    outcomes = run(fetch_all(3000, get, limit=50, **choices))
    assert sum("error" in outcome for outcome in outcomes) < 40  # 12 are to be expected


def test_backoff_is_full_jitter_that_grows() -> None:
    """Between two attempts lies anything from nothing to half a second, doubled each
    time, at most 30 s.
    """
    sent: list[float] = []

    async def get(url: str) -> httpx.Response:
        sent.append(virtual_loop().time())
        raise httpx.ConnectError("nobody there")

    async def main() -> Any:
        names = api_on_virtual_clock(
            snippet(save=None, progress=False, quotas=(), limit=1), get
        )
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
