"""What can stand out in a run: each check counts, and `findings.toml` has the words.

A finding rests on numbers that you can count yourself, in the script's own output or in
the API's log.  ``certain`` is what was counted, ``likely`` what the numbers suggest.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from statistics import median

from inflight_lab.watch.noting.quota import Quota, limits_named_in, requests_said_in
from inflight_lab.watch.noting.request_log import (
    Block,
    Request,
    RequestLog,
    seconds_of,
)
from inflight_lab.watch.saying.commands import command_for
from inflight_lab.watch.saying.counting import (
    accepted_later,
    at,
    counted,
    groups,
    kinds_of,
    last_attempts,
    most_at_once,
    most_layers,
    most_within,
    place,
    retries_in,
    sent_times,
)
from inflight_lab.watch.saying.finding import FINDINGS, Finding
from inflight_lab.watch.saying.paging import follows_pages

FEW = 4
"""How many requests, clients or semaphores a finding needs at least."""
AT_ONCE = 0.2
"""Seconds; who sends the same again sooner has not waited."""
SURELY = 0.95
"""Of a quota's period: what was sent within that also arrived within the period."""
POOL_ERRORS = ("PoolTimeout", "TimeoutError")
"""How httpx and aiohttp call it when no connection became free in time."""


def quoted(first: Request, *others: Request) -> str | None:
    """What the API said, in its own words and in its headers, which may stand in
    ``others`` alone; None if nothing.
    """
    reason = first.refusal.reason
    stop = "" if reason.endswith((".", "!", "?")) else "."
    words = f'The API says: "{reason}"{stop}' if reason else ""
    limits = limits_named_in(each.headers for each in (first, *others))
    return " ".join(filter(None, [words, limits])) or None


# The findings, causes before effects


def limit_without_effect(log: RequestLog) -> Finding | None:
    """There is a limit, and it limits nothing."""
    return _limit_for_each_task(log) or _limit_around_the_tasks(log)


def _limit_for_each_task(log: RequestLog) -> Finding | None:
    """No task ever waits for another."""
    alone = [use for use in log.limits.values() if len(use.senders) == 1]
    their_tasks = set().union(*(use.senders for use in alone))
    tasks = len(groups(lambda each: each.sender, log.requests))
    if len(their_tasks) < max(FEW, tasks / 2):
        return None
    line = at(use.line for use in alone)
    return Finding("limit_for_each_task", uses=len(alone), line=line)


def _limit_around_the_tasks(log: RequestLog) -> Finding | None:
    """It is held while tasks are started, and not while they send."""
    for number, use in log.limits.items():
        inside = [each for each in log.requests if each.around == number]
        if len(inside) < FEW * use.acquired:  # a permit for each is a limit
            continue
        at_once = most_at_once(inside, sent_times(inside))
        if at_once > max(use.slots, FEW):
            line = at([use.line])
            return Finding(
                "limit_around_the_tasks", slots=use.slots, at_once=at_once, line=line
            )
    return None


def refused_for_good(log: RequestLog) -> Finding | None:
    """No wait will help; perhaps more was sent nevertheless."""
    refused = [each for each in log.requests if each.refusal.is_permanent]
    if not refused:
        return None
    first = min(refused, key=lambda each: each.last_seen)
    of_host = [each for each in log.requests if each.host == first.host]
    later = [each for each in of_host if each.asked > first.last_seen]
    return Finding(
        "refused_for_good",
        host=first.host,
        status=first.status,
        refused=len(refused),
        requests=len(log.requests),
        later=len(later),
        line=place(later),
        said=quoted(first),
    )


def over_the_quota(log: RequestLog) -> Finding | None:
    """The API refused, and said why in its words or its headers."""
    requests = _sharing_a_quota(log)
    refused = [each for each in requests if each.is_over_quota]
    if not refused:
        return None
    said = (requests_said_in(each.refusal.reason) for each in reversed(refused))
    quota = log.quota_of(requests) or next(filter(None, said), None)
    kind = _kind_of_limit(refused) or _held_against(quota, requests)
    pace = quota
    if quota and kind == "refused":  # it kept to that, and a little less was allowed
        pace = Quota(quota.rate, 1.1 * quota.period)
    accepted = [each for each in requests if each.is_accepted]
    at_once = most_at_once(accepted, sent_times(accepted))
    peak = most_at_once(requests, sent_times(requests))
    limit = at_once if FINDINGS[kind].get("is_in_flight") else 0
    return Finding(
        kind,
        command=command_for(requests, pace, limit=limit, has_a_pacer=log.has_a_pacer),
        refused=len(refused),
        requests=len(sent_times(requests)),
        status="/".join(sorted({str(each.status) for each in refused})),
        line=place(requests),
        accepted_later=accepted_later(requests),
        said=quoted(refused[0], *requests),
        of_tokens=_number_of("over_the_tokens", refused),
        limits=limits_named_in(each.headers for each in refused),
        quota=quota,
        most=most_within(quota.period, sent_times(requests)) if quota else 0,
        accepted=str(len(accepted)),  # 0 is said as well
        seconds=seconds_of(requests),
        at_once=at_once,
        peak=peak if peak - at_once >= FEW else 0,
        pause=max(each.refusal.pause for each in refused),
    )


def _sharing_a_quota(log: RequestLog) -> list[Request]:
    """Those to the host that refused most; in practice, all count together."""
    hosts = Counter(each.host for each in log.over_quota)
    if log.practice or not hosts:
        return log.requests
    ((host, _),) = hosts.most_common(1)
    return [each for each in log.requests if each.host == host]


def _kind_of_limit(refused: list[Request]) -> str:
    """Which kind most refusals name; "" if none."""
    most = len(refused) / 2
    return next((kind for kind in FINDINGS if _number_of(kind, refused) > most), "")


def _number_of(kind: str, refused: list[Request]) -> int:
    """How many refusals name this kind."""
    pattern = re.compile(FINDINGS[kind].get("says", "$^"), re.I)
    return sum(
        bool(pattern.search(f"{each.status} {each.refusal.reason}")) for each in refused
    )


def _held_against(quota: Quota | None, requests: list[Request]) -> str:
    """The kind of a refusal that names none: is there a quota, and was it exceeded?"""
    if quota is None:
        return "refused"
    most = most_within(SURELY * quota.period, sent_times(requests))
    return "over_the_quota" if most > quota.rate else "refused"


def storm_of_retries(log: RequestLog) -> Finding | None:
    """Much of what is sent are retries that come too soon, or of two layers."""
    retries = retries_in(log.requests)
    is_much = len(retries) > max(FEW, len(log.requests) / 5)
    if not is_much or refused_for_good(log):
        return None
    pauses = [again.asked - failed.last_seen for failed, again in retries]
    asked = [max(AT_ONCE, 0.95 * failed.refusal.pause) for failed, _ in retries]
    early = sum(pause < least for pause, least in zip(pauses, asked, strict=True))
    are_mostly_early = early > len(retries) / 2
    layers = most_layers(log.requests)
    if not (are_mostly_early or layers):
        return None
    return Finding(
        "storm_of_retries",
        is_certain=are_mostly_early,
        retries=len(retries),
        requests=len(log.requests),
        failed_again=sum(again.is_unanswered for _, again in retries),
        pause=median(pauses),
        early=early,
        layers=layers,
    )


def pool_was_the_limit(log: RequestLog) -> Finding | None:
    """Requests waited inside the client for a connection."""
    for group in groups(lambda each: each.client, log.requests):
        pool = group[0].pool
        in_vain = sum(each.error in POOL_ERRORS and not each.sent for each in group)
        asked = most_at_once(group, [each.asked for each in group])
        waited = asked - pool
        waits_quietly = group[0].library == "aiohttp"  # its queue is made for that
        is_much = waited >= max(FEW, pool / 4) and not waits_quietly
        is_the_limit = in_vain or (is_much and not log.over_quota)
        if pool and waited > 0 and is_the_limit:
            return Finding(
                "pool_was_the_limit",
                asked=asked,
                pool=pool,
                in_vain=in_vain,
                line=place(group),
            )
    return None


def blocked_event_loop(log: RequestLog) -> Finding | None:
    """The event loop stands still while requests are in flight."""
    by_place: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in log.blocks:
        by_place[block.doing, block.where].append(block)
    for (doing, where), blocks in by_place.items():
        seconds = sum(block.seconds for block in blocks)
        is_much = seconds >= 1 or (seconds > 0.2 and len(blocks) >= FEW)
        if where and is_much and seconds > 0.05 * seconds_of(log.requests):
            return Finding(
                "blocked_event_loop",
                doing=doing,
                where=where,
                times=len(blocks),
                seconds=seconds,
            )
    return None


def client_for_each_request(log: RequestLog) -> Finding | None:
    """No connection is reused, though another client's would have served."""
    clients = len(groups(lambda each: each.client, log.requests))
    hosts = len(groups(lambda each: each.host, log.requests))
    if clients < max(FEW, len(log.requests) / 2, 2 * hosts):
        return None
    return Finding(
        "client_for_each_request",
        clients=clients,
        requests=len(log.requests),
        line=place(log.requests),
    )


def one_after_the_other(log: RequestLog) -> Finding | None:
    """One task or thread sends nearly all, and waits for each answer."""
    requests = log.requests
    seconds = seconds_of(requests)
    alone = max(groups(lambda each: each.sender, requests), key=len)
    waited = sum(each.last_seen - each.asked for each in alone)
    if len(alone) <= max(FEW, 0.9 * len(requests)) or waited < 0.7 * seconds:
        return None
    if any(each.outcome == "refused" for each in requests) or blocked_event_loop(log):
        return None  # that is the cause
    if seconds < 0.5 or follows_pages(requests):
        return None
    quota = log.quota_of(requests)
    if quota and len(requests) / seconds > 0.8 * quota.rate / quota.period:
        return None
    return Finding("one_after_the_other", requests=len(alone), line=place(alone))


def what_was_lost(log: RequestLog) -> Finding | None:
    """Requests that failed, or ended without an answer."""
    last = last_attempts(log.requests)
    failed = [each for each in last if each.is_failure]
    missing = None
    if log.exit_status == 0:
        missing = _missing(log, sum(each.is_unanswered for each in last))
        failed = [each for each in failed if not each.is_unanswered]
    accepted = sum(each.outcome == "accepted" for each in log.requests)
    is_lost = log.exit_status and not log.practice
    finding = Finding(
        "what_was_lost",
        saved_or_lost=counted(accepted, "accepted answer") if is_lost else None,
        missing=missing,
        failed=counted(len(failed), "request"),
        kinds=kinds_of(failed),
        failed_line=place(failed),
    )
    return finding if finding.facts else None


def _missing(log: RequestLog, least: int) -> str | None:
    """How many have no answer in the end, as far as one can know; None for none."""
    unanswered = sum(each.is_unanswered for each in log.requests)
    is_exact = least == unanswered - len(retries_in(log.requests))
    if not least:
        return None
    return f"{least}" if is_exact else f"at least {least}"


CAUSES: tuple[Callable[[RequestLog], Finding | None], ...] = (
    limit_without_effect,
    refused_for_good,
    over_the_quota,
    storm_of_retries,
    pool_was_the_limit,
    blocked_event_loop,
    client_for_each_request,
    one_after_the_other,
)
"""What is looked for, in the order in which it is said."""
MOST_SHOWN = 3


def diagnose(log: RequestLog) -> list[Finding]:
    """What stands out: the cause first, and at most three; what was lost is last."""
    lost = what_was_lost(log)
    if len(log.requests) < FEW:
        return [lost] if lost else []
    causes = [finding for check in CAUSES if (finding := check(log))]
    if lost is None:
        return causes[:MOST_SHOWN]
    return [*causes[: MOST_SHOWN - 1], lost]
