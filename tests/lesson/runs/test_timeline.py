"""The timeline: its counts always add up, whatever happens in whatever order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import Stats, Timeline
from tests.support.virtual_clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(100.0)


@pytest.fixture
def timeline(clock: SetClock) -> Timeline:
    return Timeline(clock=clock)


def adds_up(stats: Stats) -> bool:
    ends = stats.accepted + stats.refused + stats.failed + stats.cancelled
    return stats.started == stats.waiting + stats.in_flight + ends


STATUSES = {
    "accepted": (200, 204, 302, 399),
    "failed": (400, 404, 428, 430, 500, 504),
    "refused": (402, 403, 429, 503, 529),
}


def test_status_decides_the_count(timeline: Timeline) -> None:
    """A refusal is what some API says in place of 429; every other error status is a
    failure.
    """
    for field, statuses in STATUSES.items():
        for number, status in enumerate(statuses, start=1):
            timeline.answer(timeline.send(), status)
            assert getattr(timeline.stats(), field) == number


def test_events_tell_the_story(timeline: Timeline, clock: SetClock) -> None:
    """Each event carries the counts right after it, which is what the plot draws."""
    timeline.start(4)
    clock.now += 1
    first = timeline.send()
    second = timeline.send()
    clock.now += 1
    timeline.answer(second, 429)
    timeline.fail(first, ConnectionError("gone"))
    timeline.fail(None, "PoolTimeout")  # it is never sent
    timeline.cancel_waiting()
    timeline.cancel(None)  # none waits: nothing happens
    assert [tuple(event)[:6] for event in timeline.events] == [
        (100, "started", None, None, 4, 0),
        (101, "sent", first, None, 3, 1),
        (101, "sent", second, None, 2, 2),
        (102, "answered", second, 429, 2, 1),
        (102, "failed", first, "ConnectionError", 2, 0),
        (102, "failed", None, "PoolTimeout", 1, 0),
        (102, "cancelled", None, None, 0, 0),
    ]
    assert timeline.stats() == Stats(
        started=4,
        peak_in_flight=2,
        refused=1,
        failed=2,
        cancelled=1,
        elapsed=2,
        busiest_period=2,
    )


def test_reset_with_requests_in_flight(timeline: Timeline) -> None:
    """Requests from before a reset end without a trace, and never in the place of a
    newer one.
    """
    old = [timeline.send(), timeline.send(), timeline.send()]
    timeline.start(5)
    kept = timeline.events
    timeline.reset()
    assert len(kept) == 4  # whoever holds them keeps them
    assert timeline.stats() == Stats()
    new = timeline.send()
    assert new not in old
    timeline.answer(old[0], 200)
    timeline.fail(old[1], OSError())
    timeline.cancel(old[2])
    assert timeline.stats() == Stats(
        started=1, in_flight=1, peak_in_flight=1, busiest_period=1
    )
    assert [event.kind for event in timeline.events] == ["sent"]


ACTIONS: dict[str, Callable[[Timeline, int], object]] = {
    "start": lambda timeline, number: timeline.start(number % 4),
    "send": lambda timeline, _: timeline.send(),
    # Perhaps one that has ended already, was forgotten, or never sent.
    "answer": lambda timeline, number: timeline.answer(
        number, (200, 404, 429)[number % 3]
    ),
    "fail": lambda timeline, number: timeline.fail(number, OSError()),
    "cancel": lambda timeline, number: timeline.cancel(number),
    "fail unsent": lambda timeline, _: timeline.fail(None, "PoolTimeout"),
    "cancel unsent": lambda timeline, _: timeline.cancel(None),
    "cancel waiting": lambda timeline, _: timeline.cancel_waiting(),
    "reset": lambda timeline, _: timeline.reset(),
    "wait": lambda timeline, number: None,
}
# Most of them send or wait, so that windows fill and empty.
steps = st.sampled_from([*ACTIONS, *["send", "wait"] * 5])


@given(st.lists(st.tuples(steps, st.integers(0, 9)), max_size=60))
def test_counts_always_add_up(actions: list[tuple[str, int]]) -> None:
    """started == waiting + in_flight + accepted + refused + failed + cancelled after
    any sequence.
    """
    clock = SetClock(100.0)
    timeline = Timeline(period=2.0, clock=clock)
    for action, number in actions:
        clock.now += (0.5, 1, 2)[number % 3] if action == "wait" else 0
        ACTIONS[action](timeline, number)
        stats, events = timeline.stats(), timeline.events
        assert adds_up(stats)
        counted = (stats.waiting, stats.in_flight)
        assert counted == (timeline.waiting, timeline.in_flight)
        assert min(counted) >= 0
        if events:
            assert counted == (events[-1].waiting, events[-1].in_flight)
        peak = max((event.in_flight for event in events), default=0)
        assert stats.peak_in_flight == peak
        sent = [event.time for event in events if event.kind == "sent"]
        together = (sum(end - 2.0 < time <= end for time in sent) for end in sent)
        assert stats.busiest_period == max(together, default=0)


def test_old_events_are_dropped_and_no_count_is(clock: SetClock) -> None:
    """With a small bound the newest events stay, in order, and every number is that of
    an unbounded twin.
    """
    bounded, unbounded = Timeline(clock=clock, keep=20), Timeline(clock=clock)
    for step in range(500):
        clock.now += 0.125
        for timeline in (bounded, unbounded):
            timeline.start(2)
            first, second = timeline.send(), timeline.send()
            timeline.answer(first, (200, 429, 404)[step % 3])
            timeline.cancel(second) if step % 2 else timeline.fail(second, OSError())
        assert 1 <= len(bounded.events) <= 22
        assert bounded.events == unbounded.events[-len(bounded.events) :]
        assert bounded.stats() == unbounded.stats()
    assert len(bounded.events) >= 20
    assert bounded.stats().elapsed == 499 * 0.125


def test_a_reader_reads_each_event_once_and_learns_what_it_missed(
    timeline: Timeline,
) -> None:
    """Read on from the last position: nothing comes twice, over a reset too, and a gap
    shows.
    """
    timeline = Timeline(clock=timeline.clock, keep=8)
    first = timeline.send()
    seen, position = timeline.since(0)
    assert (seen, position) == (timeline.events, 1)
    timeline.answer(first, 200)
    new, position = timeline.since(position)
    assert [event.kind for event in new] == ["answered"]
    assert timeline.since(position) == ([], 2)
    timeline.reset()
    timeline.send()
    new, position = timeline.since(position)
    assert ([event.kind for event in new], position) == (["sent"], 3)
    for _ in range(50):
        timeline.start()
    new, written = timeline.since(position)
    assert new == timeline.events
    assert (written, written - position - len(new)) == (53, 50 - len(new))
    assert 8 <= len(new) <= 9


def test_threads_lose_nothing() -> None:
    """The server writes from its thread while a panel reads: no count is lost and none
    is torn.
    """
    timeline = Timeline()
    torn: list[Stats] = []

    def work() -> None:
        for _ in range(500):
            timeline.start()
            timeline.answer(timeline.send(), 200)
            if not adds_up(stats := timeline.stats()):
                torn.append(stats)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []
    stats = timeline.stats()
    assert (stats.started, stats.accepted) == (2000, 2000)
    assert stats.peak_in_flight <= 4


def test_a_slot_is_the_lowest_that_is_free(timeline: Timeline) -> None:
    """Freed ones are taken again, and a reset frees all: the next run begins with slot
    0, and who still holds one frees none of its.
    """
    assert timeline.take() == 0
    timeline.free()
    assert [timeline.take(), timeline.take()] == [0, 1]
    timeline.free()
    assert timeline.take() == 1
    timeline.reset()
    timeline.free()
    assert timeline.events == []
    assert [timeline.take(), timeline.take()] == [0, 1]
    other = copy_context()
    other.run(timeline.take)
    timeline.free()
    assert timeline.take() == 1
