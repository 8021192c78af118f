"""What a run is made of: each request once, and what each side knows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from operator import attrgetter
from typing import Any

import pytest

from inflight_lab import PracticeServer, Timeline
from inflight_lab.lesson.engine.execution import Execution
from inflight_lab.lesson.plot.source import PlotSource
from inflight_lab.lesson.runs.run import Level, RequestEvent, Run, outcomes_in
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from inflight_lab.runners import semaphore_pause
from tests.support.virtual_clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    """It began long before the run."""
    return SetClock(101.75)


@pytest.fixture
def server(clock: SetClock) -> Timeline:
    """What a server writes."""
    return Timeline(clock=clock, period=2.0)


@pytest.fixture
def client(clock: SetClock) -> Timeline:
    """What a client writes."""
    return Timeline(clock=clock, period=2.0)


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


def test_each_event_is_read_once(server: Timeline) -> None:
    """A second reading holds what came since; and after a reset of the timeline, which
    takes what was not read, all that follows.
    """
    source = PlotSource(server, None)
    server.answer(server.send(), 429)
    assert len(source.read().events) == 3
    assert source.read().events == []
    server.send()
    server.reset()
    for _ in range(2):
        server.send()
    events = source.read().events
    assert Counter(event.what for event in events) == {"sent": 2, "arrived": 2}


def test_a_new_run_has_nothing_of_the_last(clock: SetClock, server: Timeline) -> None:
    """Its time begins at 0, a limit that was set before is not its own, and a server
    that goes on from run to run has answered others before.
    """
    source = PlotSource(server, None)
    source.set_limit(3)
    source.note_stop()
    assert source.end().stopped
    for outcomes in ((200, 429), (200, 200, 500), ()):
        clock.now += 100
        source.begin(unlimited=True)
        run = source.read()
        assert (run.now, run.live, run.stopped, run.unlimited) == (0, True, False, True)
        assert (run.events, run.levels["limit"]) == ([], [])
        for status in outcomes:
            clock.now += 0.5
            server.answer(server.send(), status)
        counts = source.end().counts
        assert counts.started == len(outcomes)
        assert counts.accepted == outcomes.count(200)
        assert counts.elapsed == max(0, len(outcomes) - 1) * 0.5


def test_a_limit_is_drawn_from_when_it_is_set(
    clock: SetClock, server: Timeline
) -> None:
    """Of several at one moment the last one stays."""
    source = PlotSource(server, None)
    source.set_limit(3)
    clock.now += 1.5
    source.set_limit(9)
    source.set_limit(5)
    assert source.read().levels["limit"] == [Level(0, 3), Level(1.5, 9), Level(1.5, 5)]


def test_the_terms_stand_from_the_beginning_and_change(
    clock: SetClock, server: Timeline
) -> None:
    """Each is read once, when it is seen first; a new run begins with what holds."""
    first = Terms(QuotaPolicy("gcra", 7, 2.0, 3), 4, latency=0.3)
    now = first
    source = PlotSource(server, None, lambda: now)
    clock.now += 0.5
    assert (source.read().terms, source.read().terms) == ([first], [])
    now = Terms(latency=0.3)
    clock.now += 0.5
    assert source.read().terms == [Terms(latency=0.3, time=1.0)]
    assert source.read().terms == []
    source.begin()
    assert source.read().terms == [now]
    now = Terms()
    source.begin()
    assert source.read().terms == []  # until an answer names them


def test_the_times_of_an_api_are_those_of_the_run(
    clock: SetClock, server: Timeline
) -> None:
    """When its windows start, and when it will answer."""
    quota = QuotaPolicy("fixed-window", 7, 2.0, starts=0.0)
    began = clock.now
    source = PlotSource(server, None, lambda: Terms(quota))
    server.send(200, due=began + 0.25)
    run = source.read()
    (terms,) = run.terms
    assert terms.quota == quota._replace(starts=-began)
    assert run.events[-1].due == 0.25


def test_tokens_are_drawn_where_they_are_counted(
    clock: SetClock, server: Timeline
) -> None:
    """What was charged in the last period, once the quota counts tokens."""
    policy = QuotaPolicy("sliding-window", 60, 2.0)
    source = PlotSource(server, None, lambda: Terms(policy))
    server.send(200, 80)
    assert source.read().levels["tokens"] == []
    policy = policy._replace(tokens=2000)
    charged = [source.read().levels["tokens"][-1].value]
    for tokens in (30, 0, 0):
        clock.now += 1
        server.send(200, tokens)
        charged.append(source.read().levels["tokens"][-1].value)
    assert charged == [80, 110, 30, 0]


def test_outcomes_of_others_are_not_counted(server: Timeline, client: Timeline) -> None:
    """Of two clients on one server each has its own."""
    source = PlotSource(server, client)
    others = [server.send() for _ in range(3)]
    own = server.send()
    request = client.send()
    for each in (*others, own):
        server.answer(each, 429)
    client.answer(request, 429)
    counts = source.read().counts
    assert (counts.started, counts.refused) == (1, 1)


def test_counts_are_what_the_client_asked_for(client: Timeline) -> None:
    """Waiting, in flight at most, and how many were announced, in each run anew."""
    source = PlotSource(None, client)
    client.start(7)
    sent = [client.send() for _ in range(4)]
    client.fail(sent[0], "ConnectError")
    client.cancel(None)
    run = source.read()
    counts = run.counts
    assert (counts.started, counts.waiting, counts.in_flight) == (7, 2, 3)
    assert (counts.failed, counts.cancelled, counts.peak_in_flight) == (1, 1, 4)
    assert run.announced == 7
    assert [level.value for level in run.levels["waiting"]] == [7, 6, 5, 4, 3, 2]
    source.begin()
    assert source.read().announced == 2  # those that still wait


def test_who_is_out_at_the_end_is_cancelled(clock: SetClock, server: Timeline) -> None:
    """A script that fails closes its connections before the server notices: picture
    and counts agree, and nothing stays in flight.
    """
    source = PlotSource(server, None)
    first, *_ = [server.send(429) for _ in range(5)]
    clock.now += 1
    server.answer(first, 429)
    clock.now += 0.5
    run = Run()
    run.append(source.end())
    counts = run.counts
    assert (counts.in_flight, counts.refused, counts.cancelled) == (0, 1, 4)
    assert outcomes_in(run.events) == {"refused": 1, "cancelled": 4}
    assert counts.elapsed == run.now == 1.5
    assert source.end() == run.standing()
