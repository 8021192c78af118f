"""Retries that come too soon, or all at the same time."""

import math
from collections import Counter

from inflight_lab.watch.findings.finding import (
    CERTAIN,
    LIKELY,
    MIN_EVIDENCE,
    Certainty,
    Finding,
)
from inflight_lab.watch.findings.fixes import with_retries
from inflight_lab.watch.findings.found_retries import (
    MIN_PAUSE,
    Retries,
    find_retries,
)
from inflight_lab.watch.request_group import RequestGroup, most_within
from inflight_lab.watch.request_log import RequestLog

IMPATIENT = (
    "Wait as long as the API says, or longer each time, and add a random time "
    "(notebook 08)."
)
OBEDIENT = (
    "Each already waits as long as the API asks. Add a random time, so that they don't "
    "come back together, and pace what is sent, so that fewer are refused "
    "(notebook 08)."
)
REFUSALS_COUNT = (
    " This API counts refused requests too, so each early retry puts off your next "
    "answer."
)


def storm_of_retries(log: RequestLog) -> Finding | None:
    """Many requests are retries, and they leave the API no time to recover."""
    retries = find_retries(log)
    if retries.count <= MIN_EVIDENCE or retries.share <= 0.2:
        return None
    if retries.share >= 0.3 and _come_too_soon(retries):
        certainty = CERTAIN if retries.are_certain else LIKELY
        return _storm(log, retries, certainty, how=_how_soon(retries))
    if _come_back_together(retries):
        return _storm(log, retries, LIKELY, how=_how_alike(retries))
    return None


def _storm(
    log: RequestLog, retries: Retries, certainty: Certainty, *, how: str
) -> Finding:
    return Finding(
        certainty,
        "A storm of retries",
        facts=f"{_how_many(retries)}. {how}",
        advice=(OBEDIENT if retries.obey else IMPATIENT) + on_refusals(log, log),
        fix=with_retries(log),
    )


def on_refusals(log: RequestLog, group: RequestGroup) -> str:
    """What to know of retries where the API of a group counts refusals as well."""
    return REFUSALS_COUNT if log.counts_refusals(group) else ""


def _how_many(retries: Retries) -> str:
    at_most = "" if retries.are_certain else "at most "
    return (
        f"{at_most}{retries.count} of the {retries.total_requests} requests are "
        f"retries, and {retries.failed_again} of those failed again"
    )


def _come_too_soon(retries: Retries) -> bool:
    """Whether half of them ignore what the API asks, or hardly wait at all."""
    mostly_ignore_it = retries.too_early >= retries.count / 2
    return mostly_ignore_it or retries.usual_pause < MIN_PAUSE


def _how_soon(retries: Retries) -> str:
    half = f"Half of the retries came within {retries.usual_pause:.2f} s"
    if not retries.too_early:
        return half
    return f"{half}, and {retries.too_early} came sooner than the API had asked"


def _come_back_together(retries: Retries) -> bool:
    """Whether they fail together, pause equally long, and so meet again."""
    if not _pause_alike(retries) or retries.failed_again <= 0.2 * retries.count:
        return False
    times = [pair.second.asked for pair in retries.pairs]
    in_one_pause = most_within(retries.usual_pause, times)
    in_a_fifth_of_it = most_within(retries.usual_pause / 5, times)
    return in_a_fifth_of_it > max(MIN_EVIDENCE, in_one_pause / 2)


def _how_alike(retries: Retries) -> str:
    return (
        f"They come back together, because they pause alike: {retries.usual_pause:.1f} "
        "s (median)"
    )


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
