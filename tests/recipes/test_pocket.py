"""The short classes of printed scripts keep what the package's promise."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import Any

import httpx
import pytest

from inflight_lab.recipes.pocket.budgets import Budgets
from inflight_lab.recipes.pocket.pacer import Pacer
from inflight_lab.recipes.pocket.patiently import (
    NoAnswer,
    Patience,
    Stop,
    pause_in,
)
from inflight_lab.runners import paced
from tests.support.recorded_answers import ROWS, TODAY, Row
from tests.support.simulator import (
    URL,
    SimulatedApi,
    network,
    quota,
    stall_each_second,
)
from tests.support.virtual_clock import run, virtual_loop

KINDS = {"fixed-window": None, "sliding-window": None, "token-bucket": None, "gcra": 10}


def send(api: SimulatedApi, count: int, pacer: Any, *, stall: float = 0.0) -> None:
    """Send so many, on a loop that may block once in each second."""

    async def main() -> None:
        stalls = asyncio.create_task(stall_each_second(stall)) if stall else None
        await paced.make_many_requests(
            URL, count, client=api, limiter=pacer(), return_exceptions=True
        )
        if stalls:
            stalls.cancel()

    run(main(), late=0.0005)


@pytest.mark.parametrize("latency", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(
    ("jitter", "stall", "least"), [(0, 0, 0.98), (0.01, 0, 0.95), (0.01, 0.1, 0.9)]
)
def test_nearly_the_whole_quota_and_no_429(
    jitter: float, stall: float, least: float, latency: float
) -> None:
    """At any latency, with jitter, and when the loop blocks in each second."""
    api = SimulatedApi(network(jitter, latency=latency))
    send(api, 3000, lambda: Pacer(100, 1, limit=200), stall=stall)
    refused = {
        kind: api.refused(quota(kind, burst=burst)) for kind, burst in KINDS.items()
    }
    assert refused == dict.fromkeys(KINDS, 0)
    assert api.used(1, 29) >= least


def test_a_failure_is_no_short_latency() -> None:
    """A connection that is lost at once does not slow down all that follow."""
    left: list[float] = []

    async def ask(pacer: Pacer) -> None:
        async with pacer:
            left.append(virtual_loop().now)
            await asyncio.sleep(0.3)

    async def main() -> None:
        pacer = Pacer(100, 1, limit=200)
        with contextlib.suppress(ConnectionError):
            async with pacer:
                await asyncio.sleep(0.001)
                raise ConnectionError
        await asyncio.gather(*[ask(pacer) for _ in range(300)])

    run(main())
    assert 299 / (left[-1] - left[0]) == pytest.approx(100 / 1.0125, rel=0.02)


@pytest.mark.parametrize(("rate", "period"), [(0.5, 1), (2.5, 1), (30, 60)])
def test_odd_rates(rate: float, period: float) -> None:
    """Less than one in a period, or no whole number, is no mistake."""
    api = SimulatedApi(network(0, latency=0.1))
    send(api, 10, lambda: Pacer(rate, period))
    seconds = api.arrivals[-1] - api.arrivals[0]
    assert 9 / seconds == pytest.approx(rate / period / 1.0125, rel=0.1)


def test_a_run_that_is_stopped_wakes_all_who_wait() -> None:
    """Nobody waits for a turn that comes in an hour, and nothing more is sent."""
    sent = 0

    async def refuse() -> httpx.Response:
        nonlocal sent
        sent += 1
        return httpx.Response(401)

    async def main() -> list[BaseException | httpx.Response]:
        began = virtual_loop().now
        pacer, patiently = Pacer(1, 3600, limit=5), Patience()
        asking = [patiently(pacer, refuse) for _ in range(5)]
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert virtual_loop().now - began < 2
        return ends

    assert {type(end) for end in run(main())} == {Stop}
    assert sent == 1


@pytest.mark.parametrize("good_ones_between", [False, True])
def test_refusals_in_a_row(good_ones_between: bool) -> None:
    """Ten end the run, unless something is accepted in between."""
    sent = 0

    async def answer() -> httpx.Response:
        nonlocal sent
        sent += 1
        is_good = good_ones_between and sent % 5 == 0
        return httpx.Response(200 if is_good else 429)

    async def main() -> None:
        pacer, patiently = Pacer(1000), Patience()
        for _ in range(10):
            try:
                await patiently(pacer, answer)
            except NoAnswer:
                continue

    if good_ones_between:
        run(main())
        assert sent == 50
    else:
        with pytest.raises(Stop):
            run(main())
        assert sent == 10


def test_a_pause_holds_for_all() -> None:
    """No request leaves before the API's pause is over, whoever was asked to wait."""
    left: list[float] = []

    async def answer() -> httpx.Response:
        left.append(virtual_loop().now)
        if len(left) == 1:
            return httpx.Response(429, headers={"Retry-After": "20"})
        return httpx.Response(200)

    async def main() -> None:
        pacer, patiently = Pacer(10, limit=5), Patience()
        await asyncio.gather(*(patiently(pacer, answer) for _ in range(5)))

    run(main())
    assert min(left[1:]) - left[0] >= 20


WAITS = [row for row in ROWS if re.fullmatch(r"wait [\d.]+", row.reads)]


@pytest.mark.parametrize("row", WAITS, ids=lambda row: row.api)
def test_how_long_to_wait(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package's reader finds, the short one finds too, in any time zone."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: TODAY)
    response = httpx.Response(row.status, headers=row.headers, json=row.body)
    assert pause_in(response) == pytest.approx(float(row.reads.split()[1]), abs=1)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("costs", "seconds"), [({"requests": 1, "tokens": 1}, 9), ({"tokens": 500}, 45)]
)
def test_budgets_are_spaced_by_the_larger_share(
    costs: dict[str, float], seconds: float
) -> None:
    """Ten of 60 requests take nine of 60 seconds; of 6,000 tokens, nine times 500."""

    async def main() -> float:
        budgets = Budgets(requests=(60, 60), tokens=(6000, 60))
        began = virtual_loop().now
        for _ in range(10):
            async with budgets.turn(**costs):
                pass
        return virtual_loop().now - began

    assert run(main()) == pytest.approx(seconds / 0.97, abs=0.2)
