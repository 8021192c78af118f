"""What stands out in a watched run, and what to do about it, in plain words."""

from collections.abc import Callable, Sequence

from inflight_lab.watch.conclusion import Conclusion
from inflight_lab.watch.findings.blocking import blocked_event_loop
from inflight_lab.watch.findings.concurrency import (
    one_after_the_other,
    requests_after_a_failure,
)
from inflight_lab.watch.findings.connections import (
    client_for_each_request,
    connections_reopened,
    pool_as_the_limit,
    pool_timeouts,
)
from inflight_lab.watch.findings.deadlock import deadlock
from inflight_lab.watch.findings.finding import MIN_EVIDENCE, Finding
from inflight_lab.watch.findings.given_up import given_up
from inflight_lab.watch.findings.limits import (
    limiter_around_the_tasks,
    limiter_for_each_task,
    semaphore_around_the_tasks,
    semaphore_for_each_task,
)
from inflight_lab.watch.findings.nested_retries import retries_in_two_places
from inflight_lab.watch.findings.quota import refused_requests
from inflight_lab.watch.findings.refusals import refused_for_good
from inflight_lab.watch.findings.retries import storm_of_retries
from inflight_lab.watch.findings.semaphores import pause_inside_a_semaphore
from inflight_lab.watch.findings.tokens import tokens_over_the_quota
from inflight_lab.watch.findings.waves import retries_in_waves
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.summary import summary
from inflight_lab.watch.verdict import verdict_on

CHECKS: list[Callable[[RequestLog], Finding | None]] = [
    deadlock,
    # What explains refusals, the cause first.
    semaphore_for_each_task,
    semaphore_around_the_tasks,
    limiter_for_each_task,
    limiter_around_the_tasks,
    refused_requests,
    tokens_over_the_quota,
    refused_for_good,
    storm_of_retries,
    retries_in_waves,
    retries_in_two_places,
    given_up,
    requests_after_a_failure,
    # What costs time.
    pause_inside_a_semaphore,
    pool_as_the_limit,
    pool_timeouts,
    client_for_each_request,
    connections_reopened,
    one_after_the_other,
    blocked_event_loop,
]
"""What is looked for, in the order in which it is said."""


def diagnose(log: RequestLog) -> list[Finding]:
    """What stands out in a run, as far as there were requests enough to tell."""
    checks = CHECKS if len(log) >= MIN_EVIDENCE else [deadlock]
    findings = [check(log) for check in checks]
    return [finding for finding in findings if finding]


def conclude(
    log: RequestLog, *, warnings: Sequence[str] = (), status: int = 0
) -> Conclusion:
    """The summary of a run and what stands out, or that nothing does."""
    findings = diagnose(log)
    verdict = "" if findings else verdict_on(log)
    return Conclusion(summary(log), findings, warnings, verdict, status)


def report(log: RequestLog) -> str:
    """The same for a terminal."""
    return str(conclude(log))
