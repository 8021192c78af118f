"""A log of a run: what is kept of it, the sentence about it, and the quota to draw."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest

from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.watch.diagnosis import CHECKS, diagnose
from inflight_lab.watch.events import Asked, Ended, Sent, Unseen
from inflight_lab.watch.request_group import average_within, most_within
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.summary import summary
from tests.support.waiting import PATIENCE
from tests.support.watching import PROCESS, Made, log_of


def test_the_numbers_add_up() -> None:
    """Each request that was asked for has an end in the summary, or none yet."""
    answered = [Made(status=status) for status in (200, 302, 404, 429, 503)]
    other = Made(1.0, 0.5, url="https://other.example/")
    requests = [
        *answered,
        other._replace(error="ReadTimeout"),
        other._replace(error="cancelled"),
        other._replace(took=None),
        other._replace(took=None, waited=None),
    ]
    assert summary(log_of(requests)) == (
        "9 requests to api.example.com and other.example in 1.5 s, "
        "at most 5 in flight: 2 accepted, 2 refused (429 x 1, 503 x 1), "
        "2 failed (404 x 1, ReadTimeout x 1), "
        "1 cancelled, 2 without an end."
    )


def test_what_waits_for_a_connection_is_not_in_flight() -> None:
    """The summary says what the plot shows: of 60 that were asked for 10 were sent."""
    first = [Made(max_connections=10) for _ in range(10)]
    queued = [Made(max_connections=10, waited=0.2 + 0.1 * (n // 10)) for n in range(50)]
    requests = [*first, *(made._replace(took=made.waited + 0.05) for made in queued)]
    assert ", at most 10 in flight: 60 accepted" in summary(log_of(requests))


def test_three_hosts_are_counted_and_three_errors_named() -> None:
    """Those that came most often; a name and a password in an address are not shown."""
    errors = ["A", "B", "B", "C", "C", "C", "D", "D", "D", "D"]
    requests = [
        Made(error=error, url=f"https://ada:hunter2@h{n % 3}.example/?a@b")
        for n, error in enumerate(errors)
    ]
    words = summary(log_of(requests))
    assert words.startswith("10 requests to 3 hosts in ")
    assert words.endswith("0 accepted, 0 refused, 10 failed (D x 4, C x 3, B x 2).")
    assert "to h0.example in" in summary(log_of(requests[:1]))


def test_libraries_that_are_not_seen() -> None:
    """The summary says how often they were used."""
    uses = [Unseen(0.0, PROCESS, library) for library in ("urllib", "aiohttp")]
    assert summary(log_of([], *uses, uses[0])) == (
        "No request was seen. "
        "urllib was used (2 times), its requests were not seen. "
        "aiohttp was used (once), its requests were not seen."
    )
    assert summary(log_of([Made()], uses[0])).endswith(
        "1 accepted, 0 refused. urllib was used (once), its requests were not seen."
    )


def test_nothing_is_diagnosed_in_three_requests() -> None:
    """Each finding needs at least four."""
    late = Made(max_connections=2, waited=None, error="PoolTimeout")
    assert diagnose(log_of([late] * 3)) == []
    (finding,) = diagnose(log_of([late] * 4))
    assert str(finding).startswith(
        "certain: PoolTimeout: 4 requests waited too long for one of 2 connections. Let"
    )


def test_every_finding_is_looked_for_once() -> None:
    """No check of the list is there twice, and all have something to say."""
    assert len(set(CHECKS)) == len(CHECKS) == 20
    assert all(check.__doc__ for check in CHECKS)


def test_events_of_requests_that_nobody_saw_begin_are_left_out() -> None:
    """Such as those that were sent before the block of a `Watch`."""
    log = RequestLog()
    log.note(Sent(1.0, PROCESS, 1, 0))
    assert log.timeline.stats().started == 0


def test_without_a_known_pool_no_request_is_seen_to_wait() -> None:
    """It is in flight from when it is asked for, as the probe says that it is sent at
    once; if a pool below says so again, it does not count twice.
    """
    log = RequestLog()
    log.note(Asked(0.0, PROCESS, 1, 1, 1, 0, 0, "GET", "https://a.example/"))
    assert log.timeline.waiting == 0
    for at in (0.0, 0.5):
        log.note(Sent(at, PROCESS, 1, 0))
        assert (log.timeline.waiting, log.timeline.in_flight) == (0, 1)
    log.note(Ended(1.0, PROCESS, 1, "", 200, ""))
    assert [event.kind for event in log.timeline.events] == ["sent", "answered"]
    assert [request.sent for request in log.requests] == [0.5]


def test_between_events_the_clock_goes_on() -> None:
    """An event happened at its own time; what is in flight and recent is of now."""
    log = log_of([Made(asked=-5.0)])
    before = time.perf_counter()
    assert log.timeline.clock() >= before
    assert log.timeline.events[0].time == -5.0


def test_numbers_are_those_of_a_process() -> None:
    """Another one has the same."""
    log = RequestLog()
    for process in (1, 2):
        log.note(Asked(0.0, process, 1, 1, 1, 100, 20, "GET", "https://a.example/"))
    log.note(Sent(0.5, 2, 1, 0))
    assert [request.sent for request in log.requests] == [None, 0.5]
    assert len(log.by_client()) == len(log.by_sender()) == 2


def test_the_quota_to_draw() -> None:
    """That of the shortest window, as far as a single host announces any."""
    two = 'ratelimit-policy: "a";q=90;w=60, "b";q=7;w=2'
    log = log_of([Made(headers=two), Made(), Made(url="https://other.example/")])
    assert log.quota_to_draw() == QuotaPolicy("sliding-window", 7, 2)
    assert log.timeline.period == 2
    more = Made(headers=two, url="https://other.example/")
    assert log_of([Made(headers=two), more]).quota_to_draw() is None
    assert log_of([Made()]).quota_to_draw() is None


def test_the_longest_window_that_was_guessed_is_kept() -> None:
    """It is guessed from the seconds that are left, and they get fewer."""
    headers = "x-ratelimit-limit: 90\nx-ratelimit-reset: "
    log = log_of([Made(headers=f"{headers}{left}") for left in (20, 1, 50, 2)])
    assert log.quota_to_draw() == QuotaPolicy("sliding-window", 90, 60)


def test_the_most_within_a_window() -> None:
    """Its end is not part of it."""
    times = [0.0, 1.0, 1.5, 2.0, 9.0]
    assert [most_within(window, times) for window in (0.5, 1.0, 1.1, 2.0, 2.1)] == [
        1,
        2,
        3,
        3,
        4,
    ]
    assert most_within(2, []) == 0


@pytest.mark.parametrize(
    ("times", "average"),
    [([0.0, 1.0, 2.0], 3), ([0.0, 1.0, 4.0], 1.0), ([0.0, 1.0, 3.9, 4.0], 1.0)],
)
def test_the_average_in_a_window(times: list[float], average: float) -> None:
    """The last burst does not count, unless all is within one window of two seconds."""
    assert average_within(2, times) == average


def test_two_threads_that_catch_up_keep_the_order() -> None:
    """The plot's thread and the cell's may do so at once: what the first has begun, the
    second waits for.
    """
    second_waits = threading.Event()
    news = deque([1.0, 2.0])

    class Lock:
        lock = threading.Lock()

        def __enter__(self) -> None:
            if not self.lock.acquire(blocking=False):
                second_waits.set()
                self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    def fetch() -> Iterator[Unseen]:
        while news:
            at = news.popleft()
            if at == 1.0:
                other.start()
                assert second_waits.wait(PATIENCE)
            yield Unseen(at, PROCESS, "urllib")

    log = RequestLog(fetch)
    log._catching_up = Lock()  # type: ignore[assignment]
    other = threading.Thread(target=log.catch_up)
    log.catch_up()
    other.join()
    assert [event.time for event in log.unseen] == [1.0, 2.0]
