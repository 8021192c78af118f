"""What tasks do while they hold a slot of a semaphore."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from inflight_lab.watch.findings.finding import CERTAIN, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import at_the_quotas, snippet
from inflight_lab.watch.places import where
from inflight_lab.watch.request import Name, Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog

MIN_PAUSE = 0.1
"""Seconds; a shorter time without a request is no pause."""


@dataclass(frozen=True)
class Hold:
    """A slot that a task kept while others waited for one."""

    requests: list[Request]
    """What it sent meanwhile: at least one, and all of them have ended."""
    released: float
    place: str

    @property
    def seconds(self) -> float:
        """How long it was kept, from the first request on."""
        return self.released - self.requests[0].asked

    @property
    def pause(self) -> float:
        """How much of this time no request was under way."""
        idle = 0.0
        busy_until = self.requests[0].asked
        for request in self.requests:
            idle += max(0.0, request.asked - busy_until)
            busy_until = max(busy_until, request.asked + request.seconds)
        return idle + max(0.0, self.released - busy_until)

    @property
    def pauses_after_failures(self) -> bool:
        """Whether a request failed, so that it waited for a retry, or gave up."""
        return any(request.failed for request in self.requests)


def pause_inside_a_semaphore(log: RequestLog) -> Finding | None:
    """Tasks kept their slots while they sent nothing, and others waited for one."""
    holds = list(_holds(log))
    paused = [hold for hold in holds if hold.pause >= MIN_PAUSE]
    kept = sum(hold.seconds for hold in holds)
    if len(paused) < MIN_EVIDENCE or sum(hold.pause for hold in paused) < 0.3 * kept:
        return None
    usual = median(hold.pause for hold in paused)
    return Finding(
        CERTAIN,
        "A pause inside the semaphore",
        facts=f"{len(paused)} of {len(holds)} times a task kept a slot that others "
        f"waited for{where(hold.place for hold in paused)}, "
        f"and sent nothing for {usual:.1f} s (median)",
        advice="Pause after the block, when the slot is free; "
        "a pause doesn't limit the rate, either (notebook 04).",
        fix=_fix(paused, log),
    )


def _fix(paused: list[Hold], log: RequestLog) -> str:
    after_failures = sum(hold.pauses_after_failures for hold in paused)
    if after_failures > len(paused) / 2:
        return snippet("resilient")
    group = RequestGroup(paused[0].requests)
    return at_the_quotas(group, log.quotas_by_host.get(group.first.host, []))


def _holds(log: RequestLog) -> Iterator[Hold]:
    """Each slot that was kept while others waited, and in which requests were sent."""
    sent = {group.first.sender: list(group.requests) for group in log.by_sender()}
    uses = _Uses(log)
    for event in log.released:
        sender = (event.process, event.sender)
        semaphore = (event.process, event.semaphore)
        asked_for = uses.last_before(event.time, semaphore, sender)
        if asked_for is None or sender not in sent:
            continue
        requests = _between(asked_for, event.time, sent[sender])
        if requests:
            yield Hold(requests, event.time, uses.place_of(semaphore))


class _Uses:
    """When tasks asked for which semaphore, and where."""

    def __init__(self, log: RequestLog) -> None:
        self._times: dict[tuple[Name, Name], list[float]] = {}
        self._places: dict[Name, str] = {}
        for event in log.acquired:
            semaphore = (event.process, event.semaphore)
            sender = (event.process, event.sender)
            self._times.setdefault((semaphore, sender), []).append(event.time)
            self._places.setdefault(semaphore, event.place)

    def last_before(self, time: float, semaphore: Name, sender: Name) -> float | None:
        """When the task last asked for a slot before ``time``; None: it never did."""
        times = self._times.get((semaphore, sender), [])
        position = bisect_left(times, time)
        return times[position - 1] if position else None

    def place_of(self, semaphore: Name) -> str:
        """The line that first asked for a slot of it; "" if it is not known."""
        return self._places.get(semaphore, "")


def _between(begin: float, end: float, requests: list[Request]) -> list[Request]:
    """The requests that were asked for and ended between two times."""
    first = bisect_left(requests, begin, key=lambda request: request.asked)
    last = bisect_left(requests, end, key=lambda request: request.asked)
    return [each for each in requests[first:last] if each.ended is not None]
