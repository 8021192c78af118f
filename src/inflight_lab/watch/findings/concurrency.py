"""How many requests run at once: too few, or more after a failure."""

from inflight_lab.watch.events import GatherFailed
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.fixes import snippet, with_a_limit
from inflight_lab.watch.findings.sent_again import sent_again_by_aiohttp
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where


def one_after_the_other(log: RequestLog) -> Finding | None:
    """Most of the time one request was in flight, with no other beside it."""
    alone = log.alone_in_flight()
    if len(alone) < len(log):
        # Whatever else is sent beside it, one loop may wait for each answer.
        alone = max(alone.by_sender(), key=len, default=RequestGroup([]))
    share = sum(request.seconds for request in alone.requests) / log.seconds
    if len(alone) <= MIN_EVIDENCE or share < 0.5 or log.is_near_its_quota():
        return None
    return Finding(
        CERTAIN if share >= 0.9 else LIKELY,
        "One after the other",
        facts=f"{len(alone)} of {len(log)} requests were alone in flight, "
        f"{share:.0%} of the time{where(each.line for each in alone.requests)}",
        advice="Unless each request needs the answer before it, "
        "send several at once (notebook 02).",
        fix=with_a_limit(alone),
    )


def requests_after_a_failure(log: RequestLog) -> Finding | None:
    """`asyncio.gather` raised an error, and its other tasks went on sending."""
    for failure in log.failed_gathers:
        requests = _sent_after(failure, log)
        if requests >= MIN_EVIDENCE:
            return Finding(
                CERTAIN,
                "Requests after the failure",
                facts=f"gather raised {failure.error}, its tasks sent {requests} more"
                f"{where([failure.line])}",
                advice="A TaskGroup cancels the others; "
                "return_exceptions=True keeps all outcomes (notebook 02).",
                fix=snippet("workers"),
            )
    return None


def _sent_after(failure: GatherFailed, log: RequestLog) -> int:
    """How many requests the tasks sent that the failure left running."""
    running = {(failure.process, sender) for sender in failure.running}
    sent_again = sent_again_by_aiohttp(log)
    return sum(
        request.asked > failure.time
        and request.sender in running
        and id(request) not in sent_again
        for request in log.requests
    )
