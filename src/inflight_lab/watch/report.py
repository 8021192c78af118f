"""A run in words: one sentence of numbers, and what stood out."""

from collections import Counter
from collections.abc import Sequence

from inflight_lab.watch.counting import most_at_once, sent_times
from inflight_lab.watch.findings import FEW, diagnose
from inflight_lab.watch.request_log import Request, RequestLog, seconds_of

OUTCOMES = (
    "accepted",
    "refused",
    "failed",
    "cancelled",
    "never sent",
    "without an end",
)
MADE_UP = (
    "The script did not end well. If it missed a field: practice answers are made up, "
    "and have none of your API's own."
)
OTHER_PROCESSES = "The script started another process; what that sent is not seen."
MAX_NAMED = 3
"""How many hosts, or kinds of refusals and failures, are named: the most frequent."""


def report(log: RequestLog) -> list[str]:
    """The lines that are said at the end, the summary first."""
    lines = [str(finding) for finding in diagnose(log)]
    has_raised = log.exit_status == 1  # no signal has ended it
    if log.practice and has_raised and log.requests:
        lines.append(MADE_UP)
    if log.has_other_processes:
        lines.append(OTHER_PROCESSES)
    return [summary(log), *(lines or _all_is_well(log.requests))]


def _all_is_well(requests: Sequence[Request]) -> list[str]:
    if not requests:
        return []
    if len(requests) < FEW:
        return ["Too few requests to say more."]
    if any(_outcome(each) in ("refused", "failed") for each in requests):
        return ["Each request that failed was sent again."]
    return ["Nothing stood out."]


def summary(log: RequestLog) -> str:
    """``300 requests to api.example.com in 0.5 s, at most 100 in flight: ...``"""
    requests = log.requests
    if not requests:
        return (
            "No request was seen. If nothing was left to ask for, that is as it should "
            "be; what httpx, httpx2, aiohttp and requests send in the script's own "
            "process would be seen."
        )
    outcomes = Counter(_outcome(each) for each in requests)
    numbers = []
    for outcome in OUTCOMES:
        if outcomes[outcome] or outcome in ("accepted", "refused"):
            kinds = [_kind(each) for each in requests if _outcome(each) == outcome]
            numbers.append(f"{outcomes[outcome]} {outcome}{_named(kinds)}")
    sent = [each for each in requests if each.sent is not None]
    peak = most_at_once(sent, sent_times(sent))
    count = "1 request" if len(requests) == 1 else f"{len(requests)} requests"
    seconds = seconds_of(requests)
    return (
        f"{count} to {_hosts(requests)} in {seconds:.1f} s, at most {peak} in flight: "
        f"{', '.join(numbers)}."
    )


def _outcome(request: Request) -> str:
    if request.ended is None:
        return "without an end"
    if request.error == "cancelled":
        return "cancelled" if request.sent is not None else "never sent"
    if request.refusal:
        return "refused"
    return "accepted" if request.is_accepted else "failed"


def _kind(request: Request) -> str:
    """What there is to add about an outcome; "" where it goes without saying."""
    if request.error:
        return "" if request.error == "cancelled" else request.error
    return str(request.status) if request.status >= 400 else ""


def _named(kinds: Sequence[str]) -> str:
    counts = Counter(kinds)
    if not kinds or set(counts) <= {"", "429"}:
        return ""
    named = [f"{kind} x {count}" for kind, count in counts.most_common(MAX_NAMED)]
    return f" ({', '.join(named)})"


def _hosts(requests: Sequence[Request]) -> str:
    hosts = [host for host, _ in Counter(each.host for each in requests).most_common()]
    if len(hosts) > MAX_NAMED:
        return f"{hosts[0]} and {len(hosts) - 1} other hosts"
    return " and ".join(hosts)
