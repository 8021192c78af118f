"""The rows of the flow: each request once, on both sides, and for a late view no more
than is under way.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.engine.run import Run
from inflight_lab.observation.transport import ObservedTransport
from inflight_lab.plot.points import PlotSource
from inflight_lab.runners import naive, semaphore_pause
from inflight_lab.runs.quota_policy import QuotaPolicy
from tests.support.virtual_clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(100.0)


def rows_of(recorder: PlotSource) -> list[list[Any]]:
    """The new rows without their times."""
    return [row[1:] for row in recorder.read()["rows"]]


def test_both_sides_tell_of_one_request(clock: SetClock) -> None:
    """The server counts from another number; its verdict goes to the request that was
    sent first.
    """
    server, client = Timeline(clock=clock), Timeline(clock=clock)
    server.answer(server.send(200), 200)
    recorder = PlotSource(server, client)
    client.take()
    first = client.send()
    client.free()
    second, arrived = client.send(), server.send(429)
    client.cancel(second)
    client.answer(first, 429)
    server.answer(arrived, 429)
    assert rows_of(recorder) == [
        ["taken", None, 0],
        ["sent", first, 0],
        ["freed", None, 0],
        ["sent", second, None],
        ["arrived", first, 429],
        ["cancelled", second, None],
        ["answered", first, 429],
    ]


def test_one_ends_as_the_next_is_sent(clock: SetClock) -> None:
    """Also where the clock is coarse, as in a browser's page, an arrival is that of the
    one just sent.
    """
    server, client = Timeline(clock=clock), Timeline(clock=clock)
    recorder = PlotSource(server, client)
    first = client.send()
    server.send(200)
    clock.now += 1
    failed = client.send()
    server.send(503)
    client.answer(failed, 503)
    client.answer(first, 200)
    last = client.send()
    server.send(429)
    arrived = [row for row in rows_of(recorder) if row[0] == "arrived"]
    assert arrived == [
        ["arrived", first, 200],
        ["arrived", failed, 503],
        ["arrived", last, 429],
    ]


def test_only_this_recording_is_told(clock: SetClock) -> None:
    """What began before, and what never reached the server, takes no other's verdict;
    numbers begin at 0.
    """
    server, client = Timeline(clock=clock), Timeline(clock=clock)
    client.take()
    before, _ = client.send(), server.send(200)
    recorder = PlotSource(server, client)
    clock.now += 1
    client.answer(before, 200)
    client.free()
    not_found = client.send()
    clock.now += 1
    client.answer(not_found, 404)  # of a path that the server does not count
    clock.now += 1
    client.send()
    clock.now += 1
    server.send(429)
    server.send(200)  # another panel's
    assert rows_of(recorder) == [
        ["sent", 0, None],
        ["answered", 0, 404],
        ["sent", 1, None],
        ["arrived", 1, 429],
        ["arrived", None, 200],
    ]
    assert recorder.everything()["gone"] == {"ok": 0, "refused": 0, "lost": 0}


@pytest.mark.parametrize("side", ["server", "client"])
def test_one_side_is_enough(side: str, clock: SetClock) -> None:
    """A request has arrived when it was sent: with the verdict from a server, without
    one from a client.
    """
    timeline = Timeline(clock=clock)
    recorder = (
        PlotSource(timeline, None) if side == "server" else PlotSource(None, timeline)
    )
    number = timeline.send(429 if side == "server" else None)
    timeline.answer(number, 429)
    verdict = 429 if side == "server" else None
    assert sorted(rows_of(recorder)) == [
        ["answered", number, 429],
        ["arrived", number, verdict],
        ["sent", number, None],
    ]


def test_those_who_give_up_waiting_are_counted(clock: SetClock) -> None:
    """No request has a number then; the row says how many there were."""
    client = Timeline(clock=clock)
    recorder = PlotSource(None, client)
    client.start(7)
    client.send()
    clock.now += 1
    client.cancel_waiting()
    assert rows_of(recorder)[-1] == ["cancelled", None, 6]


def test_a_late_view_hears_of_what_is_under_way(clock: SetClock) -> None:
    """Rows of what ended long ago are dropped and counted; what is still open keeps all
    of its own.
    """
    server, client = Timeline(clock=clock), Timeline(clock=clock)
    recorder = PlotSource(server, client)
    client.start(14)
    client.take()
    stays = client.send()
    server.send(200)
    for status in (200, 200, 429, 500):
        clock.now += 1
        client.answer(client.send(), status)
        server.answer(server.send(status), status)
        recorder.read()
    client.cancel(None)
    client.cancel_waiting()
    recorder.read()
    clock.now += 100
    client.free()
    client.answer(client.send(), 204)
    recorder.read()
    everything = recorder.everything()
    assert everything["gone"] == {"ok": 2, "refused": 1, "lost": 10}
    rows = [row[1:] for row in everything["rows"]]
    assert rows[:3] == [["taken", None, 0], ["sent", stays, 0], ["arrived", stays, 200]]
    assert [row[0] for row in rows[3:]] == ["freed", "sent", "answered"]


def test_the_rules_go_with_every_message(clock: SetClock) -> None:
    """Kind, rate, period and burst, and how far into a window of the clock the
    recording began.
    """
    clock.now = 100.75
    rules = QuotaPolicy("fixed-window", 10, period=2.0, burst=3)
    recorder = PlotSource(Timeline(clock=clock), None, lambda: rules)
    said = {
        "kind": "fixed-window",
        "rate": 10,
        "period": 2.0,
        "burst": 3,
        "tokens": 0,
        "phase": 0.75,
    }
    assert recorder.status()["rules"] == said
    assert "rules" not in PlotSource(Timeline(), None).status()


@pytest.mark.anyio
async def test_a_real_run_is_told_in_order(server: PracticeServer) -> None:
    """Each request takes a slot, is sent from it, arrives with the status it will get,
    and frees the slot.
    """
    server.latency, server.quota, server.rate, server.period = (
        0.01,
        "sliding-window",
        3,
        60,
    )
    timeline = Timeline()
    recorder = PlotSource(server.timeline, timeline)
    run = Run(
        semaphore_pause.make_many_requests,
        server.url,
        6,
        limit=2,
        timeline=timeline,
        more={"pause": 0.02},
    )
    await run.outcomes()
    rows = recorder.read()["rows"]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    statuses = []
    for number in {row[2] for row in rows if row[1] == "sent"}:
        (_, _, _, slot), (_, _, _, verdict), (_, _, _, status) = (
            row for row in rows if row[2] == number
        )
        assert slot in (0, 1)
        assert verdict == status
        statuses.append(status)
    assert sorted(statuses) == [200] * 3 + [429] * 3
    held: set[int] = set()
    for what, slot in (
        (row[1], row[3]) for row in rows if row[1] in ("taken", "freed")
    ):
        assert (slot in held) == (what == "freed")
        held ^= {slot}
        assert len(held) <= 2
    assert not held
    assert timeline.stats().elapsed < timeline.events[-1].time - timeline.events[0].time


@pytest.mark.anyio
async def test_every_request_in_the_pool_arrives_once(server: PracticeServer) -> None:
    """Of 150 at once through 100 connections each gets the verdict that was its own."""
    server.latency, server.quota = 0.05, "sliding-window"
    transport = ObservedTransport()
    recorder = PlotSource(server.timeline, transport.timeline)
    async with httpx.AsyncClient(transport=transport) as client:
        outcomes = await naive.make_many_requests(
            server.url, 150, client=client, return_exceptions=True
        )
    await asyncio.sleep(0)
    rows = recorder.read()["rows"]
    verdicts = {row[2]: row[3] for row in rows if row[1] == "arrived"}
    answers = {row[2]: row[3] for row in rows if row[1] == "answered"}
    assert len(verdicts) == len(answers) == len(outcomes) == 150
    assert sorted(verdicts.values()) == sorted(answers.values())
