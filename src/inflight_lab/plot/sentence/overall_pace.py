"""How fast a run was, and what was allowed."""

from inflight_lab.plot.sentence.words import (
    are_allowed,
    in_one_period,
    many,
    plain_rate,
    plain_time,
    with_commas,
)
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.runs.run import Run

MEANINGFUL = 0.5
"""A rate is not worth a word if it was measured for fewer seconds."""


def overall_pace(run: Run) -> str:
    """What follows the time that ``run`` took; "" if there is nothing to say."""
    policy = run.policies[-1].policy if run.policies else None
    if run.counts.accepted < 2:
        return ""
    if policy is None:
        return _rate_alone(run)
    if policy.tokens and run.counts.most_tokens:
        return _both_budgets(run, policy)
    if _rate_tells_all(run, policy):
        return f"{_rate_alone(run)} of the {with_commas(policy.rate)} allowed"
    return _in_its_busiest_period(run, policy)


def _rate_alone(run: Run) -> str:
    if run.elapsed < MEANINGFUL:
        return ""
    return f": {plain_rate(_rate_of(run))} a second"


def _both_budgets(run: Run, policy: QuotaPolicy) -> str:
    used = f"{with_commas(run.counts.most_tokens)} of {with_commas(policy.tokens)}"
    requests = many(policy.rate, "request")
    most = f"{with_commas(run.counts.busiest_period)} of {requests}"
    return f": at most {used} tokens and {most} {in_one_period(policy.period)}"


def _rate_tells_all(run: Run, policy: QuotaPolicy) -> bool:
    """Whether the mean can stand beside the quota, which is of a second, too."""
    if policy.period != 1 or run.elapsed < 1:
        return False
    return _rate_of(run) <= policy.rate


def _in_its_busiest_period(run: Run, policy: QuotaPolicy) -> str:
    came = f"{with_commas(run.counts.busiest_period)} came"
    period = in_one_period(policy.period)
    return f": at most {came} {period}, {are_allowed(policy.rate)}"


def _rate_of(run: Run) -> float:
    """Answers a second, computed from the rounded time in the sentence.

    So the two numbers agree.
    """
    return run.counts.accepted / plain_time(run.elapsed)
