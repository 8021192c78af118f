"""Requests that repeat failed ones: too soon, or all at the same time."""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from inflight_lab.watch.findings.finding import (
    CERTAIN,
    FEW,
    LIKELY,
    Certainty,
    Finding,
)
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import most_within
from inflight_lab.watch.request_log import RequestLog

AT_ONCE = 0.2
"""A repeat that comes within so many seconds does not wait at all."""


class Succession(NamedTuple):
    """A request, and the next one for the same thing, asked for after its end."""

    first: Request
    then: Request

    @property
    def pause(self) -> float:
        """Seconds from the end of one to the other."""
        return self.then.asked - (self.first.ended or 0.0)

    @property
    def is_too_soon(self) -> bool:
        """Whether the pause is shorter than Retry-After asks for."""
        asked = re.search(r"^retry-after: *(\d+)", self.first.headers, re.MULTILINE)
        return asked is not None and self.pause < 0.95 * int(asked[1])


@dataclass(frozen=True)
class Repeats:
    """The requests of a run that repeat one that failed."""

    successions: list[Succession]
    are_certain: bool
    """Whether their addresses show it."""
    of: int
    """How many requests there are in the run."""

    @property
    def count(self) -> int:
        """How many repeat one that failed."""
        return len(self.successions)

    @property
    def share(self) -> float:
        """Of all requests of the run."""
        return self.count / self.of

    @property
    def failed_again(self) -> int:
        """How many of them failed, too."""
        return sum(each.then.failed for each in self.successions)

    @property
    def too_soon(self) -> int:
        """How many came sooner than Retry-After asks for."""
        return sum(each.is_too_soon for each in self.successions)

    @property
    def pauses(self) -> list[float]:
        """Seconds from each failure to its repeat."""
        return [each.pause for each in self.successions]

    @property
    def times(self) -> list[float]:
        """When they were asked for."""
        return [each.then.asked for each in self.successions]


def storm_of_retries(log: RequestLog) -> Finding | None:
    """Many requests repeat one that failed, and the API gets no time to recover."""
    repeats = find_repeats(log)
    if repeats.count <= FEW or repeats.share <= 0.2:
        return None
    usual_pause = median(repeats.pauses)
    mostly_too_soon = repeats.too_soon >= repeats.count / 2 or usual_pause < AT_ONCE
    if repeats.share >= 0.3 and mostly_too_soon:
        sooner = (
            f", and {repeats.too_soon} sooner than Retry-After asks for"
            if repeats.too_soon
            else ""
        )
        certainty = CERTAIN if repeats.are_certain else LIKELY
        return _storm(
            repeats, certainty, f"half came within {usual_pause:.2f} s{sooner}"
        )
    if _come_back_together(repeats):
        how = (
            f"all pause alike (median {usual_pause:.1f} s), so they come back together"
        )
        return _storm(repeats, LIKELY, how)
    return None


def _storm(repeats: Repeats, certainty: Certainty, how: str) -> Finding:
    return Finding(
        certainty,
        "A storm of retries",
        facts=f"{repeats.count} of {repeats.of} requests, "
        f"{repeats.failed_again} failed again; {how}",
        advice="Wait as long as the API says, or longer each time, "
        "and add a random time (notebook 07).",
    )


def _come_back_together(repeats: Repeats) -> bool:
    """Whether all wait for the same times, fail, and meet again after that."""
    if not _pause_alike(repeats) or repeats.failed_again <= 0.2 * repeats.count:
        return False
    usual_pause = median(repeats.pauses)
    in_a_pause = most_within(usual_pause, repeats.times)
    in_a_moment = most_within(usual_pause / 5, repeats.times)
    return in_a_moment > max(FEW, in_a_pause / 2)


def _pause_alike(repeats: Repeats) -> bool:
    """Whether there are a few usual pauses, such as 1, 2 and 4 s, give or take 5 %."""
    lengths = Counter(
        round(math.log(max(pause, 0.001), 1.1)) for pause in repeats.pauses
    )
    usual = sum(count for count in lengths.values() if count > 0.15 * repeats.count)
    return usual > 0.8 * repeats.count


def find_repeats(log: RequestLog) -> Repeats:
    """The requests that repeat one that failed.

    If many requests have one address in common, those of one sender are compared.  They
    are repeats if no sender goes on after an answer: that is what workers do, who take
    the next whatever became of the last.
    """
    addresses = {_address(request) for request in log.requests}
    senders = log.by_sender()
    in_common = len(addresses) == 1 or len(addresses) < len(senders)
    successions = _successions(log, _address_and_sender if in_common else _address)
    repeats = [each for each in successions if each.first.failed]
    others = len(successions) - len(repeats)
    tolerated = 0 if in_common else len(repeats) / 4
    if others > tolerated:
        repeats = []
    return Repeats(repeats, are_certain=not in_common, of=len(log))


def _successions(
    log: RequestLog, key: Callable[[Request], Hashable]
) -> list[Succession]:
    """Neighbours of which the second began after the first, by ``key``."""
    successions = []
    for group in log.grouped_by(key):
        for first, then in pairwise(group.requests):
            if first.ended is not None and first.ended <= then.asked:
                successions.append(Succession(first, then))
    return successions


def _address(request: Request) -> Hashable:
    return request.method, request.url


def _address_and_sender(request: Request) -> Hashable:
    return request.method, request.url, request.sender
