"""Findings about what tasks do while they hold a slot of a semaphore."""

from __future__ import annotations

from inflight_lab.watch.events import Acquired, Event, Released
from inflight_lab.watch.findings.semaphores import pause_inside_a_semaphore
from inflight_lab.watch.request_log import RequestLog
from tests.support.watching import PROCESS, Made, log_of

POLICY = 'ratelimit-policy: "default";q=7;w=2'


def in_slots(requests: list[Made], *, pause: float, count: int = 8) -> RequestLog:
    """So many tasks that send these in one slot, and then keep it for a while."""
    sent: list[Made] = []
    others: list[Event] = []
    for number in range(count):
        begin = float(10 * number)
        sent += [
            each._replace(asked=begin + each.asked, sender=number) for each in requests
        ]
        end = max(each.asked + (each.took or 0.0) for each in requests)
        place = "" if number else "main.py:12"
        others.append(Acquired(begin - 5.0, PROCESS, 77, number, place))
        others.append(Released(begin + end + pause, PROCESS, 77, number))
    return log_of(sent, *others)


def test_a_pause_after_the_answer() -> None:
    """How long a slot lay idle, where, and the code that keeps a rate instead."""
    finding = pause_inside_a_semaphore(in_slots([Made(headers=POLICY)], pause=1.0))
    assert finding
    assert finding.facts == (
        "8 of 8 times a task kept a slot that others waited for (main.py:12), "
        "and sent nothing for 1.0 s (median)"
    )
    assert finding.fix == "inflight-lab snippet paced --rate 7 --period 2"


def test_a_pause_before_a_retry() -> None:
    """It lies between two requests; the code gives the slot back before it."""
    retried = [Made(0.0, 0.1, 503), Made(2.1, 0.1)]
    finding = pause_inside_a_semaphore(in_slots(retried, pause=0.0))
    assert finding
    assert "sent nothing for 2.0 s" in finding.facts
    assert finding.fix == "inflight-lab snippet resilient"


def test_a_pause_before_a_later_retry() -> None:
    """What failed need not be the first; then the code retries outside the block."""
    requests = [Made(0.0, 0.1), Made(0.11, 0.1, 503), Made(2.2, 0.1)]
    finding = pause_inside_a_semaphore(in_slots(requests, pause=0.0))
    assert finding
    assert finding.fix == "inflight-lab snippet resilient"


def test_a_pause_after_two_at_once() -> None:
    """What overlaps counts once."""
    at_once = [Made(0.0, 1.0), Made(0.0, 1.0)]
    finding = pause_inside_a_semaphore(in_slots(at_once, pause=1.0))
    assert finding
    assert "sent nothing for 1.0 s" in finding.facts


def test_slots_that_are_in_use() -> None:
    """Several requests in a row, and a little work on the answer, are no pause."""
    in_a_row = [Made(0.0, 0.3), Made(0.31, 0.3), Made(0.62, 0.3)]
    assert pause_inside_a_semaphore(in_slots(in_a_row, pause=0.05)) is None
    assert pause_inside_a_semaphore(in_slots([Made()], pause=0.09)) is None


def test_what_is_small_beside_the_requests() -> None:
    """Less than three tenths of the time that the slots were kept; or three times."""
    assert pause_inside_a_semaphore(in_slots([Made(took=1.0)], pause=0.4)) is None
    assert pause_inside_a_semaphore(in_slots([Made(took=1.0)], pause=0.5))
    assert pause_inside_a_semaphore(in_slots([Made()], pause=1.0, count=3)) is None


def test_a_semaphore_of_something_else() -> None:
    """Of a task that sends nothing while it has a slot, nothing is said."""
    log = in_slots([Made()], pause=1.0)
    others = [event._replace(sender=99) for event in log.released]
    sent = [Made(float(10 * number), sender=number) for number in range(8)]
    assert pause_inside_a_semaphore(log_of(sent, *log.acquired, *others)) is None
