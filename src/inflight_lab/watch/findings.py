"""What can stand out in a run: each check counts, and `findings.toml` has the words.

A finding rests on numbers that you can count yourself, in the script's own output or in
the API's log.  ``certain`` is what was counted, ``likely`` what the numbers suggest.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from statistics import median
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from inflight_lab.watch.counting import (
    at,
    chains,
    counted,
    groups,
    is_repeated_anyway,
    kinds_of,
    most_at_once,
    most_within,
    place,
    retries_in,
    sent_times,
)
from inflight_lab.watch.finding import WORDS, Finding, found
from inflight_lab.watch.quota import limits_named_in
from inflight_lab.watch.request_log import Block, Request, RequestLog, seconds_of
from inflight_lab.watch.snippet import command_for

FEW = 4
"""How many requests, clients or semaphores a finding needs at least."""
SURELY = 0.95
"""Of a quota's period: what was sent within that also arrived within the period."""
NOT_YET_SLOW = 5.0
"""Seconds; no answer that takes less is called a stall."""
KINDS_OF_LIMIT = {
    kind: re.compile(words["says"], re.I)
    for kind, words in WORDS.items()
    if "says" in words
}
"""The kinds of finding that a refusal names itself, and what it says then."""
OF_REQUESTS_IN_FLIGHT = ("secondary_limit", "over_the_limit_in_flight", "overloaded")
POOL_ERRORS = ("PoolTimeout", "TimeoutError")
"""How httpx and aiohttp call it when no connection became free in time."""


def quoted(request: Request) -> str | None:
    """What the API said, in its own words and in its headers; None if nothing."""
    reason = request.reason
    shown = reason if len(reason) <= 160 else f"{reason[:160]} ..."
    stop = "" if shown.endswith((".", "!", "?")) else "."
    words = f'The API says: "{shown}"{stop}' if shown else ""
    return " ".join(filter(None, [words, limits_named_in(request.headers)])) or None


# The findings, causes before effects


def limit_without_effect(log: RequestLog) -> Finding | None:
    """There is a limit, and it limits nothing."""
    return _limit_for_each_task(log) or _limit_around_the_tasks(log)


def _limit_for_each_task(log: RequestLog) -> Finding | None:
    """No task ever waits for another."""
    alone = [use for use in log.limits.values() if use.never_made_wait]
    their_tasks = {sender for use in alone for sender in use.senders}
    tasks = len(groups(lambda each: each.sender, log.requests))
    if len(their_tasks) < max(FEW, tasks / 2):
        return None
    return found(
        "limit_for_each_task",
        limit="rate limiter" if alone[0].period else "semaphore",
        uses=len(alone),
        line=at(use.line for use in alone),
    )


def _limit_around_the_tasks(log: RequestLog) -> Finding | None:
    """It is held while tasks are started, and not while they send."""
    for number, use in log.limits.items():
        inside = [
            each
            for each in log.requests
            if each.around == number
            and (use.period or each.sender not in use.senders)  # slots may be held
        ]
        if len(inside) < FEW * use.acquired:  # a permit for each is a limit
            continue
        kind, most = "semaphore", most_at_once(inside, sent_times(inside))
        if use.period:
            kind, most = "limiter", most_within(use.period, sent_times(inside))
        if most > max(use.slots, FEW):
            return found(
                f"{kind}_around_the_tasks",
                slots=use.slots,
                period=use.period,
                most=most,
                line=at([use.line]),
            )
    return None


def refused_for_good(log: RequestLog) -> Finding | None:
    """No wait will help; perhaps more was sent nevertheless."""
    refused = [each for each in log.requests if each.is_refused_for_good]
    if not refused:
        return None
    first = min(refused, key=lambda each: each.last_seen)
    of_host = [each for each in log.requests if each.host == first.host]
    later = [each for each in of_host if each.asked > first.last_seen]
    is_sent_again = len(later) >= FEW
    kind = "sent_after_a_final_refusal" if is_sent_again else "refused_for_good"
    return found(
        kind,
        host=first.host,
        status=first.status,
        refused=len(refused),
        requests=len(log.requests),
        later=len(later),
        line=place(later or refused),
        said=quoted(first),
    )


def over_the_quota(log: RequestLog) -> Finding | None:
    """The API refused, and said why in its words or its headers."""
    requests = _sharing_a_quota(log)
    over = [each for each in requests if each.is_over_quota]
    if not over:
        return None
    accepted = [each for each in requests if each.is_accepted]
    at_once = most_at_once(accepted, sent_times(accepted))
    quota = log.quota_of(requests)
    most = most_within(quota.period, sent_times(requests)) if quota else 0
    kind = _kind_of_limit(over)
    limit = at_once if kind in OF_REQUESTS_IN_FLIGHT else 0
    if kind == "refused" and quota:
        surely = most_within(SURELY * quota.period, sent_times(requests))
        is_over = surely > quota.rate
        kind = "over_the_quota" if is_over else "refused_within_the_quota"
    return found(
        kind,
        command=command_for(requests, quota, limit=limit),
        refused=len(over),
        requests=len(requests),
        status="/".join(sorted({str(each.status) for each in over})),
        line=place(over),
        sending_line=place(requests),
        said=quoted(over[0]),
        quota=quota,
        most=most,
        accepted=str(len(accepted)),  # 0 is said as well
        seconds=seconds_of(requests),
        at_once=at_once,
        pause=max(each.pause for each in over),
    )


def _sharing_a_quota(log: RequestLog) -> list[Request]:
    """Those to the host that refused most; in practice, all count together."""
    hosts = Counter(each.host for each in log.over_quota)
    if log.practice or not hosts:
        return log.requests
    ((host, _),) = hosts.most_common(1)
    return [each for each in log.requests if each.host == host]


def _kind_of_limit(refused: list[Request]) -> str:
    """Which limit most refusals name; ``refused`` if it is one of requests."""
    many = len(refused) / 2
    if sum(each.status >= 500 for each in refused) > many:
        return "overloaded"
    for kind, words in KINDS_OF_LIMIT.items():
        if sum(bool(words.search(each.reason)) for each in refused) > many:
            return kind
    return "refused"


def storm_of_retries(log: RequestLog) -> Finding | None:
    """Much of what is sent are retries that come too soon, or all together."""
    retries = retries_in(log.requests)
    if len(retries) <= max(FEW, len(log.requests) / 5):
        return None
    if any(each.failed.is_refused_for_good for each in retries):
        return None
    pause = median(each.pause for each in retries)
    early = sum(each.is_early for each in retries)
    failed_again = sum(each.again.is_unanswered for each in retries)
    are_together = _come_together([each.again.asked for each in retries], pause)
    is_in_vain = are_together and failed_again > len(retries) / 5
    are_most_early = early > len(retries) / 2
    layers = _most_layers(log)
    if not (are_most_early or pause < 0.2 or is_in_vain or layers):
        return None
    command = "" if log.over_quota else command_for(log.requests, None)
    return found(
        "storm_of_retries",
        is_certain=are_most_early,
        command=command,
        retries=len(retries),
        requests=len(log.requests),
        failed_again=failed_again,
        pause=pause,
        early=early,
        layers=layers,
    )


def _come_together(times: list[float], pause: float) -> bool:
    """Whether most that come within a pause come within a fifth of it."""
    in_a_fifth = most_within(pause / 5, times)
    return in_a_fifth > max(2 * FEW, 0.6 * most_within(pause, times))


def _most_layers(log: RequestLog) -> int:
    """How often one was sent by a library's retries in a loop of the script's own."""
    layered = [
        len(chain)
        for chain in chains(log.requests)
        if not is_repeated_anyway(chain)
        and any(each.retry for each in chain)
        and sum(not each.retry for each in chain) > 1
    ]
    return max(layered, default=0)


def wrong_requests(log: RequestLog) -> Finding | None:
    """The API answers that it cannot do what they ask for."""
    wrong = [each for each in _failed(log) if each.is_wrong]
    if not wrong:
        return None
    return found(
        "wrong_requests",
        wrong=counted(len(wrong), "request"),
        kinds=kinds_of(wrong),
        line=place(wrong),
    )


def _failed(log: RequestLog) -> list[Request]:
    """What failed, and was not asked for again."""
    last = [chain[-1] for chain in chains(log.requests)]
    return [each for each in last if each.is_failure]


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
            return found(
                "pool_was_the_limit",
                asked=asked,
                pool=pool,
                in_vain=in_vain,
                line=place(group),
            )
    return None


def blocking_client(log: RequestLog) -> Finding | None:
    """A client that does not await is used inside the event loop."""
    blocking = [each for each in log.requests if each.blocks_loop]
    if len(blocking) < FEW:
        return None
    return found(
        "blocking_client",
        blocking=len(blocking),
        library=blocking[0].library,
        line=place(blocking),
    )


def blocked_event_loop(log: RequestLog) -> Finding | None:
    """The event loop stands still while requests are in flight."""
    by_place: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in log.blocks:
        by_place[block.kind, block.where].append(block)
    for (kind, where), blocks in by_place.items():
        seconds = sum(block.seconds for block in blocks)
        stood = sum(block.stood for block in blocks)
        if where and seconds >= 0.2 and stood >= 0.05 * seconds_of(log.requests):
            return found(kind, times=len(blocks), seconds=seconds, where=where)
    return None


def client_for_each_request(log: RequestLog) -> Finding | None:
    """No connection is reused, though another client's would have served."""
    clients = len(groups(lambda each: each.client, log.requests))
    hosts = len(groups(lambda each: each.host, log.requests))
    if clients < max(FEW, len(log.requests) / 2, 2 * hosts):
        return None
    return found(
        "client_for_each_request",
        clients=clients,
        requests=len(log.requests),
        line=place(log.requests),
    )


def one_after_the_other(log: RequestLog) -> Finding | None:
    """Most of the time one request was in flight, with no other beside it."""
    requests = log.requests
    if len(requests) <= FEW or seconds_of(log.requests) < 0.5:
        return None
    if any(each.refusal or each.blocks_loop for each in requests):
        return None  # that is the cause
    quota = log.quota_of(requests)
    if (
        quota
        and len(requests) / seconds_of(log.requests) > 0.8 * quota.rate / quota.period
    ):
        return None
    if _follows_pages(requests):
        return None
    alone = _alone_in_flight(requests)
    share = sum(each.last_seen - each.asked for each in alone) / seconds_of(
        log.requests
    )
    if share < 0.5:
        return None
    return found(
        "one_after_the_other",
        is_certain=len(alone) == len(requests),
        alone=len(alone),
        requests=len(requests),
        share=share,
        line=place(alone),
    )


def _alone_in_flight(requests: list[Request]) -> list[Request]:
    """Those that began after every other had ended, and whose end the next one waited
    for: what comes later from another task was waiting for its turn.
    """
    ordered = sorted(requests, key=lambda each: each.asked)
    alone = []
    ended = 0.0
    for request, following in zip(ordered, [*ordered[1:], None], strict=True):
        if request.asked >= ended and _is_waited_for(request, following):
            alone.append(request)
        ended = max(ended, request.last_seen)
    return alone


def _is_waited_for(request: Request, following: Request | None) -> bool:
    if following is None:
        return True
    pause = following.asked - request.last_seen
    if pause < 0:
        return False
    took = request.last_seen - request.asked
    return pause < took / 5 or following.sender == request.sender


def more_pages(log: RequestLog) -> Finding | None:
    """Answers name a next page; the script may want the first ones only."""
    asked = Counter(map(_page, {each.url for each in log.requests}))
    pages = Counter(map(_page, set(_next_pages(log.requests))))
    count = (pages - asked).total()
    if not count:
        return None
    answers = "1 answer names" if count == 1 else f"{count} answers name"
    return found("more_pages", is_certain=False, answers=answers)


def _page(url: str) -> Hashable:
    """What a page is known by: the API may name another path than was asked for, as
    GitHub does, which puts a number in place of a repository's name.
    """
    parts = urlsplit(url)
    return parts.hostname, tuple(sorted(parse_qsl(parts.query)))


def _next_pages(requests: Iterable[Request]) -> Iterable[str]:
    for request in requests:
        for link in re.split(r",\s*(?=<)", request.headers.get("link", "")):
            next_page = re.match(r'<([^>]*)>.*;\s*rel="?next\b', link)
            if next_page and request.is_accepted:
                yield urljoin(request.url, next_page[1])


def _follows_pages(requests: list[Request]) -> bool:
    """Whether most of them ask for the page that an answer before them named."""
    pages = {_page(url) for url in _next_pages(requests)}
    return sum(_page(each.url) in pages for each in requests) > len(requests) / 2


def stalled_answers(log: RequestLog) -> Finding | None:
    """A few answers took far longer than others."""
    times = sorted(
        each.answered - each.sent
        for each in log.requests
        if each.answered is not None and each.sent is not None and each.is_accepted
    )
    if len(times) < 5 * FEW or log.blocks:
        return None
    usual = median(times)
    stalled = [each for each in times if each > max(NOT_YET_SLOW, 20 * usual)]
    if not stalled:
        return None
    answers = counted(len(stalled), "answer")
    return found("stalled_answers", answers=answers, longest=stalled[-1], usual=usual)


def what_was_lost(log: RequestLog) -> Finding | None:
    """Answers thrown away, requests that failed or ended without one."""
    missing = None
    failed = [each for each in _failed(log) if each.error or each.status >= 500]
    if log.exit_status == 0:
        missing = _missing(log)
        failed = [each for each in failed if not each.is_unanswered]
    accepted = sum(each.is_accepted for each in log.requests)
    is_lost = log.exit_status and not log.practice
    finding = found(
        "what_was_lost",
        saved_or_lost=counted(accepted, "accepted answer") if is_lost else None,
        missing=missing,
        failed=counted(len(failed), "request"),
        kinds=kinds_of(failed),
        **_thrown_away(log),
    )
    return finding if finding.facts else None


def _missing(log: RequestLog) -> str | None:
    """How many have no answer in the end; None for none.

    Where one cannot say whether a request was sent again, it is a least number.
    """
    missing = sum(chain[-1].is_unanswered for chain in chains(log.requests))
    unanswered = sum(each.is_unanswered for each in log.requests)
    if not missing:
        return None
    is_all = missing + len(retries_in(log.requests)) == unanswered
    return str(missing) if is_all else f"at least {missing}"


def _thrown_away(log: RequestLog) -> dict[str, Any]:
    """What `gather` did not return, at the place where that was most."""
    by_place: Counter[tuple[str, str]] = Counter()
    for thrown in log.thrown_away:
        count = sum(
            each.is_accepted and each.sender in thrown.senders for each in log.requests
        )
        by_place[thrown.error, thrown.line] += count
    ((error, line), count) = max(
        by_place.items(), key=lambda item: item[1], default=(("", ""), 0)
    )
    thrown_away = counted(count, "accepted answer")
    return {"error": error, "line": at([line]), "thrown_away": thrown_away}


CAUSES: tuple[Callable[[RequestLog], Finding | None], ...] = (
    limit_without_effect,
    refused_for_good,
    over_the_quota,
    storm_of_retries,
    wrong_requests,
    pool_was_the_limit,
    blocking_client,
    blocked_event_loop,
    client_for_each_request,
    one_after_the_other,
    stalled_answers,
    more_pages,
)
"""What is looked for, in the order in which it is said."""
MOST_SHOWN = 3


def diagnose(log: RequestLog) -> list[Finding]:
    """What stands out: the cause first, and at most three; what was lost is last."""
    lost = what_was_lost(log)
    if len(log.requests) < FEW:
        return [lost] if lost else []
    found = [finding for check in CAUSES if (finding := check(log))]
    if lost is None:
        return found[:MOST_SHOWN]
    return [*found[: MOST_SHOWN - 1], lost]
