"""What a run is made of: nothing twice, and what each side knows."""

from __future__ import annotations

from collections import Counter

from inflight_lab import Timeline
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.run import Level, Run, outcomes_in
from inflight_lab.runs.terms import QuotaPolicy, Terms
from tests.support.virtual_clock import SetClock


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
