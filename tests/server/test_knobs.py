"""The knobs of the practice server: what each allows, and what the latencies do."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.server.app import PracticeApp

NAN, INFINITY = float("nan"), float("inf")


class Knob(NamedTuple):
    """What a knob allows, in words, and values that it refuses."""

    name: str
    allowed: str
    wrong_type: list[object]
    out_of_bounds: list[object]


ALLOWED_DIALECTS = "'draft', 'github', 'openai', 'azure', 'anthropic', 'gemini'"
ALLOWED_QUOTAS = ", ".join(map(repr, ["none", *KINDS]))
COUNT = "1 to 1000000000, or None"
KNOBS = [
    Knob("quota", ALLOWED_QUOTAS, [], ["leaky", None, ["gcra"]]),
    Knob("latency_kind", "'fixed', 'jittered', 'heavy-tailed'", [True], ["slow"]),
    Knob("latency", "0 to 86400", ["0.3", True, None], [-0.1, NAN, INFINITY, 86_401]),
    Knob("way", "0 to 86400", ["0.3", True, None], [-0.1, NAN, INFINITY, 86_401]),
    Knob("rate", "1 to 1000000000", ["100", True, None], [INFINITY, 0, 0.5, NAN]),
    Knob("period", "0.001 to 86400", ["1", None], [0.0009, 1e308, 0, -1, NAN]),
    Knob("burst", COUNT, [1.5, True], [10**400, 0]),
    Knob("max_concurrent", COUNT, ["9", True], [10**400, 0, -1]),
    Knob("tokens", COUNT, [1.5, True], [10**400, 0]),
    Knob("dialect", ALLOWED_DIALECTS, [True], ["GitHub", None, ["draft"]]),
    Knob("exhausted", "True or False", [0, 1, "yes", None], []),
]


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_server_refuses_a_knob(knob: Knob) -> None:
    """A bad knob is an error where it is written, at the start and while it runs, and
    changes nothing.
    """
    gcra: dict[str, Any] = {"quota": "gcra"}
    server = PracticeServer(**gcra)
    before = getattr(server, knob.name)
    for value in knob.wrong_type + knob.out_of_bounds:
        error = TypeError if value in knob.wrong_type else ValueError
        message = rf"^{knob.name} must be .*{knob.allowed}.*{re.escape(repr(value))}"
        with pytest.raises(error, match=message):
            PracticeServer(**(gcra | {knob.name: value}))
        with pytest.raises(error, match=message):
            setattr(server, knob.name, value)
    assert getattr(server, knob.name) == before


@pytest.mark.parametrize("quota", ["none", "fixed-window", "sliding-window"])
def test_burst_needs_a_quota_that_has_one(quota: str) -> None:
    """A burst that would do nothing is an error that says which quotas have one."""
    expected = r"^burst goes with quota 'token-bucket' or 'gcra'.*, got burst=5"
    with pytest.raises(ValueError, match=expected):
        PracticeServer(quota=quota, burst=5)


@pytest.mark.parametrize(
    ("knobs", "burst"),
    [
        ({"quota": "token-bucket", "rate": 7.5}, 7),
        ({"quota": "gcra", "rate": 7.5}, 1),
        ({"quota": "gcra", "rate": 7.5, "burst": 3}, 3),
    ],
)
def test_a_policy_names_the_usual_burst(knobs: dict[str, Any], burst: int) -> None:
    """A whole rate for a bucket, one by one for GCRA, unless the knob says so."""
    policy = PracticeServer(**knobs).quota_policy
    assert policy
    assert policy.burst == burst


def test_a_twin_of_a_server_whose_quota_was_changed() -> None:
    """A burst that waits for its quota to come back goes to the twin too, and is no
    error there.
    """
    server = PracticeServer(quota="gcra", burst=10, rate=7, seed=1)
    server.quota = "sliding-window"
    twin = server.twin()
    assert twin == server
    assert twin is not server


@pytest.mark.parametrize(
    ("name", "value", "error", "allowed"),
    [
        ("seed", "3", TypeError, "0 or more, or None"),
        ("seed", -1, ValueError, "0 or more, or None"),
        ("port", 99999, ValueError, "0 to 65535"),
        ("port", "80", TypeError, "0 to 65535"),
    ],
)
def test_a_bad_seed_or_port_is_named(
    name: str, value: object, error: type[Exception], allowed: str
) -> None:
    """They are checked as the knobs are."""
    with pytest.raises(error, match=rf"^{name} must be .*{allowed}, got "):
        PracticeServer(**{name: value})  # type: ignore[arg-type]


def test_unknown_knob_is_an_error() -> None:
    """A misspelt knob does not pass silently."""
    with pytest.raises(TypeError, match="latencey"):
        PracticeServer(latencey=0.3)


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
    long tail: one in a hundred takes more than ten times as long.
    """

    def sample(kind: str) -> list[float]:
        app = PracticeApp(latency=0.2, latency_kind=kind, seed=7)
        return sorted(draw(app, 10_000))

    assert set(sample("fixed")) == {0.2}
    jittered = sample("jittered")
    assert 0.1 <= jittered[0] < 0.105
    assert 0.295 < jittered[-1] <= 0.3
    heavy = sample("heavy-tailed")
    assert statistics.median(heavy) == pytest.approx(0.2, rel=0.05)
    share = sum(latency > 2.0 for latency in heavy) / len(heavy)
    assert share == pytest.approx(0.01, abs=0.004)


@pytest.mark.anyio
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


@pytest.mark.anyio
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


@pytest.mark.anyio
async def test_a_request_is_counted_when_it_has_come_its_way(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """The way is a part of the latency, and on arrival the server says when it will
    answer: never before that.
    """
    server.way, server.latency, server.latency_kind = 0.2, 0.3, "jittered"
    began = server.timeline.clock()
    await asyncio.gather(*(client.get(server.url) for _ in range(9)))
    events = server.timeline.events
    due = {event.request: event.due for event in events if event.kind == "sent"}
    arrived = [event.time for event in events if event.kind == "sent"]
    answered = {event.request: event.time for event in events if event.kind != "sent"}
    assert min(arrived) - began >= 0.19
    assert len(set(due.values())) > 5
    for request, time_due in due.items():
        assert time_due is not None
        assert time_due - began >= 0.19
        assert answered[request] >= time_due - 0.01


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
