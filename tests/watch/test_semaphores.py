"""Findings about tasks that sleep while they hold a slot of a semaphore."""

from __future__ import annotations

from collections.abc import Sequence

from inflight_lab.watch.events import Acquired, Event, Released, Slept
from inflight_lab.watch.findings.semaphores import pause_inside_a_semaphore
from inflight_lab.watch.request_log import RequestLog
from tests.support.watching import PROCESS, Made, log_of

POLICY = 'ratelimit-policy: "default";q=7;w=2'
REFUSED = Made(99.0, status=429, headers=POLICY)


def in_slots(
    requests: list[Made],
    *,
    sleeps: Sequence[tuple[float, float]] = (),
    kept_for: float = 0.0,
    count: int = 8,
    beside: Sequence[Made] = (),
    slots: int = 4,
) -> RequestLog:
    """So many tasks that send these in one slot, and keep it for a while after them.

    ``sleeps`` are pairs: when, and for how many seconds.
    """
    sent: list[Made] = list(beside)
    others: list[Event] = []
    for number in range(count):
        begin = float(10 * number)
        sent += [
            each._replace(asked=begin + each.asked, sender=number) for each in requests
        ]
        end = max(each.asked + (each.took or 0.0) for each in requests)
        others.append(Acquired(begin - 5.0, PROCESS, 77, number, "", slots))
        others += [
            Slept(begin + at, PROCESS, number, seconds, "main.py:14")
            for at, seconds in sleeps
        ]
        others.append(Released(begin + end + kept_for, PROCESS, 77, number))
    return log_of(sent, *others)


def after_the_answer(pause: float, *, slots: int = 4) -> RequestLog:
    """Each pauses after its answer, and another request was refused."""
    return in_slots(
        [Made(headers=POLICY)],
        sleeps=[(0.1, pause)],
        kept_for=pause,
        beside=[REFUSED],
        slots=slots,
    )


def test_a_pause_after_the_answer() -> None:
    """How long each slept, at which line, and what rate that is; 3.5 are allowed."""
    finding = pause_inside_a_semaphore(after_the_answer(0.9))
    assert finding
    assert finding.facts == (
        "8 of 8 times a task waited (main.py:14) while it kept a slot that others "
        "waited for: 0.9 s (median). So its 4 slots let about 4 requests a second "
        "through"
    )
    assert str(finding.fix).startswith("inflight-lab snippet paced --rate 7 --period 2")


def test_a_pause_that_keeps_the_rate() -> None:
    """What was refused has another cause then."""
    assert pause_inside_a_semaphore(after_the_answer(0.9, slots=3)) is None


def test_a_pause_that_is_all_that_is_wanted() -> None:
    """Where nothing is refused, it keeps the rate: that may be what it is for."""
    log = in_slots([Made(headers=POLICY)], sleeps=[(0.1, 1.0)], kept_for=1.0)
    assert pause_inside_a_semaphore(log) is None


def test_a_pause_before_a_retry() -> None:
    """It lies between two requests; the code gives the slot back before it."""
    retried = [Made(0.0, 0.1, 503), Made(2.1, 0.1)]
    finding = pause_inside_a_semaphore(in_slots(retried, sleeps=[(0.1, 2.0)]))
    assert finding
    assert finding.facts.endswith("others waited for: 2.0 s (median)")
    assert str(finding.fix) == "inflight-lab snippet resilient"


def test_a_library_that_waits_for_a_retry() -> None:
    """Its own line is not known: the advice is to let it wait elsewhere."""
    log = in_slots([Made(0.0, 0.1, 503), Made(2.1, 0.1)], sleeps=[(0.1, 2.0)])
    log.slept.extend([log.slept.popleft()._replace(is_own=False) for _ in range(8)])
    finding = pause_inside_a_semaphore(log)
    assert finding
    assert "max_retries=0" in finding.advice


def test_a_pause_before_a_later_retry() -> None:
    """What failed need not be the first; then the code retries outside the block."""
    requests = [Made(0.0, 0.1), Made(0.11, 0.1, 503), Made(2.2, 0.1)]
    finding = pause_inside_a_semaphore(in_slots(requests, sleeps=[(0.21, 1.9)]))
    assert finding
    assert str(finding.fix) == "inflight-lab snippet resilient"


def test_a_pause_before_the_request() -> None:
    """The slot is kept for that time, too; a sleep that is cut short counts so far."""
    requests = [Made(1.0, 0.1, 503)]
    finding = pause_inside_a_semaphore(in_slots(requests, sleeps=[(0.0, 1.0)]))
    assert finding
    assert "others waited for: 1.0 s" in finding.facts
    cut_short = in_slots([Made(0.0, 0.1, 503)], sleeps=[(0.1, 60.0)], kept_for=0.5)
    finding = pause_inside_a_semaphore(cut_short)
    assert finding
    assert "others waited for: 0.5 s" in finding.facts


def test_slow_work_on_the_answer_is_no_pause() -> None:
    """Whatever keeps the slot, such as a database: nobody sleeps."""
    log = in_slots([Made(status=503)], kept_for=3.0)
    assert pause_inside_a_semaphore(log) is None


def test_what_is_small_beside_the_requests() -> None:
    """Less than three tenths of the time that the slots were kept; or three times."""
    failed = Made(took=1.0, status=503)

    def is_found(sleep: float, count: int = 8) -> bool:
        log = in_slots([failed], sleeps=[(1.0, sleep)], kept_for=sleep, count=count)
        return pause_inside_a_semaphore(log) is not None

    assert is_found(0.5)
    assert not is_found(0.4)
    assert not is_found(0.5, count=3)


def test_a_semaphore_of_something_else() -> None:
    """Of a task that sends nothing while it has a slot, nothing is said."""
    log = in_slots([Made(status=503)], sleeps=[(0.1, 1.0)], kept_for=1.0)
    assert pause_inside_a_semaphore(log)
    others = [event._replace(sender=99) for event in log.released]
    sent = [Made(float(10 * n), status=503, sender=n) for n in range(8)]
    log = log_of(sent, *log.acquired, *log.slept, *others)
    assert pause_inside_a_semaphore(log) is None
