"""Tasks that sleep while they hold a slot of a semaphore."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from inflight_lab.watch.events import Slept
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.finding import CERTAIN, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import at_the_quotas, with_retries
from inflight_lab.watch.findings.pace import MORE
from inflight_lab.watch.request import Name, Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where

SLEEP_AFTER = (
    "Sleep after the block, when the slot is free for another request (notebook 04)."
)
LET_WAIT_OUTSIDE = (
    "A library that retries waits inside the block: switch its retries off, as with "
    "max_retries=0, and wait after the block (notebook 04)."
)
MIN_PAUSE = 0.1
"""Seconds; a shorter sleep is no pause."""


@dataclass(frozen=True)
class Hold:
    """A slot that a task kept while others waited for one."""

    requests: list[Request]
    """What it sent meanwhile: at least one, and all of them have ended."""
    sleeps: list[Slept]
    released: float
    slots: int
    """How many the semaphore has; 0: not known."""

    @property
    def seconds(self) -> float:
        """How long it was kept, from the first request or sleep on."""
        begin = self.requests[0].asked
        if self.sleeps:
            begin = min(begin, self.sleeps[0].time)
        return self.released - begin

    @property
    def pause(self) -> float:
        """How long it slept."""
        return sum(
            min(sleep.seconds, self.released - sleep.time) for sleep in self.sleeps
        )

    @property
    def pauses_after_failures(self) -> bool:
        """Whether a request failed, so that it waited for a retry, or gave up."""
        return any(request.failed for request in self.requests)


def pause_inside_a_semaphore(log: RequestLog) -> Finding | None:
    """Tasks slept while they kept a slot, and others waited for one.

    Where nothing failed and nothing was refused, the pause may be all that is wanted.
    """
    holds = list(_holds(log))
    paused = [hold for hold in holds if hold.pause >= MIN_PAUSE]
    if not _is_usual(paused, holds):
        return None
    facts = _facts(paused, of=len(holds))
    after_failures = sum(hold.pauses_after_failures for hold in paused)
    if after_failures > len(paused) / 2:
        return _before_a_retry(paused, log, facts)
    return _in_place_of_a_rate_limiter(paused, log, facts)


def _is_usual(paused: list[Hold], holds: list[Hold]) -> bool:
    """Whether many slots were kept for a pause, and for much of their time."""
    are_many = len(paused) >= max(MIN_EVIDENCE, len(holds) / 4)
    kept = sum(hold.seconds for hold in holds)
    return are_many and sum(hold.pause for hold in paused) >= 0.3 * kept


def _before_a_retry(paused: list[Hold], log: RequestLog, facts: str) -> Finding:
    is_own = all(sleep.is_own for hold in paused for sleep in hold.sleeps)
    advice = SLEEP_AFTER if is_own else LET_WAIT_OUTSIDE
    return _pause(facts, advice=advice, fix=with_retries(log))


def _in_place_of_a_rate_limiter(
    paused: list[Hold], log: RequestLog, facts: str
) -> Finding | None:
    """None: it keeps the rate, or nothing shows that it does not."""
    group = RequestGroup(paused[0].requests)
    quotas = log.quotas_of(group)
    allowed = min((quota.rate for quota in quotas), default=0.0)
    rate = _rate_of(paused)
    if not log.refused or rate <= MORE * allowed:
        return None
    return _pause(
        f"{facts}. So its {paused[0].slots} slots let about {rate:.3g} requests a "
        "second through",
        advice="A pause limits the rate only as well as its length fits the quota and "
        "the answers: use a rate limiter instead (notebook 04).",
        fix=at_the_quotas(group, quotas),
    )


def _pause(facts: str, *, advice: str, fix: Command) -> Finding:
    headline = "A pause inside the semaphore"
    return Finding(CERTAIN, headline, facts=facts, advice=advice, fix=fix)


def _facts(paused: list[Hold], *, of: int) -> str:
    sleeps = [sleep for hold in paused for sleep in hold.sleeps]
    own = [sleep for sleep in sleeps if sleep.is_own]
    lines = where(sleep.line for sleep in own or sleeps)
    usual = median(hold.pause for hold in paused)
    return (
        f"{len(paused)} of {of} times a task waited{lines} while it kept a slot that "
        f"others waited for: {usual:.1f} s (median)"
    )


def _rate_of(holds: list[Hold]) -> float:
    """How many requests a second all slots let through that are kept so long."""
    requests = sum(len(hold.requests) for hold in holds) / len(holds)
    return holds[0].slots * requests / median(hold.seconds for hold in holds)


def _holds(log: RequestLog) -> Iterator[Hold]:
    """Each slot that was kept while others waited, and in which requests were sent."""
    requests = {group.first.sender: list(group.requests) for group in log.by_sender()}
    sleeps = _by_sender(log.slept)
    uses = _Uses(log)
    for event in log.released:
        sender = (event.process, event.sender)
        semaphore = (event.process, event.semaphore)
        asked_for = uses.last_before(event.time, semaphore, sender)
        if asked_for is None or sender not in requests:
            continue
        sent = _sent_between(asked_for, event.time, requests[sender])
        if sent:
            slept = _slept_between(asked_for, event.time, sleeps.get(sender, []))
            yield Hold(sent, slept, event.time, uses.slots_of(semaphore))


class _Uses:
    """When tasks asked for which semaphore."""

    def __init__(self, log: RequestLog) -> None:
        self._slots: dict[Name, int] = {}
        self._times: dict[tuple[Name, Name], list[float]] = {}
        for event in log.acquired:
            semaphore = (event.process, event.semaphore)
            sender = (event.process, event.sender)
            self._slots.setdefault(semaphore, event.slots)
            self._times.setdefault((semaphore, sender), []).append(event.time)

    def slots_of(self, semaphore: Name) -> int:
        """How many it has."""
        return self._slots.get(semaphore, 0)

    def last_before(self, time: float, semaphore: Name, sender: Name) -> float | None:
        """When the task last asked for a slot before ``time``; None: it never did."""
        times = self._times.get((semaphore, sender), [])
        position = bisect_left(times, time)
        return times[position - 1] if position else None


def _by_sender(sleeps: Iterable[Slept]) -> dict[Name, list[Slept]]:
    by_sender: dict[Name, list[Slept]] = {}
    for sleep in sleeps:
        by_sender.setdefault((sleep.process, sleep.sender), []).append(sleep)
    return by_sender


def _sent_between(begin: float, end: float, requests: list[Request]) -> list[Request]:
    """The requests that were asked for and ended between two times."""
    first = bisect_left(requests, begin, key=lambda request: request.asked)
    last = bisect_left(requests, end, key=lambda request: request.asked)
    return [each for each in requests[first:last] if each.ended is not None]


def _slept_between(begin: float, end: float, sleeps: list[Slept]) -> list[Slept]:
    first = bisect_left(sleeps, begin, key=lambda sleep: sleep.time)
    last = bisect_left(sleeps, end, key=lambda sleep: sleep.time)
    return sleeps[first:last]
