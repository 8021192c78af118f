"""What a plot is drawn from: no peak lost, nothing twice, and no more than the last
minute kept.
"""

from __future__ import annotations

import pytest

from inflight_lab import Timeline
from inflight_lab.plot import points
from inflight_lab.plot.points import BIN, PlotSource, tally, thin
from inflight_lab.runs.quota_policy import QuotaPolicy
from tests.support.virtual_clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(100.0)


@pytest.fixture
def timeline(clock: SetClock) -> Timeline:
    return Timeline(clock=clock)


def test_thinning_loses_no_peak() -> None:
    """Whatever happens within a bin becomes one point that keeps its lowest, highest
    and last level.
    """
    levels = [(0.0, 1), (BIN / 4, 9), (BIN / 3, 0), (BIN / 2, 4), (BIN, 5)]
    thinned = thin(levels)
    assert thinned == [[0.0, 0, 9, 4], [BIN, 5, 5, 5]]
    assert thin(levels, 2 * BIN) == [[0.0, 0, 9, 5]]


def test_a_tally_counts_what_falls_together() -> None:
    """However many refusals there are within a bin, their mark says how many."""
    assert tally([]) == []
    assert tally([1.0, 1.002, 1.0099, 1.01, 3.0]) == [
        [1.0, 3, 3, 3],
        [1.01, 1, 1, 1],
        [3.0, 1, 1, 1],
    ]


def test_each_point_is_read_once(timeline: Timeline) -> None:
    """A second reading holds only what came since the first; a reset timeline is read
    from its start.
    """
    recorder = PlotSource(timeline, None, lambda: QuotaPolicy("gcra", 100))
    timeline.answer(timeline.send(), 429)
    first = recorder.read()["series"]
    assert first["server"][-1][3] == 0
    assert len(first["refused"]) == 1
    assert "server" not in recorder.read()["series"]
    timeline.reset()
    timeline.send()
    assert recorder.read()["series"]["server"][-1][3] == 1


def test_a_recording_begins_at_once(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that has answered for days no event from before is read: that would
    hold up the loop.
    """
    timeline.answer(timeline.send(), 200)
    with monkeypatch.context() as patch:
        patch.setattr(points, "Event", None)
        recorder = PlotSource(timeline, None)
        recorder.reset()
    timeline.send()
    assert recorder.read()["series"]["server"] == [[0, 1, 1, 1]]


def test_a_minute_is_kept_and_no_more(clock: SetClock, timeline: Timeline) -> None:
    """A view that comes late gets the last 60 seconds of every line, and the level
    before them.
    """
    client = Timeline(clock=clock)
    recorder = PlotSource(
        timeline, client, lambda: QuotaPolicy("gcra", 100, tokens=2000)
    )
    recorder.set_limit(3)
    for _ in range(300):
        clock.now += 1
        for each in (timeline, client):
            each.start(1)
            each.answer(each.send(429, 50), 429)
            each.fail(each.send(), OSError())
        recorder.read()
    for name in ("server", "client", "waiting", "refused", "failed"):
        assert [point[0] for point in recorder.history[name]] == list(
            range(239, 301)
        ), name
    assert recorder.history["limit"] == [[0, 3, 3, 3]]
    assert recorder.history["quota"] == [[1, 100, 100, 100]]
    assert recorder.history["rate"] == [[1, 2, 2, 2]]
    assert recorder.history["token_quota"] == [[1, 2000, 2000, 2000]]
    assert recorder.history["tokens"] == [[1, 50, 50, 50]]


def test_tokens_are_drawn_where_they_are_counted(
    clock: SetClock, timeline: Timeline
) -> None:
    """What was charged in the last period, and the most that is allowed; without such a
    quota, neither.
    """
    rules = QuotaPolicy("sliding-window", 60, 2.0)
    timeline.period = rules.period
    recorder = PlotSource(timeline, None, lambda: rules)
    timeline.send(200, 80)
    assert not {"tokens", "token_quota"} & recorder.read()["series"].keys()
    rules = rules._replace(tokens=2000)
    read = [recorder.read()["series"]]
    for tokens in (30, 0, 0):
        clock.now += 1
        timeline.send(200, tokens)
        read.append(recorder.read()["series"])
    assert [series["tokens"][0][3] for series in read] == [80, 110, 30, 0]
    assert ["token_quota" in series for series in read] == [True, False, False, False]
    assert recorder.history["token_quota"][0][3] == 2000


def test_a_failure_is_counted_on_one_side(clock: SetClock, timeline: Timeline) -> None:
    """A 404 that both sides saw is one failed request, whichever side is read first."""
    client = Timeline(clock=clock)
    recorder = PlotSource(timeline, client)
    seen, sent = timeline.send(), client.send()
    recorder.read()
    timeline.answer(seen, 404)
    assert "failed" not in recorder.read()["series"]
    client.answer(sent, 404)
    assert len(recorder.read()["series"]["failed"]) == 1


def test_a_period_is_counted_as_the_server_counts_it(
    clock: SetClock, timeline: Timeline
) -> None:
    """What waits in the client's pool comes later: the most in a period is the
    server's, as in the strip.
    """
    client = Timeline(clock=clock)
    recorder = PlotSource(timeline, client)
    for _ in range(4):
        client.send()
    for _ in range(2):
        timeline.send()
        timeline.send()
        clock.now += 2
    assert recorder.read()["counts"]["busiest_period"] == 2


def test_a_client_alone_can_be_recorded(timeline: Timeline) -> None:
    """Without a server the client's timeline has the rate and the refusals."""
    recorder = PlotSource(None, timeline)
    timeline.answer(timeline.send(), 429)
    timeline.send()
    assert {
        name: points[-1][1:] for name, points in recorder.read()["series"].items()
    } == {
        "client": [0, 1, 1],
        "waiting": [0, 0, 0],
        "rate": [2, 2, 2],
        "refused": [1, 1, 1],
    }
    counts = recorder.status()["counts"]
    assert (counts["in_flight"], counts["refused"]) == (1, 1)
    with pytest.raises(TypeError, match="server or client must have a timeline"):
        PlotSource(None, None)


def test_nothing_is_read_after_the_end(clock: SetClock, timeline: Timeline) -> None:
    """What happens after a recording ended is no part of it: neither points nor rows
    nor counts.
    """
    recorder = PlotSource(timeline, None)
    timeline.answer(timeline.send(), 200)
    clock.now += 2
    recorder.read()
    recorder.end()
    before = str(recorder.everything())
    clock.now += 1000
    timeline.answer(timeline.send(), 429)
    assert recorder.read() == recorder.status() | {"series": {}, "rows": []}
    assert (str(recorder.everything()), recorder.now) == (before, 2)
    recorder.reset()
    timeline.send()
    assert recorder.read()["series"]["server"][-1][3] == 1


def test_points_come_from_what_is_left(clock: SetClock) -> None:
    """A timeline that has dropped events goes on to be drawn, with its level as it is."""
    timeline = Timeline(clock=clock, keep=8)
    recorder = PlotSource(timeline, None)
    for _ in range(24):
        timeline.send()
    assert recorder.read()["series"]["server"][-1][3] == 24


@pytest.mark.parametrize("limit", [-1, float("nan"), float("inf")])
def test_a_limit_that_cannot_be_drawn(limit: float, timeline: Timeline) -> None:
    """It is refused by name and value; an axis up to infinity would never be finished."""
    recorder = PlotSource(timeline, None)
    with pytest.raises(
        ValueError, match=f"limit must be 0 or more, and finite, got {limit}"
    ):
        recorder.set_limit(limit)
    assert recorder.read()["series"].get("limit") is None
