"""The knobs of the practice server: what each allows, and what the latencies do."""

from __future__ import annotations

import asyncio
import random
import statistics
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runs.events import Event
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.knobs import LATENCIES
from tests.support.asgi import client_of
from tests.support.virtual_clock import BEGIN, run, virtual_loop

NAN, INFINITY = float("nan"), float("inf")
REFUSED: dict[str, list[object]] = {
    "quota": ["leaky", None, ["gcra"]],
    "latency_kind": ["slow", True],
    "latency": [-0.1, 86_401, NAN, INFINITY, "0.3", True, None],
    "way": [-0.1, 86_401, "0.3"],
    "rate": [0.5, 1_000_000_001, INFINITY, "100", None],
    "period": [0.0009, 86_401, 0, "1", None],
    "burst": [0, 1_000_000_001, 1.5, True],
    "max_concurrent": [0, -1, 1_000_000_001, "9"],
    "tokens": [0, 1_000_000_001, 1.5],
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
    gcra: dict[str, Any] = {"quota": "gcra"}
    server = PracticeServer(**gcra)
    before = getattr(server, name, None)
    for value in REFUSED[name]:
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be ") as at:
            PracticeServer(**(gcra | {name: value}))
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


@pytest.mark.parametrize("quota", ["none", "fixed-window", "sliding-window"])
def test_burst_needs_a_quota_that_has_one(quota: str) -> None:
    """A burst that would do nothing is an error that says which quotas have one."""
    expected = r"^burst goes with quota 'token-bucket' or 'gcra'.*, got burst=5"
    with pytest.raises(ValueError, match=expected):
        PracticeServer(quota=quota, burst=5)


def test_a_twin_of_a_server_whose_quota_was_changed() -> None:
    """A burst that waits for its quota to come back goes to the twin too, and is no
    error there.
    """
    server = PracticeServer(quota="gcra", burst=10, rate=7, seed=1)
    server.quota = "sliding-window"
    twin = server.twin()
    assert twin == server
    assert twin is not server


def test_unknown_knob_is_an_error() -> None:
    """A misspelt knob does not pass silently."""
    with pytest.raises(TypeError, match="latencey"):
        PracticeServer(latencey=0.3)


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


@pytest.mark.parametrize("kind", ["fixed", "jittered", "heavy-tailed"])
def test_latencies_repeat_with_the_seed(kind: str) -> None:
    """The same seed draws the same latencies, after a reset too; another seed draws
    others.
    """
    first, same, other = (
        PracticeApp(latency=0.1, latency_kind=kind, seed=seed) for seed in (1, 1, 2)
    )
    drawn = seconds(first, 50)
    assert seconds(same, 50) == drawn
    first.reset()
    assert seconds(first, 50) == drawn
    assert (seconds(other, 50) == drawn) == (kind == "fixed")


def test_latency_kinds_have_their_shapes() -> None:
    """Fixed is constant, jittered stays within half, heavy-tailed has the median and a
    long tail: one in a hundred takes more than ten times as long.
    """

    def sample(kind: str) -> list[float]:
        draw = random.Random(7)
        return sorted(LATENCIES[kind](draw) for _ in range(10_000))

    assert set(sample("fixed")) == {1}
    jittered = sample("jittered")
    assert 0.5 <= jittered[0] < 0.525
    assert 1.475 < jittered[-1] <= 1.5
    heavy = sample("heavy-tailed")
    assert statistics.median(heavy) == pytest.approx(1, rel=0.05)
    share = sum(latency > 10 for latency in heavy) / len(heavy)
    assert share == pytest.approx(0.01, abs=0.004)


def test_every_answer_takes_the_latency() -> None:
    """Refusals take as long as answers, and requests wait side by side, not one after
    the other.
    """
    app = PracticeApp(latency=0.25, quota="fixed-window", rate=5, period=3600)
    assert seconds(app, 20) == pytest.approx([0.25] * 20)
    assert (app.stats().accepted, app.stats().refused) == (5, 15)


def test_a_request_is_counted_when_it_has_come_its_way() -> None:
    """The way is a part of the latency, and on arrival the server says when it will
    answer, which is never before that.
    """
    app = PracticeApp(latency=0.3, way=0.2, latency_kind="jittered", seed=1)
    events = send(app, 50)
    answered = {event.request: event.time for event in events if event.kind != "sent"}
    sent = [event for event in events if event.kind == "sent"]
    assert {round(event.time - BEGIN, 6) for event in sent} == {0.2}
    due = [event.due or 0 for event in sent]
    assert [answered[event.request] for event in sent] == pytest.approx(due)
    assert min(due) - BEGIN == pytest.approx(0.2)  # would be 0.15 without the way
    assert max(due) - BEGIN > 0.4


@pytest.mark.anyio
async def test_who_hangs_up_on_the_way_is_never_counted(
    server: PracticeServer,
) -> None:
    """Neither by the quota nor in the statistics."""
    server.way, server.quota, server.rate = 0.25, "fixed-window", 1
    server.period = 3600
    async with httpx.AsyncClient() as gives_up:
        with pytest.raises(httpx.ReadTimeout):
            await gives_up.get(server.url, timeout=httpx.Timeout(9, read=0.05))
    server.way = 0
    async with httpx.AsyncClient() as another:
        assert (await another.get(server.url)).status_code == 200
    await asyncio.sleep(0.3)
    assert server.stats().started == 1
