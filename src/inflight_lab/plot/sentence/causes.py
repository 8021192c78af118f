"""Why requests were refused, and why they failed."""

import math
from collections import Counter

from inflight_lab.plot.sentence.words import (
    are_allowed,
    every,
    in_one_period,
    rounded,
    with_commas,
)
from inflight_lab.runs.events import OVERLOADED, REFUSALS
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import Run

AT_ONCE = 0.01
"""A shorter wait is not worth a number; in seconds."""

TOKENS_USED_UP = 0.7
"""Tokens are to blame for refusals if at least this share of them was used."""


def why_refused(run: Run) -> str:
    """Why requests were refused; "" if nobody knows."""
    allowed = _allowed_at_the_last_refusal(run)
    if allowed.max_concurrent and _refusal_of(run) in OVERLOADED:
        return f"more than {with_commas(allowed.max_concurrent)} came at once"
    if allowed.policy is None:
        return _status_of(run)
    return _why_the_quota_refused(run, allowed.policy)


def _why_the_quota_refused(run: Run, policy: QuotaPolicy) -> str:
    most = run.counts.busiest_period
    if policy.tokens and most <= policy.rate:
        return _tokens_used(run, policy)
    if policy.kind == "gcra":
        spacing = rounded(1000 * policy.period / policy.rate, 1)
        return f"they came faster than one every {with_commas(spacing)} ms"
    if policy.kind == "token-bucket":
        refill = f"{with_commas(policy.rate)} {every(policy.period)} refill it"
        return f"the bucket of {with_commas(policy.burst)} was empty, {refill}"
    if most <= policy.rate:
        return _status_of(run)
    came = f"{with_commas(most)} came {in_one_period(policy.period)}"
    return f"{came}, {are_allowed(policy.rate)}"


def why_failed(run: Run) -> str:
    """Why requests failed: the most frequent reason, with the name of the error."""
    kinds = Counter(
        event.detail or "" for event in run.events if event.outcome == "failed"
    )
    if not kinds:
        return "no answer"
    ((kind, _),) = kinds.most_common(1)
    most = "most: " if len(kinds) > 1 else ""
    if isinstance(kind, int):
        return f"{most}the API answered {kind}"
    return f"{most}{_reason_for(kind, run)} ({kind})" if kind else "no answer"


def _allowed_at_the_last_refusal(run: Run) -> PolicyChange:
    """What was allowed at the last refusal or, without any, at the end."""
    refusals = [
        event.time
        for event in run.events
        if event.what in ("arrived", "answered") and event.detail in REFUSALS
    ]
    last_refusal = refusals[-1] if refusals else math.inf
    latest = PolicyChange(0.0, None)
    for change in run.policies:
        if change.time <= last_refusal:
            latest = change
    return latest


def _tokens_used(run: Run, policy: QuotaPolicy) -> str:
    used = run.counts.most_tokens
    if used < TOKENS_USED_UP * policy.tokens:
        return _status_of(run)
    period = in_one_period(policy.period)
    share = f"{with_commas(used)} of {with_commas(policy.tokens)} {period}"
    return f"the tokens ran out ({share}), not the requests"


def _status_of(run: Run) -> str:
    status = _refusal_of(run)
    return "" if status is None else f"the API answered {status}"


def _refusal_of(run: Run) -> object:
    """The status of most refusals; None if there are none."""
    statuses = Counter(
        event.detail for event in run.events if event.outcome == "refused"
    )
    if not statuses:
        return None
    ((status, _),) = statuses.most_common(1)
    return status


def _reason_for(kind: str, run: Run) -> str:
    """``kind`` in words, which is the name of an error, as httpx has them."""
    if "Timeout" in kind:
        missing = {"ConnectTimeout": "connection", "PoolTimeout": "free connection"}
        return f"no {missing.get(kind, 'answer')} {_within_seconds(kind, run)}"
    reasons = {
        "ConnectError": "no connection to the API",
        "OutsideError": "not sent to another machine",
    }
    return reasons.get(kind, "no answer")


def _within_seconds(kind: str, run: Run) -> str:
    """For how long the most impatient of them waited, where that is known."""
    sent: dict[int | None, float] = {}
    shortest = math.inf
    for event in run.events:
        if event.what == "sent":
            sent[event.request] = event.time
        elif event.detail == kind and event.request in sent:
            shortest = min(shortest, event.time - sent[event.request])
    if not AT_ONCE <= shortest < math.inf:
        return "in time"
    steps = 100 if shortest < 1 else 10
    return f"within {math.floor(shortest * steps + 1e-6) / steps:g} s"
