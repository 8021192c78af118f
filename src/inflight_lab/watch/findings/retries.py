"""Retries that come too soon, or all at the same time."""

import math
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from inflight_lab.watch.findings.finding import (
    CERTAIN,
    LIKELY,
    MIN_EVIDENCE,
    Certainty,
    Finding,
)
from inflight_lab.watch.findings.fixes import snippet, with_retries
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import most_within
from inflight_lab.watch.request_log import RequestLog

AT_ONCE = 0.05
"""Seconds; a library that sends again by itself takes less."""
LOST_CONNECTION = (
    "ServerDisconnectedError",
    "ClientOSError",
    "ClientConnectionResetError",
)
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
"""The methods of requests that aiohttp sends again after such errors."""
MIN_PAUSE = 0.2
"""Seconds; a retry after a shorter pause hardly waited at all."""


IMPATIENT = (
    "Wait as long as the API says, or longer each time, and add a random time "
    "(notebook 08)."
)
OBEDIENT = (
    "Each waits as long as the API asks: add a random time, and pace what is sent, so "
    "that fewer are refused (notebook 08)."
)


class Pair(NamedTuple):
    """Two successive requests for the same thing: the second began after the first."""

    first: Request
    second: Request

    @property
    def pause(self) -> float:
        """Seconds from the end of the first request to the second."""
        return self.second.asked - (self.first.ended or 0.0)

    @property
    def is_at_once(self) -> bool:
        """Whether there is hardly any pause."""
        return self.pause < AT_ONCE

    @property
    def is_too_early(self) -> bool:
        """Whether the pause is shorter than the first answer asks for."""
        requested = self.first.requested_pause
        return requested is not None and self.pause < 0.95 * requested


@dataclass(frozen=True)
class Retries:
    """The retries in a run: each is a pair whose first request failed."""

    pairs: list[Pair]
    are_certain: bool
    """Whether the addresses show that they are retries; else the senders suggest it."""
    total_requests: int
    """How many requests the run has, retries or not."""

    @property
    def count(self) -> int:
        """How many retries there are."""
        return len(self.pairs)

    @property
    def share(self) -> float:
        """The share of retries in all requests of the run."""
        return self.count / self.total_requests

    @property
    def failed_again(self) -> int:
        """How many retries failed too."""
        return sum(pair.second.failed for pair in self.pairs)

    @property
    def too_early(self) -> int:
        """How many came sooner than the API asks for."""
        return sum(pair.is_too_early for pair in self.pairs)

    @property
    def obey(self) -> bool:
        """Whether most come after an answer that says when, and not before."""
        asked = sum(pair.first.requested_pause is not None for pair in self.pairs)
        return asked > self.count / 2 and self.too_early < asked / 10

    @property
    def usual_pause(self) -> float:
        """The median pause before a retry, in seconds."""
        return median(pair.pause for pair in self.pairs)


def storm_of_retries(log: RequestLog) -> Finding | None:
    """Many requests are retries, and they leave the API no time to recover."""
    retries = find_retries(log)
    if retries.count <= MIN_EVIDENCE or retries.share <= 0.2:
        return None
    if retries.share >= 0.3 and _come_too_soon(retries):
        certainty = CERTAIN if retries.are_certain else LIKELY
        return _storm(log, retries, certainty, how=_how_soon(retries))
    if _come_back_together(retries):
        pause = f"{retries.usual_pause:.1f} s (median)"
        how = f"all pause alike, {pause}, so they come back together"
        return _storm(log, retries, LIKELY, how=how)
    return None


def _storm(
    log: RequestLog, retries: Retries, certainty: Certainty, *, how: str
) -> Finding:
    at_most = "" if retries.are_certain else "up to "
    return Finding(
        certainty,
        "A storm of retries",
        facts=f"{at_most}{retries.count} of {retries.total_requests} requests are "
        f"retries, {retries.failed_again} of them failed again; {how}",
        advice=OBEDIENT if retries.obey else IMPATIENT,
        fix=snippet(with_retries(log)),
    )


def _come_too_soon(retries: Retries) -> bool:
    """Whether half of them ignore what the API asks, or hardly wait at all."""
    mostly_ignore_it = retries.too_early >= retries.count / 2
    return mostly_ignore_it or retries.usual_pause < MIN_PAUSE


def _how_soon(retries: Retries) -> str:
    how = f"half came within {retries.usual_pause:.2f} s"
    if retries.too_early:
        sooner = f"{retries.too_early} sooner than the API asks for"
        how += f", and {sooner}"
    return how


def _come_back_together(retries: Retries) -> bool:
    """Whether they fail together, pause equally long, and so meet again."""
    if not _pause_alike(retries) or retries.failed_again <= 0.2 * retries.count:
        return False
    times = [pair.second.asked for pair in retries.pairs]
    in_one_pause = most_within(retries.usual_pause, times)
    in_a_fifth_of_it = most_within(retries.usual_pause / 5, times)
    return in_a_fifth_of_it > max(MIN_EVIDENCE, in_one_pause / 2)


def _pause_alike(retries: Retries) -> bool:
    """Whether most pauses have one of a few lengths, such as 1, 2 and 4 s.

    Lengths within 5 % of a power of 1.1 count as the same.
    """
    count_by_length = Counter(_rounded_length(pair.pause) for pair in retries.pairs)
    frequent = [
        count for count in count_by_length.values() if count > 0.15 * retries.count
    ]
    return sum(frequent) > 0.8 * retries.count


def _rounded_length(pause: float) -> int:
    """The exponent of the power of 1.1 that is nearest to ``pause``."""
    return round(math.log(max(pause, 0.001), 1.1))


def find_retries(log: RequestLog) -> Retries:
    """Find the requests that retry one that failed.

    If each thing has an address of its own, the next request for an address is a retry.
    If many requests share an address, only those of the same sender are compared.

    What is refused for good is left out: no pause would help (`refused_for_good`).
    """
    share_addresses = _share_addresses(log)
    key = _address_and_sender if share_addresses else _address
    pairs = _successive_pairs(log, key)
    after_a_failure = [pair for pair in pairs if pair.first.failed]
    after_an_answer = [pair for pair in pairs if not pair.first.failed]
    if share_addresses:
        are_retries = _are_of_retrying_senders(after_a_failure, after_an_answer)
    else:
        are_retries = _are_of_known_things(after_a_failure, after_an_answer)
    retries = after_a_failure
    if not are_retries:  # but for those of which the library says so
        retries = [pair for pair in after_a_failure if pair.second.retry]
    return Retries(
        _that_may_help(retries, log),
        are_certain=not share_addresses,
        total_requests=len(log),
    )


def _that_may_help(retries: list[Pair], log: RequestLog) -> list[Pair]:
    """Without those after a refusal for good, and those that a library needed."""
    sent_again = sent_again_by_aiohttp(log)
    return [
        pair
        for pair in retries
        if not pair.first.is_refused_for_good and id(pair.second) not in sent_again
    ]


def sent_again_by_aiohttp(log: RequestLog) -> set[int]:
    """The requests that aiohttp sent again by itself, by their ``id``.

    It does so at once, and once in a call, where a connection was just being closed.
    """
    sent_again: set[int] = set()
    for pair in _successive_pairs(log, _address_and_sender):
        is_first_try = id(pair.first) not in sent_again
        if is_first_try and _has_lost_its_connection(pair.first) and pair.is_at_once:
            sent_again.add(id(pair.second))
    return sent_again


def _has_lost_its_connection(request: Request) -> bool:
    return (
        request.library == "aiohttp"
        and request.error in LOST_CONNECTION
        and request.method in IDEMPOTENT
    )


def _share_addresses(log: RequestLog) -> bool:
    """Whether an address does not tell which thing a request is for."""
    addresses = {_address(request) for request in log.requests}
    return len(addresses) == 1 or len(addresses) < len(log.by_sender())


def _are_of_known_things(failures: list[Pair], answers: list[Pair]) -> bool:
    """Whether an address is hardly ever asked again once it has answered."""
    return len(answers) <= len(failures) / 4 or _pause_only_after_failures(
        failures, answers
    )


def _are_of_retrying_senders(failures: list[Pair], answers: list[Pair]) -> bool:
    """Whether senders send again because of a failure.

    A worker takes its next task whether the last one failed or not.  But one that
    pauses after failures only does so because of them.
    """
    return not answers or _pause_only_after_failures(failures, answers)


def _pause_only_after_failures(failures: list[Pair], answers: list[Pair]) -> bool:
    """Whether senders wait for a while after a failure, and go on after an answer."""
    if not failures or not answers:
        return False
    after_a_failure = median(pair.pause for pair in failures)
    after_an_answer = median(pair.pause for pair in answers)
    return after_a_failure > MIN_PAUSE and after_an_answer < after_a_failure / 10


def _successive_pairs(
    log: RequestLog, key: Callable[[Request], Hashable]
) -> list[Pair]:
    """Neighbours with the same ``key`` that do not overlap in time."""
    pairs = []
    for group in log.grouped_by(key):
        for first, second in pairwise(group.requests):
            if first.ended is not None and first.ended <= second.asked:
                pairs.append(Pair(first, second))
    return pairs


def _address(request: Request) -> Hashable:
    return request.method, request.url


def _address_and_sender(request: Request) -> Hashable:
    return request.method, request.url, request.sender
