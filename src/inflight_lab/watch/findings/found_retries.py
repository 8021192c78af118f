"""Which requests of a run retry one that failed."""

from dataclasses import dataclass
from statistics import median

from inflight_lab.watch.findings.pairs import (
    Pair,
    address,
    address_and_sender,
    successive_pairs,
)
from inflight_lab.watch.findings.sent_again import sent_again_by_aiohttp
from inflight_lab.watch.request_log import RequestLog

MIN_PAUSE = 0.2
"""Seconds; a retry after a shorter pause hardly waited at all."""


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
        asked = sum(pair.is_asked_to_wait for pair in self.pairs)
        return asked > self.count / 2 and self.too_early < asked / 10

    @property
    def usual_pause(self) -> float:
        """The median pause before a retry, in seconds."""
        return usual_pause(self.pairs)


def find_retries(log: RequestLog) -> Retries:
    """Find the requests that retry one that failed.

    If each thing has an address of its own, the next request for an address is a retry.
    If many requests share an address, only those of the same sender are compared.

    What is refused for good is left out: no pause would help (`refused_for_good`).
    """
    share_addresses = _share_addresses(log)
    pairs = successive_pairs(log, address_and_sender if share_addresses else address)
    failures = [pair for pair in pairs if pair.first.failed]
    answers = [pair for pair in pairs if not pair.first.failed]
    if _are_retries(failures, answers, share_addresses=share_addresses):
        retries = failures
    else:  # except for those of which the library says so
        retries = [pair for pair in failures if pair.second.retry]
    return Retries(
        _that_may_help(retries, log),
        are_certain=not share_addresses,
        total_requests=len(log),
    )


def _share_addresses(log: RequestLog) -> bool:
    """Whether an address does not tell which thing a request is for."""
    addresses = {address(request) for request in log.requests}
    return len(addresses) == 1 or len(addresses) < len(log.by_sender())


def _are_retries(
    failures: list[Pair], answers: list[Pair], *, share_addresses: bool
) -> bool:
    """Whether senders send again because of a failure.

    A worker takes its next task whether the last one failed or not.  But one that
    pauses after failures only does so because of them.  And an address that stands for
    one thing is hardly ever asked again once it has answered.
    """
    few = 0 if share_addresses else len(failures) / 4
    return len(answers) <= few or _pause_only_after_failures(failures, answers)


def _pause_only_after_failures(failures: list[Pair], answers: list[Pair]) -> bool:
    """Whether senders wait for a while after a failure, and go on after an answer."""
    if not failures or not answers:
        return False
    after_a_failure = usual_pause(failures)
    after_an_answer = usual_pause(answers)
    return after_a_failure > MIN_PAUSE and after_an_answer < after_a_failure / 10


def usual_pause(pairs: list[Pair]) -> float:
    """The median of their pauses, in seconds."""
    return median(pair.pause for pair in pairs)


def _that_may_help(retries: list[Pair], log: RequestLog) -> list[Pair]:
    """Without those after a refusal for good, and those that a library needed."""
    sent_again = sent_again_by_aiohttp(log)
    may_help = []
    for pair in retries:
        needed_by_aiohttp = id(pair.second) in sent_again
        if not pair.first.is_refused_for_good and not needed_by_aiohttp:
            may_help.append(pair)
    return may_help
