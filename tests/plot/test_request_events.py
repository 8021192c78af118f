"""A run's events: each request once, seen from both sides, and no other run's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from typing import Any

import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.engine.execution import Execution
from inflight_lab.plot.source import PlotSource
from inflight_lab.runners import semaphore_pause
from inflight_lab.runs.run import RequestEvent
from tests.support.virtual_clock import SetClock


@pytest.fixture
def practice() -> Iterator[PracticeServer]:
    """A server that answers; its API allows three in a minute."""
    quota: dict[str, Any] = {"quota": "sliding-window", "rate": 3, "period": 60}
    with PracticeServer(latency=0.01, **quota) as running:
        yield running


def new_events(source: PlotSource) -> list[tuple[Any, ...]]:
    """What is new, without times and quotas."""
    return [event[1:4] for event in source.read().events]


def test_both_sides_tell_of_one_request(
    clock: SetClock, server: Timeline, client: Timeline
) -> None:
    """The sides number apart: the verdict goes to the request that was sent first.
    Times are seconds since the run began; the quota stands on no other event.
    """
    server.answer(server.send(200), 200)
    source = PlotSource(server, client)
    client.take()
    clock.now += 1.25
    first = client.send()
    client.free()
    second = client.send()
    clock.now += 1
    arrived = server.send(429, quota=2.5)
    client.cancel(second)
    client.answer(first, 429)
    server.answer(arrived, 429)
    assert source.read().events == [
        RequestEvent(0.0, "taken", None, 0),
        RequestEvent(1.25, "sent", first, 0),
        RequestEvent(1.25, "freed", None, 0),
        RequestEvent(1.25, "sent", second, None),
        RequestEvent(2.25, "arrived", first, 429, 2.5),
        RequestEvent(2.25, "cancelled", second, None),
        RequestEvent(2.25, "answered", first, 429),
    ]


def test_one_ends_as_the_next_is_sent(
    clock: SetClock, server: Timeline, client: Timeline
) -> None:
    """Where the clock is coarse, too, an arrival is that of the one just sent."""
    source = PlotSource(server, client)
    first = client.send()
    server.send(200)
    clock.now += 1
    failed = client.send()
    server.send(503)
    client.answer(failed, 503)
    client.answer(first, 200)
    last = client.send()
    server.send(429)
    arrived = [event for event in new_events(source) if event[0] == "arrived"]
    assert arrived == [
        ("arrived", first, 200),
        ("arrived", failed, 503),
        ("arrived", last, 429),
    ]


def test_only_this_run_is_read(
    clock: SetClock, server: Timeline, client: Timeline
) -> None:
    """What began before, and what never arrived, takes no other's verdict."""
    client.take()
    before = client.send()
    server.send(200)
    source = PlotSource(server, client)
    clock.now += 1
    client.answer(before, 200)
    client.free()
    not_counted = client.send()
    clock.now += 1
    client.answer(not_counted, 404)  # of a path that the server does not count
    clock.now += 1
    client.send()
    clock.now += 1
    server.send(429)
    server.send(200)  # another panel's
    assert new_events(source) == [
        ("sent", 0, None),
        ("answered", 0, 404),
        ("sent", 1, None),
        ("arrived", 1, 429),
        ("arrived", None, 200),
    ]


@pytest.mark.parametrize("side", ["server", "client"])
def test_one_side_is_enough(side: str, server: Timeline, client: Timeline) -> None:
    """A request arrives as it is sent: a server says with which verdict."""
    if side == "server":
        source = PlotSource(server, None)
        server.answer(server.send(429, quota=3.0), 429)
    else:
        source = PlotSource(None, client)
        client.answer(client.send(), 429)
    verdict = (429, 3.0) if side == "server" else (None, None)
    assert source.read().events == [
        RequestEvent(0.0, "sent", 0, None),
        RequestEvent(0.0, "arrived", 0, *verdict),
        RequestEvent(0.0, "answered", 0, 429),
    ]


def test_those_who_give_up_waiting_are_counted(client: Timeline) -> None:
    """They have no numbers; the event says how many there were, also of older ones."""
    client.start(2)
    source = PlotSource(None, client)
    client.fail(None, "PoolTimeout")
    client.start(7)
    client.send()
    client.cancel(None)
    client.cancel_waiting()
    assert [event for event in new_events(source) if event[1] is None] == [
        ("failed", None, 1),
        ("cancelled", None, 1),
        ("cancelled", None, 6),
    ]


@pytest.mark.anyio
async def test_a_real_run_is_read_in_order(practice: PracticeServer) -> None:
    """Each request takes a slot, is sent from it, arrives, and frees the slot."""
    timeline = Timeline()
    source = PlotSource(practice.timeline, timeline)
    runner = partial(semaphore_pause.make_many_requests, pause=0.02)
    await Execution(runner, practice.url, 6, limit=2, timeline=timeline).run()
    events = source.read().events
    assert events == sorted(events, key=attrgetter("time"))
    for slot in (0, 1):
        of_slot = [each.what for each in events if each.detail == slot]
        assert of_slot == ["taken", "sent", "freed"] * (len(of_slot) // 3)
    statuses = []
    for number in range(6):
        sent, arrived, answered = (each for each in events if each.request == number)
        assert (sent.what, arrived.what) == ("sent", "arrived")
        assert arrived.detail == answered.detail
        statuses.append(answered.detail)
    assert Counter(statuses) == {200: 3, 429: 3}
