"""Things that were asked for several times, and never got an answer."""

from inflight_lab.watch.counted import times
from inflight_lab.watch.findings.finding import CERTAIN, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import with_retries
from inflight_lab.watch.findings.found_retries import find_retries
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog


def given_up(log: RequestLog) -> Finding | None:
    """Addresses that were refused or failed, again and again, until nobody asked more.

    Only where each thing has an address of its own: else nobody knows which was which.
    """
    retries = find_retries(log)
    if not retries.are_certain or retries.count < MIN_EVIDENCE:
        return None
    things = log.grouped_by(lambda request: (request.method, request.url))
    lost = [thing for thing in things if _is_given_up(thing)]
    if len(lost) < MIN_EVIDENCE:
        return None
    most = max(len(thing) for thing in lost)
    return Finding(
        CERTAIN,
        "Given up",
        facts=f"{len(lost)} of {len(things)} addresses never got an answer, and were "
        f"asked for up to {times(most)}",
        advice="Fewer refusals come first: pace. Then try for longer, and say at the "
        "end what is missing (notebook 08).",
        fix=with_retries(log),
    )


def _is_given_up(thing: RequestGroup) -> bool:
    return len(thing) > 1 and all(request.failed for request in thing.requests)
