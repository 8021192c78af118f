"""The knobs of the practice server: what each allows, and what the latencies do."""

from __future__ import annotations

import asyncio

import pytest

from inflight_lab import PracticeServer
from inflight_lab.lesson.server.app import PracticeApp
from tests.support.asgi import client_of
from tests.support.virtual_clock import run, virtual_loop

KNOBS: dict[str, tuple[list[object], list[object]]] = {
    "quota": (["none", "gcra"], ["leaky", None]),
    "latency": ([0, 86_400], [-0.1, 86_401, "0.3"]),
    "jitter": ([0, 1], [-0.1, 1.1, None]),
    "rate": ([1, 1_000_000_000], [0.5, 1_000_000_001, "100"]),
    "period": ([0.001, 86_400], [0.0009, 86_401]),
    "max_concurrent": ([None, 1, 1_000_000_000], [0, 1_000_000_001, "9"]),
    "tokens": ([None, 1, 1_000_000_000], [0, 1_000_000_001, 1.5]),
    "dialect": (["draft", "github"], ["GitHub", None]),
    "exhausted": ([True], [1, None]),
    "seed": ([None, 0], [-1, "3"]),
    "port": ([0, 65_535], [-1, 65_536, "80"]),
}
"""By name, values that fit, the smallest and the largest among them, and others."""


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_refuses(name: str) -> None:
    """A bad knob is an error where it is written, which names it and the value; so it
    is while the server runs, and changes nothing.
    """
    fits, refused = KNOBS[name]
    for value in fits:
        server = PracticeServer(**{name: value})  # type: ignore[arg-type]
    for value in refused:
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be ") as at:
            PracticeServer(**{name: value})  # type: ignore[arg-type]
        assert str(at.value).endswith(f"got {value!r}")
        if name not in ("seed", "port"):
            with pytest.raises(type(at.value), match=rf"^{name} must be "):
                setattr(server, name, value)
            assert getattr(server, name) == fits[-1]


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


def seconds(app: PracticeApp, count: int) -> list[float]:
    """How long each of so many requests takes that are sent at the same moment."""

    async def main() -> list[float]:
        app.timeline.clock = clock = virtual_loop().time
        async with client_of(app) as client:

            async def one() -> float:
                await client.get("/get")
                return clock() - begin

            begin = clock()
            return await asyncio.gather(*(one() for _ in range(count)))

    return run(main())


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
