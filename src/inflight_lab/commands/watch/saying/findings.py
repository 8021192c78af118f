"""What can stand out in a run: each check counts, and `findings.toml` has the words.

A finding rests on numbers that you can count yourself, in the script's own output or in
the API's log.  ``certain`` is what was counted, ``likely`` what the numbers suggest.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from string import Formatter
from typing import Any

from inflight_lab.commands.watch.noting.quota import Quota, limits_named_in, said_in
from inflight_lab.commands.watch.noting.request_log import (
    Block,
    Noted,
    Request,
    RequestLog,
)
from inflight_lab.commands.watch.saying.commands import command_for
from inflight_lab.commands.watch.saying.counting import (
    chains_of,
    counted,
    first_pages,
    groups,
    kinds_of,
    most_at_once,
    most_layers,
    most_open,
    most_within,
    place,
    retries_in,
    seconds_of,
)

FILE = Path(__file__).with_suffix(".toml")
FINDINGS: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
"""By kind: ``name``, ``facts``, ``advice``, ``notebook``, and what a refusal says."""
OPTIONAL = {"line", "at_least"}
"""They add to a sentence, which can be said without them."""
FEW = 4
"""How many requests, clients or semaphores a finding needs at least."""
MOST_SHOWN = 3
AT_ONCE = 0.2
"""Seconds; who sends the same again sooner has not waited."""
SURELY = 0.95
"""Of a quota's period: what was sent within that also arrived within the period."""
POOL_ERRORS = ("PoolTimeout", "TimeoutError")
"""How httpx and aiohttp call it when no connection became free in time."""


def finding(
    kind: str,
    things: Sequence[Noted],
    *,
    is_certain: bool = True,
    command: str = "",
    **numbers: Any,
) -> str:
    """What is said of these requests, semaphores or blocks; "" if no fact is known.

    ``numbers`` are what was counted, by name.  ``{count}`` is that of the things, and
    ``{line}`` where most of them happened.  A sentence is left out if a number of its
    own is 0 or None.  ``command`` writes a script that does it right; "" if none does.
    """
    words = FINDINGS[kind]
    known = {"line": place(things), "count": len(things), **numbers}
    facts = [
        sentence.format_map(known)
        for sentence in words["facts"]
        if all(known[name] for name in _names_in(sentence) - OPTIONAL)
    ]
    if not facts:
        return ""
    certainty = "certain" if is_certain else "likely"
    notebook = words["notebook"].partition("_")[0]
    said = f"{certainty}: {words['name']}: {' '.join(facts)}"
    advice = f"{words['advice']} (inflight-lab --open {notebook})"
    return "\n  ".join([f"{said}\n{advice}", *filter(None, [command])])


def _names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def diagnose(log: RequestLog) -> list[str]:
    """What stands out: the cause first, and at most three; what was lost is last."""
    checks = CAUSES if len(log.requests) >= FEW else ()
    causes = [said for check in checks if (said := check(log))]
    if lost := what_was_lost(log):
        return [*causes[: MOST_SHOWN - 1], lost]
    return causes[:MOST_SHOWN]


# The checks


def limit_without_effect(log: RequestLog) -> str:
    """There is a limit, and it limits nothing."""
    return _limit_for_each_task(log) or _limit_around_the_tasks(log)


def _limit_for_each_task(log: RequestLog) -> str:
    """No task ever waits for another."""
    alone = [use for use in log.limits.values() if len(use.senders) == 1]
    their_tasks = set().union(*(use.senders for use in alone))
    tasks = {each.sender for each in log.requests}
    if len(their_tasks) < max(FEW, len(tasks) / 2):
        return ""
    return finding("limit_for_each_task", alone)


def _limit_around_the_tasks(log: RequestLog) -> str:
    """It is held while tasks are started, and not while they send."""
    for number, use in log.limits.items():
        inside = [each for each in log.requests if each.around == number]
        at_once = most_at_once(inside)
        has_one_for_many = len(inside) >= FEW * use.acquired  # one for each is a limit
        if has_one_for_many and at_once > max(use.slots, FEW):
            slots = use.slots
            return finding(
                "limit_around_the_tasks", [use], slots=slots, at_once=at_once
            )
    return ""


def refused_for_good(log: RequestLog) -> str:
    """No wait will help; perhaps more was sent nevertheless."""
    refused = [each for each in log.requests if each.refusal.is_permanent]
    if not refused:
        return ""
    first = min(refused, key=attrgetter("last_seen"))
    later = [
        each
        for each in log.requests
        if each.host == first.host and each.asked > first.last_seen
    ]
    return finding(
        "refused_for_good",
        later,
        host=first.host,
        status=first.status,
        refused=len(refused),
        requests=len(log.requests),
        said=_quoted(first),
    )


def over_the_quota(log: RequestLog) -> str:
    """The API refused, and said why in its words or its headers."""
    requests = _sharing_a_quota(log)
    refused = [each for each in requests if each.is_over_quota]
    if not refused:
        return ""
    named = Counter(map(_kind_named_by, refused))
    kind, times = named.most_common(1)[0]
    reasons = (each.refusal.reason for each in reversed(refused))
    quota = log.quota_of(requests) or said_in(reasons, of_tokens=False)
    pace = quota
    if not kind or times <= len(refused) / 2:
        kind = "refused"
        if quota and most_within(SURELY * quota.period, requests) > quota.rate:
            kind = "over_the_quota"
        elif quota:  # it kept to that, and a little less was allowed
            pace = Quota(quota.rate, 1.1 * quota.period)
    sent = [each for each in requests if each.sent is not None]
    accepted = [each for each in requests if each.is_accepted]
    at_once = most_at_once(accepted)
    limit = at_once if FINDINGS[kind].get("is_in_flight") else 0
    retries = retries_in(chains_of(requests))
    return finding(
        kind,
        sent,
        command=command_for(requests, pace, limit=limit),
        refused=len(refused),
        status="/".join(sorted({str(each.status) for each in refused})),
        accepted_later=sum(
            failed.is_over_quota and again.is_accepted for failed, again in retries
        ),
        said=_quoted(refused[0]),
        others=_others_named(named, kind),
        limits=limits_named_in(each.headers for each in requests),
        quota=quota,
        most=most_within(quota.period, requests) if quota else 0,
        accepted=f"{len(accepted)}",  # 0 is said as well
        seconds=seconds_of(requests),
        at_once=at_once,
        pause=max(each.refusal.pause for each in refused),
    )


def _sharing_a_quota(log: RequestLog) -> list[Request]:
    """Those to the host that refused most; in practice, all count together."""
    hosts = Counter(each.host for each in log.requests if each.is_over_quota)
    if log.practice or not hosts:
        return log.requests
    ((host, _),) = hosts.most_common(1)
    return [each for each in log.requests if each.host == host]


def _quoted(refused: Request) -> str:
    """What the API said, in its own words; "" if nothing."""
    reason = refused.refusal.reason
    stop = "" if reason.endswith((".", "!", "?")) else "."
    return f'The API says: "{reason}"{stop}' if reason else ""


def _kind_named_by(refused: Request) -> str:
    """The kind of limit that its status or its words name; "" if none."""
    words = f"{refused.status} {refused.refusal.reason}"
    for kind, finding in FINDINGS.items():
        if "says" in finding and re.search(finding["says"], words, re.I):
            return kind
    return ""


def _others_named(named: Counter[str], kind: str) -> str:
    """Sentences about the kinds that fewer refusals name."""
    return " ".join(
        f"{times} of the refusals name {FINDINGS[other]['what']} instead."
        for other, times in named.items()
        if other not in ("", kind)
    )


def storm_of_retries(log: RequestLog) -> str:
    """Much of what is sent are retries that come too soon, or of two layers."""
    chains = chains_of(log.requests)
    retries = retries_in(chains)
    is_much = len(retries) > max(FEW, len(log.requests) / 5)
    if not is_much or refused_for_good(log):
        return ""
    early = sum(
        again.asked - failed.last_seen < max(AT_ONCE, 0.95 * failed.refusal.pause)
        for failed, again in retries
    )
    are_mostly_early = early > len(retries) / 2
    layers = most_layers(chains)
    if not (are_mostly_early or layers):
        return ""
    return finding(
        "storm_of_retries",
        log.requests,
        is_certain=are_mostly_early,
        retries=len(retries),
        early=early,
        layers=layers,
    )


def pool_was_the_limit(log: RequestLog) -> str:
    """Requests waited inside the client for a connection."""
    is_refused = any(each.is_over_quota for each in log.requests)
    for group in groups(attrgetter("client"), log.requests):
        pool = group[0].pool
        in_vain = sum(each.error in POOL_ERRORS and not each.sent for each in group)
        asked = most_open(
            [each.asked for each in group], [each.ended for each in group]
        )
        waited = asked - pool
        waits_quietly = group[0].library == "aiohttp"  # its queue is made for that
        is_much = waited >= max(FEW, pool / 4) and not waits_quietly
        is_the_limit = in_vain or (is_much and not is_refused)
        if pool and waited > 0 and is_the_limit:
            return finding(
                "pool_was_the_limit", group, asked=asked, pool=pool, in_vain=in_vain
            )
    return ""


def blocked_event_loop(log: RequestLog) -> str:
    """The event loop stands still while requests are in flight."""
    by_place: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in log.blocks:
        by_place[block.doing, block.line].append(block)
    for (doing, line), blocks in by_place.items():
        seconds = sum(block.seconds for block in blocks)
        is_much = seconds >= 1 or (seconds > 0.2 and len(blocks) >= FEW)
        if line and is_much and seconds > 0.05 * seconds_of(log.requests):
            return finding("blocked_event_loop", blocks, doing=doing, seconds=seconds)
    return ""


def client_for_each_request(log: RequestLog) -> str:
    """No connection is reused, though another client's would have served."""
    clients = {each.client for each in log.requests}
    hosts = {each.host for each in log.requests}
    if len(clients) < max(FEW, len(log.requests) / 2, 2 * len(hosts)):
        return ""
    return finding("client_for_each_request", log.requests, clients=len(clients))


def one_after_the_other(log: RequestLog) -> str:
    """One task or thread sends nearly all, and waits for each answer."""
    requests = log.requests
    seconds = seconds_of(requests)
    alone = max(groups(attrgetter("sender"), requests), key=len)
    waited = sum(each.last_seen - each.asked for each in alone)
    if len(alone) <= max(FEW, 0.9 * len(requests)) or waited < 0.7 * seconds:
        return ""
    if any(each.outcome == "refused" for each in requests) or blocked_event_loop(log):
        return ""  # that is the cause
    follows_pages = len(first_pages(requests)) < len(requests) / 2
    if seconds < 0.5 or follows_pages:
        return ""
    quota = log.quota_of(requests)
    if quota and len(requests) / seconds > 0.8 * quota.rate / quota.period:
        return ""
    return finding("one_after_the_other", alone)


CAUSES: tuple[Callable[[RequestLog], str], ...] = (
    limit_without_effect,
    refused_for_good,
    over_the_quota,
    storm_of_retries,
    pool_was_the_limit,
    blocked_event_loop,
    client_for_each_request,
    one_after_the_other,
)
"""What is looked for, in the order in which it is said: causes before effects."""


def what_was_lost(log: RequestLog) -> str:
    """Requests that failed, or ended without an answer."""
    chains = chains_of(log.requests)
    last = [chain.requests[-1] for chain in chains]
    failed = [each for each in last if each.is_failure]
    missing = 0
    if log.exit_status == 0:
        missing = sum(each.is_unanswered for each in last)
        failed = [each for each in failed if not each.is_unanswered]
    accepted = sum(each.is_accepted for each in log.requests)
    is_lost = log.exit_status and not log.practice
    return finding(
        "what_was_lost",
        failed,
        saved_or_lost=counted(accepted, "accepted answer") if is_lost else "",
        missing=missing,
        at_least="at least " * any(chain.is_work for chain in chains),
        failed=counted(len(failed), "request"),
        kinds=kinds_of(failed),
    )
