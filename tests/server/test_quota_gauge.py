"""What the practice API writes into its timeline of how its quota stands."""

from __future__ import annotations

import httpx
import pytest

from inflight_lab.server.app import PracticeApp

pytestmark = pytest.mark.anyio

HOURS = 7200.0
"""A period in which the time that a test takes changes nothing."""


async def gauges(app: PracticeApp, *kinds: str) -> list[float | None]:
    """How the quota stands after each of two requests of every kind, one by one."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport) as client:
        for kind in kinds:
            app.quota = kind
            for _ in range(2):
                await client.get("http://127.0.0.1/get")
    return [event.quota for event in app.timeline.events if event.kind == "sent"]


@pytest.mark.parametrize(
    ("kind", "after_one", "after_two"),
    [
        ("sliding-window", 1, 2),
        ("fixed-window", 1, 2),
        ("token-bucket", 6, 5),
        ("gcra", HOURS / 7, HOURS / 7),
    ],
)
async def test_each_arrival_says_how_the_quota_stands_after_it(
    kind: str, after_one: float, after_two: float
) -> None:
    """In the kind's own number; GCRA refuses the second of two at once."""
    app = PracticeApp(quota=kind, rate=7, period=HOURS, latency=0)
    found = await gauges(app, kind)
    assert found == pytest.approx([after_one, after_two], abs=0.5)


async def test_no_number_is_left_of_a_quota_that_was_turned_off() -> None:
    """Nor of another kind, where a 503 comes before anything is counted."""
    app = PracticeApp(quota="gcra", rate=7, period=HOURS, latency=0)
    assert (await gauges(app, "gcra", "none"))[2:] == [None, None]
    app.max_concurrent = 1
    app.timeline.send()
    assert (await gauges(app, "sliding-window"))[-2:] == [None, None]
