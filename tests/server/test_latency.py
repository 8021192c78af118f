"""How long the practice API takes to answer."""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.app import PracticeApp

pytestmark = pytest.mark.anyio


def draw(app: PracticeApp, count: int = 50) -> list[float]:
    """The latencies of the next requests."""
    return [app._draw_latency() for _ in range(count)]


@pytest.mark.parametrize("kind", ["fixed", "jittered", "heavy-tailed"])
def test_latencies_repeat_with_the_seed(kind: str) -> None:
    """The same seed draws the same latencies, after a reset too; another seed draws
    others.
    """
    first, same, other = (
        PracticeApp(latency=0.1, latency_kind=kind, seed=seed) for seed in (1, 1, 2)
    )
    drawn = draw(first)
    assert draw(same) == drawn
    first.reset()
    assert draw(first) == drawn
    assert (draw(other) == drawn) == (kind == "fixed")


def test_latency_kinds_have_their_shapes() -> None:
    """Fixed is constant, jittered stays within half, heavy-tailed has the median and a
    long tail.
    """

    def sample(kind: str) -> list[float]:
        app = PracticeApp(latency=0.2, latency_kind=kind, seed=7)
        return sorted(draw(app, 10_000))

    assert set(sample("fixed")) == {0.2}
    jittered = sample("jittered")
    assert 0.1 <= jittered[0] < 0.105
    assert 0.295 < jittered[-1] <= 0.3
    assert statistics.median(jittered) == pytest.approx(0.2, rel=0.03)
    heavy = sample("heavy-tailed")
    assert statistics.median(heavy) == pytest.approx(0.2, rel=0.05)
    assert heavy[0] > 0
    # "One answer in a hundred takes more than ten times the median."
    share = sum(latency > 2.0 for latency in heavy) / len(heavy)
    assert share == pytest.approx(0.01, abs=0.004)


def test_slow_motion_stretches_latency_and_period() -> None:
    """By the same factor, and the knobs stay what they are."""
    app = PracticeApp(latency=0.2, period=3)
    app.slow = 7
    assert draw(app, 1) == [pytest.approx(1.4)]
    assert app.timeline.period == 21
    assert (app.latency, app.period) == (0.2, 3)


async def test_every_answer_takes_the_latency(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Refusals take as long as answers, and requests wait side by side, not one after
    the other.
    """
    server.latency = 0.25
    server.quota, server.rate, server.period = "fixed-window", 5, 3600
    started = time.perf_counter()
    await asyncio.gather(*(client.get(server.url) for _ in range(20)))
    assert time.perf_counter() - started < 20 * 0.25
    events = server.timeline.events
    sent = {event.request: event.time for event in events if event.kind == "sent"}
    answered = [event for event in events if event.kind == "answered"]
    assert len(answered) == 20
    assert all(event.time - sent[event.request] >= 0.24 for event in answered)


async def test_an_answer_takes_little_more_than_the_latency(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """No hidden 40 ms: a kept-alive connection gets its answer at once (the median of
    twenty).
    """
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        await client.get(server.url)
        seconds.append(time.perf_counter() - started)
    assert statistics.median(seconds) < 0.03
