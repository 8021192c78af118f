"""Retries in two places: in the library, and in the script around it."""

from inflight_lab.watch.counted import times
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import with_retries
from inflight_lab.watch.findings.found_retries import find_retries
from inflight_lab.watch.findings.pairs import Pair
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where


def retries_in_two_places(log: RequestLog) -> Finding | None:
    """The library sends a failed request again, and the script repeats its call."""
    retries = find_retries(log)
    by_the_library = [pair for pair in retries.pairs if _is_by_the_library(pair)]
    by_the_script = [pair for pair in retries.pairs if _is_by_the_script(pair)]
    if min(len(by_the_library), len(by_the_script)) < MIN_EVIDENCE:
        return None
    most = max(_attempts(pair) for pair in by_the_script)
    return Finding(
        CERTAIN if retries.are_certain else LIKELY,
        "Retries in two places",
        facts=f"the library sent a request up to {times(most)} in one call, and the "
        f"script repeated {len(by_the_script)} calls that had failed"
        f"{where(pair.second.line for pair in by_the_script)}",
        advice="Each multiplies the other. Pace first, so that few fail; then switch "
        "one of the two retries off, the library's with max_retries=0 (notebook 08).",
        fix=with_retries(log),
    )


def _is_by_the_library(pair: Pair) -> bool:
    return bool(pair.second.retry)


def _is_by_the_script(pair: Pair) -> bool:
    """Whether the library had given up, and a new call begins."""
    return bool(pair.first.retry) and pair.second.retry == 0


def _attempts(pair: Pair) -> int:
    """How often the library had sent the first request when it gave up."""
    return 1 + (pair.first.retry or 0)
