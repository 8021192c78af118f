"""Semaphores and rate limiters that limit nothing, as they are in the wrong place."""

from collections.abc import Iterable
from typing import NamedTuple

from inflight_lab.watch.events import Acquired, Paced, Released
from inflight_lab.watch.findings.finding import (
    CERTAIN,
    LIKELY,
    MIN_EVIDENCE,
    Certainty,
    Finding,
)
from inflight_lab.watch.findings.fixes import at_the_quotas, snippet, with_a_limit
from inflight_lab.watch.findings.refusals import because_of_quotas
from inflight_lab.watch.request import Name
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where


class Use(NamedTuple):
    """One use of a semaphore or of a rate limiter."""

    limit: Name
    sender: Name
    line: str


def semaphore_for_each_task(log: RequestLog) -> Finding | None:
    """Tasks make a semaphore each, so none of them limits anything."""
    semaphores = _of_one_sender(log, map(_of_semaphore, log.acquired))
    if not _are_as_many_as_tasks(semaphores, log):
        return None
    return Finding(
        CERTAIN,
        "A semaphore for each task",
        facts=f"{len(semaphores)}, each used by one task, so none ever waited"
        f"{where(use.line for use in semaphores)}",
        advice="It limits what shares it: make one before the tasks, "
        "and give it to all (notebook 03).",
        fix=snippet("semaphore"),
    )


def limiter_for_each_task(log: RequestLog) -> Finding | None:
    """Tasks make a rate limiter each, and ask it once."""
    limiters = _of_one_sender(log, map(_of_limiter, log.paced))
    are_asked_once = len(log.paced) < 2 * len(limiters)
    if not are_asked_once or not _are_as_many_as_tasks(limiters, log):
        return None
    return Finding(
        CERTAIN,
        "A rate limiter for each task",
        facts=f"{len(limiters)}, each asked by one task, so none ever waited"
        f"{where(use.line for use in limiters)}",
        advice="It limits what shares it: make one before the tasks, "
        "and give it to all (notebook 06).",
        fix=at_the_quotas(log, log.quotas_of(log)),
    )


def semaphore_around_the_tasks(log: RequestLog) -> Finding | None:
    """A semaphore's block starts tasks, which send more at once than it has slots."""
    requests_inside = _of_tasks_started_inside(log)
    for event in log.acquired:
        is_first_use = event.slots > 0
        group = requests_inside.get((event.process, event.semaphore))
        if not is_first_use or group is None:
            continue
        certainty = _certainty(log, event)
        if group.most_in_flight() > max(event.slots, MIN_EVIDENCE) and certainty:
            return _around_the_tasks(event, group, certainty)
    return None


def _around_the_tasks(
    semaphore: Acquired, group: RequestGroup, certainty: Certainty
) -> Finding:
    return Finding(
        certainty,
        "The semaphore is around the tasks, not around the requests",
        facts=f"it has {semaphore.slots} slots{where([semaphore.line])}, and "
        f"{group.most_in_flight()} requests were in flight at once, of tasks that were "
        "started inside its block and took no slot of their own",
        advice="Acquire it in each task, around the request itself (notebook 03).",
        fix=with_a_limit(group),
    )


def _certainty(log: RequestLog, semaphore: Acquired) -> Certainty | None:
    """None: it may be meant for groups of requests, and nothing went wrong."""
    if log.refused:
        return CERTAIN
    number = (semaphore.process, semaphore.semaphore)
    uses = sum((each.process, each.semaphore) == number for each in log.acquired)
    return LIKELY if uses == 1 else None


def _of_tasks_started_inside(log: RequestLog) -> dict[Name, RequestGroup]:
    """By semaphore: requests of tasks that its block started and that never used it."""
    events: list[Acquired | Released] = [*log.acquired, *log.released]
    users = {
        ((event.process, event.semaphore), (event.process, event.sender))
        for event in events
    }
    started = [
        request
        for request in log.requests
        if request.around and (request.around, request.sender) not in users
    ]
    groups = RequestGroup(started).grouped_by(lambda request: request.around)
    return {group.first.around: group for group in groups if group.first.around}


def limiter_around_the_tasks(log: RequestLog) -> Finding | None:
    """A rate limiter was asked for fewer permits than there are requests."""
    if not log.paced or limiter_for_each_task(log):
        return None
    first = log.paced[0]
    permits = sum(event.permits for event in log.paced)
    for group in log.by_api():
        requests = sum(each.asked >= first.time for each in group.requests)
        are_many = requests - permits > max(MIN_EVIDENCE, 0.2 * requests)
        if are_many and len(because_of_quotas(group)):
            return _around_other_things(log, group, requests, permits)
    return None


def _around_other_things(
    log: RequestLog, group: RequestGroup, requests: int, permits: float
) -> Finding:
    asked = "1 permit" if permits == 1 else f"{permits:g} permits"
    return Finding(
        CERTAIN if len(log.by_api()) == 1 else LIKELY,
        "The rate limiter is not around each request",
        facts=f"the script asked it for {asked}{where([log.paced[0].line])}, and sent "
        f"{requests} requests to {group.hosts_in_words}",
        advice="Ask it right before each request, and before each retry (notebook 06).",
        fix=at_the_quotas(group, log.quotas_of(group)),
    )


def _of_one_sender(log: RequestLog, uses: Iterable[Use]) -> list[Use]:
    """The first use of each limit that one task only used, a sender."""
    uses_by_limit: dict[Name, list[Use]] = {}
    for use in uses:
        uses_by_limit.setdefault(use.limit, []).append(use)
    senders = {request.sender for request in log.requests}
    of_one_sender = []
    for uses_of_it in uses_by_limit.values():
        users = {use.sender for use in uses_of_it}
        if len(users) == 1 and users <= senders:
            of_one_sender.append(uses_of_it[0])
    return of_one_sender


def _are_as_many_as_tasks(limits: list[Use], log: RequestLog) -> bool:
    """Whether half of the tasks have one, and there are more than one for each host."""
    tasks = len(log.by_sender())
    return len(limits) >= max(MIN_EVIDENCE, tasks / 2, 2 * len(log.hosts))


def _of_semaphore(event: Acquired) -> Use:
    limit = (event.process, event.semaphore)
    return Use(limit, (event.process, event.sender), event.line)


def _of_limiter(event: Paced) -> Use:
    limit = (event.process, event.limiter)
    return Use(limit, (event.process, event.sender), event.line)
