"""The knobs of the practice server: what each allows, and what the latencies do."""

from __future__ import annotations

import asyncio

import pytest

from inflight_lab import PracticeServer
from inflight_lab.runs.events import Event
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.virtual_clock import run, virtual_loop

NAN, INFINITY = float("nan"), float("inf")
REFUSED: dict[str, list[object]] = {
    "quota": ["leaky", None, ["gcra"]],
    "latency": [-0.1, 86_401, NAN, INFINITY, "0.3", True, None],
    "jitter": [-0.1, 1.1, NAN, "0.5", None],
    "rate": [0.5, 1_000_000_001, INFINITY, "100", None],
    "period": [0.0009, 86_401, 0, "1", None],
    "max_concurrent": [0, -1, 1_000_000_001, "9"],
    "tokens": [0, 1_000_000_001, 1.5, True],
    "dialect": ["GitHub", None, ["draft"]],
    "exhausted": [0, 1, "yes", None],
    "seed": [-1, "3"],
    "port": [-1, 99_999, "80"],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_knob_refuses(name: str) -> None:
    """A bad knob is an error where it is written, which names it and the value; so it
    is while the server runs, and changes nothing.
    """
    server = PracticeServer()
    before = getattr(server, name, None)
    for value in REFUSED[name]:
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be ") as at:
            PracticeServer(**{name: value})  # type: ignore[arg-type]
        assert str(at.value).endswith(f"got {value!r}")
        if name not in ("seed", "port"):
            with pytest.raises(type(at.value), match=rf"^{name} must be "):
                setattr(server, name, value)
    assert getattr(server, name, None) == before


def test_the_ends_of_each_knob_are_allowed() -> None:
    """The smallest and the largest values that make sense."""
    least = PracticeServer(latency=0, rate=1, period=0.001, max_concurrent=1, tokens=1)
    assert (least.rate, least.period, least.tokens) == (1, 0.001, 1)
    PracticeServer(latency=86_400, rate=1_000_000_000, period=86_400)


def test_a_rate_is_a_limit() -> None:
    """Whoever names one wants it kept, and need not know the kinds of quota."""
    assert PracticeServer(rate=20).quota == "sliding-window"
    assert PracticeServer(rate=20, quota="none").quota == "none"
    assert PracticeServer(period=20).quota == "none"


def test_a_twin_has_the_same_knobs() -> None:
    """Also those that were set after the start; it is a server of its own."""
    server = PracticeServer(quota="gcra", rate=7, seed=1)
    server.quota, server.dialect = "sliding-window", "github"
    twin = server.twin()
    assert twin == server
    assert twin is not server


# ---- latencies, on a virtual clock


def send(app: PracticeApp, count: int) -> list[Event]:
    """Send requests at the same moment; returns the events of each kind in order."""

    async def main() -> None:
        app.timeline.clock = virtual_loop().time
        async with client_of(app) as client:
            requests = [client.get("/get") for _ in range(count)]
            await asyncio.gather(*requests)

    run(main())
    return app.timeline.events


def seconds(app: PracticeApp, count: int) -> list[float]:
    """How long each request is at the server, in the order of sending."""
    began, took = {}, {}
    for event in send(app, count):
        if event.kind == "sent":
            began[event.request] = event.time
        else:
            took[event.request] = event.time - began[event.request]
    return [took[request] for request in began]


def test_latencies_repeat_with_the_seed() -> None:
    """The same seed draws the same latencies, after a reset and in a twin too; another
    seed draws others.
    """
    first, same, other = (
        PracticeApp(latency=0.1, jitter=0.5, seed=seed) for seed in (1, 1, 2)
    )
    drawn = seconds(first, 50)
    assert seconds(same, 50) == drawn
    first.reset()
    assert seconds(first, 50) == drawn
    assert seconds(first.twin(), 50) == drawn
    assert seconds(other, 50) != drawn


def test_jitter_is_a_share_of_the_latency() -> None:
    """Evenly drawn, as much below as above."""
    drawn = sorted(seconds(PracticeApp(latency=0.2, jitter=0.5, seed=7), 200))
    assert drawn[0] == pytest.approx(0.1, abs=0.005)
    assert drawn[100] == pytest.approx(0.2, abs=0.02)
    assert drawn[-1] == pytest.approx(0.3, abs=0.005)


def test_every_answer_takes_the_latency() -> None:
    """Refusals take as long as answers, and requests wait side by side, not one after
    the other.
    """
    app = PracticeApp(latency=0.25, quota="fixed-window", rate=5, period=3600)
    assert seconds(app, 20) == pytest.approx([0.25] * 20)
    assert (app.stats().accepted, app.stats().refused) == (5, 15)
