"""Retries that their addresses do not show, but their number.

All that was refused comes again after a fixed pause, each time from new tasks or
threads: as many as were refused before.
"""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

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
    """Twice or more, as many requests came back together as were refused before."""
    if storm_of_retries(log):
        return None
    for group in log.by_api():
        returns = [pair for pair in pairwise(_waves(group)) if _come_back(*pair)]
        pauses = [_begin(second) - _end(first) for first, second in returns]
        # Batches of one size look the same, as long as all of them are refused.
        varies = any(_failed(first) < len(first) for first, _ in returns)
        if len(returns) >= 2 and varies and max(pauses) < ALIKE * min(pauses):
            waves = [second for _, second in returns]
            return _together(log, group, waves, pause=median(pauses))
    return None


def _together(
    log: RequestLog, group: RequestGroup, waves: list[list[Request]], *, pause: float
) -> Finding:
    usual = OBEDIENT if _waits_as_asked(group, pause) else IMPATIENT
    count = sum(len(wave) for wave in waves)
    return Finding(
        LIKELY,
        "Retries that come back together",
        facts=f"{len(waves)} waves, each {pause:.1f} s after the one before it, and "
        "each with as many requests as had just been refused: "
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


def _come_back(first: list[Request], second: list[Request]) -> bool:
    """Whether the second has as many requests as failed in the first."""
    failed = _failed(first)
    return failed >= MIN_EVIDENCE and abs(len(second) - failed) <= 0.1 * failed


def _failed(wave: list[Request]) -> int:
    return sum(request.failed for request in wave)


def _begin(wave: list[Request]) -> float:
    return wave[0].asked


def _end(wave: list[Request]) -> float:
    return max(request.asked + request.seconds for request in wave)
