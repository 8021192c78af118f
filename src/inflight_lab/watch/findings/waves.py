"""Retries that their addresses do not show, but their number.

All that failed comes again after a fixed pause, each time from new tasks or threads:
as many as failed before.
"""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from inflight_lab.watch.findings.finding import LIKELY, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import with_retries
from inflight_lab.watch.findings.retries import (
    IMPATIENT,
    OBEDIENT,
    on_refusals,
    storm_of_retries,
)
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog

MIN_PAUSE = 1.0
"""Seconds without any request, between two waves."""
ALIKE = 1.2
"""By how much the longest of several pauses may exceed the shortest."""


def retries_in_waves(log: RequestLog) -> Finding | None:
    """Twice or more, as many requests came back together as failed before."""
    if storm_of_retries(log):
        return None
    for group in log.by_api():
        returns = _returns(group)
        if _are_retries(returns):
            return _together(log, group, returns)
    return None


class Return(NamedTuple):
    """A wave of requests, and the next one."""

    first: list[Request]
    second: list[Request]

    @property
    def pause(self) -> float:
        """Seconds from the end of the first to the second."""
        return self.second[0].asked - _end(self.first)

    @property
    def failed(self) -> int:
        """How many of the first failed."""
        return sum(request.failed for request in self.first)

    @property
    def is_of_those_that_failed(self) -> bool:
        """Whether the second has as many requests as failed in the first."""
        difference = abs(len(self.second) - self.failed)
        return self.failed >= MIN_EVIDENCE and difference <= 0.1 * self.failed


def _returns(group: RequestGroup) -> list[Return]:
    """The waves that are as large as what had failed just before."""
    neighbours = [Return(*pair) for pair in pairwise(_waves(group))]
    return [each for each in neighbours if each.is_of_those_that_failed]


def _are_retries(returns: list[Return]) -> bool:
    """Whether there are several, after pauses that are alike.

    Batches of one size look the same, as long as all of them are refused.
    """
    if len(returns) < 2:
        return False
    varies = any(each.failed < len(each.first) for each in returns)
    pauses = [each.pause for each in returns]
    return varies and max(pauses) < ALIKE * min(pauses)


def _together(log: RequestLog, group: RequestGroup, returns: list[Return]) -> Finding:
    pause = median(each.pause for each in returns)
    usual = OBEDIENT if _waits_as_asked(group, pause) else IMPATIENT
    count = sum(len(each.second) for each in returns)
    return Finding(
        LIKELY,
        "Retries that come back together",
        facts=f"{len(returns)} waves, each {pause:.1f} s after the one before it, and "
        "each with as many requests as had just failed: "
        f"{count} of {len(group)} in all",
        advice=usual + on_refusals(log, group),
        fix=with_retries(group),
    )


def _waits_as_asked(group: RequestGroup, pause: float) -> bool:
    """Whether that is about as long as the refusals asked to wait."""
    asked = [
        request.requested_pause
        for request in group.requests
        if request.requested_pause is not None
    ]
    return bool(asked) and pause >= 0.9 * median(asked)


def _waves(group: RequestGroup) -> Iterator[list[Request]]:
    """Requests with no pause between them, such as those of one `gather`."""
    wave: list[Request] = []
    end = 0.0
    for request in group.requests:
        if wave and request.asked - end >= MIN_PAUSE:
            yield wave
            wave = []
        wave.append(request)
        end = max(end, request.asked + request.seconds)
    if wave:
        yield wave


def _end(wave: list[Request]) -> float:
    return max(request.asked + request.seconds for request in wave)
