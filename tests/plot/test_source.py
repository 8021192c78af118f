"""What a run is made of: no peak lost, nothing twice, and what each side knows."""

from __future__ import annotations

import pytest

from inflight_lab import Timeline
from inflight_lab.plot.own_time import OwnTime
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.levels import Point
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Run
from tests.support.virtual_clock import SetClock

BEGAN = 101.75


@pytest.fixture
def clock() -> SetClock:
    return SetClock(BEGAN)


@pytest.fixture
def server(clock: SetClock) -> Timeline:
    return Timeline(clock=clock, period=2.0)


@pytest.fixture
def client(clock: SetClock) -> Timeline:
    return Timeline(clock=clock, period=2.0)


def lasts(run: Run) -> dict[str, float]:
    """The last level of every line that has a point."""
    return {line: points[-1].last for line, points in run.levels.items() if points}


def test_each_point_is_read_once(server: Timeline) -> None:
    """A second reading holds what came since, also after a reset of the timeline."""
    source = PlotSource(server, None)
    server.answer(server.send(), 429)
    assert lasts(source.read()) == {"server": 0, "refused": 1, "rate": 1}
    assert lasts(source.read()) == {}
    server.reset()
    server.send()
    assert lasts(source.read()) == {"server": 1, "rate": 2}


def test_a_run_begins_at_once(
    clock: SetClock, server: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that has answered for days only the last event is looked at."""
    for _ in range(500):
        server.answer(server.send(), 200)
    clock.now += 100
    looked_at: list[float] = []

    def at(_: OwnTime, time: float) -> float:
        looked_at.append(time)
        return -100.0

    monkeypatch.setattr(OwnTime, "at", at)
    PlotSource(server, None)
    assert len(looked_at) == 1


def test_a_new_run_has_nothing_of_the_last(clock: SetClock, server: Timeline) -> None:
    """Its time begins at 0, and a limit that was set before is not its own."""
    source = PlotSource(server, None)
    server.send()
    source.set_limit(3)
    clock.now += 5
    source.begin(slow=5, unlimited=True)
    run = source.read()
    assert (run.now, run.live, run.stopped) == (0, True, False)
    assert (run.slow, run.unlimited) == (5, True)
    assert lasts(run) == {"server": 1, "rate": 0}
    assert run.events == []


def test_a_run_that_is_stopped_says_so(server: Timeline) -> None:
    """To its last reading, and the next run begins without."""
    source = PlotSource(server, None)
    source.note_stop()
    assert source.end().stopped
    source.begin()
    assert not source.read().stopped


def test_a_server_that_has_seen_nothing_is_observed(
    client: Timeline, server: Timeline
) -> None:
    """Its level is 0 from the beginning: what the client has sent has not arrived."""
    source = PlotSource(server, client)
    client.send()
    assert lasts(source.read()) == {"server": 0, "client": 1, "rate": 0}
    assert "server" not in lasts(source.read())


def test_each_run_has_its_own_counts(clock: SetClock, server: Timeline) -> None:
    """A server that goes on from run to run has answered others before, and one that is
    reset counts anew.
    """
    source = PlotSource(server, None)
    for outcomes in ((200, 429), (200, 200, 500), ()):
        clock.now += 100
        source.begin()
        for status in outcomes:
            clock.now += 0.5
            server.answer(server.send(), status)
        counts = source.end().counts
        assert counts.started == len(outcomes)
        assert counts.accepted == outcomes.count(200)
        assert counts.elapsed == max(0, len(outcomes) - 1) * 0.5
    source.begin()
    server.reset()
    server.answer(server.send(), 200)
    assert source.end().counts.accepted == 1


def test_a_limit_is_drawn_from_when_it_is_set(
    clock: SetClock, server: Timeline
) -> None:
    """Of several at one moment the last one stays."""
    source = PlotSource(server, None)
    source.set_limit(3)
    clock.now += 1.5
    source.set_limit(9)
    source.set_limit(5)
    assert source.read().levels["limit"] == [Point(0, 3, 3, 3), Point(1.5, 5, 9, 5)]


def test_the_quota_stands_from_the_beginning_and_changes(
    clock: SetClock, server: Timeline
) -> None:
    """Each policy is read once, when it is seen first; no quota is read as none."""
    first = QuotaPolicy("fixed-window", 7, 2.0, 3)
    said: QuotaPolicy | None = first
    source = PlotSource(server, None, lambda: said)
    clock.now += 0.5
    run = source.read()
    assert run.policies == [PolicyChange(0.0, first)]
    assert source.read().policies == []
    said = None
    clock.now += 0.5
    assert source.read().policies == [PolicyChange(1.0, None)]
    assert source.read().policies == []


@pytest.mark.parametrize(
    ("kind", "offset"), [("fixed-window", 1.75), ("sliding-window", 0.0), (None, 0.0)]
)
def test_only_a_window_of_the_clock_has_an_offset(
    kind: str | None, offset: float, server: Timeline
) -> None:
    """It is how far into its window of 2 s the run began."""
    policy = QuotaPolicy(kind, 7, 2.0) if kind else None
    assert PlotSource(server, None, lambda: policy).read().window_offset == offset


def test_how_many_are_let_in_at_once_is_read_when_it_changes(
    clock: SetClock, server: Timeline
) -> None:
    """Without a quota too; where any number may come, there is nothing to tell."""
    most: int | None = 4
    source = PlotSource(server, None, max_concurrent=lambda: most)
    assert source.read().policies == [PolicyChange(0.0, None, 4)]
    assert source.read().policies == []
    clock.now += 3
    most = None
    assert source.read().policies == [PolicyChange(3.0, None, 0)]


def test_the_latency_is_read_when_it_changes(clock: SetClock, server: Timeline) -> None:
    """It stands from the beginning of each run; nobody may know it."""
    latency: float | None = 0.3
    source = PlotSource(server, None, latency=lambda: latency)
    assert source.read().latencies == [LatencyChange(0.0, 0.3)]
    assert source.read().latencies == []
    clock.now += 3
    latency = 0.03
    assert source.read().latencies == [LatencyChange(3.0, 0.03)]
    source.begin()
    assert source.read().latencies == [LatencyChange(0.0, 0.03)]
    assert PlotSource(server, None).read().latencies == []


def test_a_quota_that_comes_late(clock: SetClock, server: Timeline) -> None:
    """As one that an API's answers name: before that there was none."""
    policy = None
    source = PlotSource(None, server, lambda: policy)
    assert source.read().policies == []
    clock.now += 3
    policy = QuotaPolicy("gcra", 7, 2.0)
    assert source.read().policies == [PolicyChange(3.0, policy)]


@pytest.mark.parametrize(("kind", "gauge"), [("gcra", 0.4), ("sliding-window", 4)])
def test_a_run_in_slow_motion_has_its_own_seconds(
    kind: str, gauge: float, clock: SetClock, server: Timeline
) -> None:
    """Times, the quota's period, what GCRA asks to wait, and how long it took."""
    slow = 20
    stretched = QuotaPolicy(kind, 7, 2.0 * slow)
    real_gauge = gauge * slow if kind == "gcra" else gauge
    source = PlotSource(server, None, lambda: stretched)
    source.begin(slow=slow)
    source.set_limit(3)
    clock.now += 1.5 * slow
    request = server.send(200, quota=real_gauge)
    clock.now += 0.5 * slow
    server.answer(request, 200)
    run = source.end()
    assert (run.now, run.counts.elapsed) == (2, 0.5)
    assert run.policies == [PolicyChange(0.0, QuotaPolicy(kind, 7, 2.0))]
    assert [point.time for point in run.levels["server"]] == [0, 1.5, 2]
    assert run.levels["rate"] == [Point(0, 0, 0, 0), Point(1.5, 1, 1, 1)]
    assert run.levels["limit"] == [Point(0, 3, 3, 3)]
    assert [(event.time, event.quota) for event in run.events] == [
        (1.5, None),
        (1.5, gauge),
        (2, None),
    ]


def test_a_window_of_the_clock_has_its_offset_in_own_seconds(
    clock: SetClock, server: Timeline
) -> None:
    """The server's window of 2 s is 20 s long when everything is 10 times slower."""
    source = PlotSource(server, None, lambda: QuotaPolicy("fixed-window", 7, 20.0))
    source.begin(slow=10)
    assert source.read().window_offset == pytest.approx(BEGAN % 20 / 10, abs=1e-3)


def test_tokens_are_drawn_where_they_are_counted(
    clock: SetClock, server: Timeline
) -> None:
    """What was charged in the last period, once the quota counts tokens."""
    policy = QuotaPolicy("sliding-window", 60, 2.0)
    source = PlotSource(server, None, lambda: policy)
    server.send(200, 80)
    assert source.read().levels["tokens"] == []
    policy = policy._replace(tokens=2000)
    charged = [lasts(source.read())["tokens"]]
    for tokens in (30, 0, 0):
        clock.now += 1
        server.send(200, tokens)
        charged.append(lasts(source.read())["tokens"])
    assert charged == [80, 110, 30, 0]


def test_no_peak_between_two_readings_is_lost(
    clock: SetClock, server: Timeline
) -> None:
    """The highest that is drawn is the most that came within a period, which the counts
    say too, although nobody looked at that moment.
    """
    source = PlotSource(server, None, lambda: QuotaPolicy("sliding-window", 7, 2.0))
    for moment in (0.5, 1.0, 2.4):
        clock.now = BEGAN + moment
        for _ in range(10):
            server.send()
    clock.now = BEGAN + 9
    run = source.read()
    assert run.levels["rate"] == [
        Point(0, 0, 0, 0),
        Point(0.5, 1, 10, 10),
        Point(1.0, 11, 20, 20),
        Point(2.4, 21, 30, 30),
        Point(2.5, 20, 29, 20),
        Point(3.0, 10, 19, 10),
        Point(4.4, 0, 9, 0),
    ]
    assert run.counts.busiest_period == 30 == server.stats().busiest_period


def test_what_was_sent_right_before_a_run_still_counts(
    clock: SetClock, server: Timeline
) -> None:
    """The quota's period does not begin anew; without a quota it is a second."""
    server.send()
    clock.now += 1.5
    server.send()
    with_quota = PlotSource(server, None, lambda: QuotaPolicy("gcra", 7, 2.0))
    assert lasts(with_quota.read())["rate"] == 2
    assert lasts(PlotSource(server, None).read())["rate"] == 1


def test_a_quota_with_another_period_counts_anew(
    clock: SetClock, server: Timeline
) -> None:
    """What is older than the new period counts no longer, from that moment on."""
    policy = QuotaPolicy("sliding-window", 7, 60.0)
    source = PlotSource(server, None, lambda: policy)
    for _ in range(3):
        clock.now += 1
        server.send()
    assert lasts(source.read())["rate"] == 3
    policy = policy._replace(period=1.5)
    clock.now += 0.4
    points = source.read().levels["rate"]
    assert (points[0].time, points[-1].last) == (3, 2)


def test_refusals_of_others_are_not_drawn(server: Timeline, client: Timeline) -> None:
    """Of two clients on one server each has its own; the server's rate is of both."""
    source = PlotSource(server, client)
    others = [server.send() for _ in range(3)]
    own = server.send()
    request = client.send()
    for each in (*others, own):
        server.answer(each, 429)
    client.answer(request, 429)
    run = source.read()
    assert sum(point.last for point in run.levels["refused"]) == 1
    assert run.counts.refused == 1
    assert lasts(run)["rate"] == 4


def test_a_failure_is_counted_on_one_side(server: Timeline, client: Timeline) -> None:
    """A 404 that both sides saw is one failed request, whichever side is read first."""
    source = PlotSource(server, client)
    seen = server.send()
    sent = client.send()
    source.read()
    server.answer(seen, 404)
    assert source.read().levels["failed"] == []
    client.answer(sent, 404)
    assert len(source.read().levels["failed"]) == 1


def test_each_count_is_from_the_side_that_knows(
    clock: SetClock, server: Timeline, client: Timeline
) -> None:
    """In flight and in a period are the server's: what waits in a pool comes later."""
    source = PlotSource(server, client)
    client.start(7)
    for _ in range(4):
        client.send()
    for _ in range(2):
        server.send()
        server.send()
        clock.now += 2
    client.fail(0, "ConnectError")
    server.answer(0, 200)
    server.answer(1, 200)
    counts = source.read().counts
    assert (counts.started, counts.waiting, counts.failed) == (7, 3, 1)
    assert (counts.in_flight, counts.peak_in_flight, counts.busiest_period) == (2, 4, 2)


def test_both_sides_have_their_lines(
    clock: SetClock, server: Timeline, client: Timeline
) -> None:
    """What the client has sent and the server has not seen, is in one line only."""
    source = PlotSource(server, client)
    client.start(3)
    client.send()
    client.send()
    clock.now += 0.5
    server.send()
    expected = {"server": 1, "client": 2, "waiting": 1, "rate": 1}
    assert lasts(source.read()) == expected


def test_a_client_alone_is_enough(client: Timeline) -> None:
    """It has the rate and the refusals; without both there is nothing to draw."""
    source = PlotSource(None, client)
    client.answer(client.send(), 429)
    client.send()
    run = source.read()
    expected = {"client": 1, "rate": 2, "refused": 1}
    assert lasts(run) == expected
    assert (run.counts.in_flight, run.counts.refused) == (1, 1)
    with pytest.raises(TypeError, match="server or client must have a timeline"):
        PlotSource(None, None)


def test_a_server_that_knows_of_a_queue_draws_it(server: Timeline) -> None:
    """It sees none by itself, and then there is no line."""
    source = PlotSource(server, None)
    server.send()
    assert source.read().levels["waiting"] == []
    server.start(5)
    server.send()
    assert source.read().levels["waiting"] == [Point(0, 4, 5, 4)]
    server.send()
    server.cancel_waiting()
    assert lasts(source.read())["waiting"] == 0


def test_what_was_announced_is_counted_in_each_run(
    clock: SetClock, client: Timeline
) -> None:
    """All of it, however much of it waited at once; and nothing of the run before."""
    source = PlotSource(None, client)
    for announced in (7, 0, 5):
        clock.now += 10
        source.begin()
        for _ in range(announced):
            client.start()
            client.answer(client.send(), 429)
            client.answer(client.send(), 200)  # again, of which nothing was said
        assert source.end().counts.announced == announced


def test_the_most_tokens_are_those_of_the_run(
    clock: SetClock, server: Timeline
) -> None:
    """The highest point of the line, also once it has fallen; a new run begins at 0."""
    policy = QuotaPolicy("sliding-window", 7, 2.0, tokens=1000)
    source = PlotSource(server, None, lambda: policy)
    server.send(tokens=640)
    assert source.read().counts.most_tokens == 640
    clock.now += 5
    assert source.read().counts.most_tokens == 640
    source.begin()
    assert source.read().counts.most_tokens == 0


def test_nothing_is_read_after_the_end(clock: SetClock, server: Timeline) -> None:
    """The end brings what came before it; what comes later is no part of the run."""
    source = PlotSource(server, None)
    clock.now += 2
    server.answer(server.send(), 200)
    end = source.end()
    assert (end.now, end.live, lasts(end)) == (2, False, {"server": 0, "rate": 1})
    clock.now += 1000
    server.answer(server.send(), 429)
    assert source.read() == end.standing()
    assert source.now == 2
    source.begin()
    server.send()
    assert lasts(source.read())["server"] == 1


def test_a_run_goes_on_with_what_is_left(clock: SetClock) -> None:
    """A timeline that has dropped events is drawn on, with its level as it is."""
    server = Timeline(clock=clock, keep=8)
    source = PlotSource(server, None)
    for _ in range(24):
        server.send()
    assert lasts(source.read())["server"] == 24


@pytest.mark.parametrize("limit", [-1, float("nan"), float("inf")])
def test_a_limit_that_cannot_be_drawn(limit: float, server: Timeline) -> None:
    """It is refused by value: an axis up to infinity would never be finished."""
    source = PlotSource(server, None)
    message = f"limit must be 0 or more, and finite, got {limit}"
    with pytest.raises(ValueError, match=message):
        source.set_limit(limit)
    assert source.read().levels["limit"] == []
