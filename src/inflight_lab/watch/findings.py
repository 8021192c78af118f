"""Ten things that can stand out in a run, and what to do about each.

A finding rests on numbers that you can count yourself, in the script's own output or in
the API's log.  ``certain`` is what was counted, ``likely`` what the numbers suggest.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple
from urllib.parse import parse_qsl, urljoin, urlsplit

from inflight_lab.watch.quota import Quota, announced_in, limits_named_in
from inflight_lab.watch.request_log import LimitUse, Request, RequestLog
from inflight_lab.watch.snippet import command_for

FEW = 4
"""How many requests, clients or semaphores a finding needs at least."""
NOT_YET_SLOW = 5.0
"""Seconds; no answer that takes less is called a stall."""
TOKENS = re.compile(
    r"tokens? per|\bon tokens\b|\btokens in\b|\bTP[MD]\b|_token_count", re.I
)
CONCURRENCY = re.compile(r"concurren|at once|simultaneous|in parallel", re.I)
SECONDARY = re.compile(r"secondary rate limit|abuse detection", re.I)
POOL_ERRORS = ("PoolTimeout", "TimeoutError")
"""How httpx and aiohttp call it when no connection became free in time."""


@dataclass(frozen=True)
class Finding:
    """Something that stood out."""

    certain: bool
    name: str
    facts: str
    """Sentences: what was counted, and where."""
    advice: str
    notebook: str
    """The number of the one that explains it."""
    command: str = ""
    """Writes a script that does it right; "" if none does."""

    def __str__(self) -> str:
        certainty = "certain" if self.certain else "likely"
        text = f"{certainty}: {self.name}: {self.facts} {self.advice} "
        text += f"(inflight-lab --open {self.notebook})"
        return f"{text}\n  {self.command}" if self.command else text


class Run:
    """The requests of a run, and what they have in common.

    ``practice`` is the quota of the practice server, if that answered.
    """

    def __init__(self, log: RequestLog, practice: Quota | None = None) -> None:
        self.log = log
        self.requests = list(log.requests)
        self.practice = practice
        self.refused = [each for each in self.requests if each.refusal]
        self.over_quota = [
            each for each in self.refused if not each.is_refused_for_good
        ]

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        begins = [each.asked for each in self.requests]
        ends = [each.ended for each in self.requests if each.ended]
        return max(begins + ends) - min(begins)

    def counted_with(self, refused: Sequence[Request]) -> list[Request]:
        """The requests that share a quota with most of ``refused``."""
        if self.practice:
            return self.requests
        (host, _), *_ = Counter(each.host for each in refused).most_common(1)
        return [each for each in self.requests if each.host == host]

    def quota_of(self, requests: Iterable[Request]) -> Quota | None:
        """What the API allows; None if it does not say for how long."""
        return self.practice or newest_quota(requests)


def newest_quota(requests: Iterable[Request]) -> Quota | None:
    """What the newest of their answers names that names a quota."""
    quotas = [announced_in(each.headers) for each in requests if each.ended]
    return next((quota for quota in reversed(quotas) if quota), None)


# Counting


def most_at_once(requests: Iterable[Request], begins: Sequence[float]) -> int:
    """The most that had begun and not ended at one time."""
    ends = sorted(each.ended for each in requests if each.ended is not None)
    counts = [
        number - bisect_right(ends, begin)
        for number, begin in enumerate(sorted(begins), 1)
    ]
    return max(counts, default=0)


def most_within(seconds: float, times: Iterable[float]) -> int:
    """The most of ``times`` in any window of so many seconds."""
    ordered = sorted(times)
    counts = [
        number - bisect_right(ordered, time - seconds)
        for number, time in enumerate(ordered, 1)
    ]
    return max(counts, default=0)


def sent_times(requests: Iterable[Request]) -> list[float]:
    """When those that went out did."""
    return [each.sent for each in requests if each.sent is not None]


def groups(
    key: Callable[[Request], Hashable], requests: Iterable[Request]
) -> list[list[Request]]:
    """The requests with the same key, in the order of time."""
    by_key: dict[Hashable, list[Request]] = defaultdict(list)
    for request in requests:
        by_key[key(request)].append(request)
    return list(by_key.values())


def place(lines: Iterable[str]) -> str:
    """`` (main.py:12)``, if most of it happened at one line of the script."""
    counts = Counter(lines)
    if not counts:
        return ""
    ((line, count),) = counts.most_common(1)
    return f" ({line})" if line and count > counts.total() / 2 else ""


def quoted(request: Request) -> str:
    """What the API said, in its own words and in its headers."""
    reason = request.refusal.reason if request.refusal else ""
    shown = reason if len(reason) <= 160 else f"{reason[:160]} ..."
    stop = "" if shown.endswith((".", "!", "?")) else "."
    words = f' The API says: "{shown}"{stop}' if shown else ""
    return words + limits_named_in(request.headers)


# The findings, causes before effects


def limit_without_effect(run: Run) -> Finding | None:
    """A limit for each task, or around the tasks instead of their requests."""
    uses = run.log.limits
    alone = [use for use in uses.values() if _never_made_wait(use)]
    their_tasks = {sender for use in alone for sender in use.senders}
    tasks = len(groups(lambda each: each.sender, run.requests))
    if len(their_tasks) >= max(FEW, tasks / 2):
        kind = _kind_of(alone[0])
        return Finding(
            True,
            f"A {kind} for each task",
            f"{len(alone)} {kind}s were used by one task each, so no task waited for "
            f"another{place(use.line for use in alone)}.",
            f"Make one {kind} before the tasks, and share it.",
            "03",
        )
    for number, use in uses.items():
        inside = [each for each in run.requests if each.around == number]
        of_others = [each for each in inside if each.sender not in use.senders]
        if len(of_others) < FEW * use.acquired:  # a permit for each is a limit
            continue
        times = sent_times(of_others)
        if use.period:
            most = most_within(use.period, times)
            words = f"allows {use.slots:g} in {use.period:g} s ({use.line})"
            found = f"were sent within {use.period:g} s"
        else:
            most = most_at_once(of_others, times)
            words = f"has {use.slots:g} slots ({use.line})"
            found = "were in flight at once"
        if most > max(use.slots, FEW):
            return Finding(
                True,
                f"The {_kind_of(use)} is around the tasks, not around the requests",
                f"It {words}, and {most} requests that were started inside its block "
                f"{found}.",
                "Acquire it in each task, around the request itself.",
                "03",
            )
    return None


def _never_made_wait(use: LimitUse) -> bool:
    """Whether one task alone used it; a rate limiter slows even that, but not once."""
    return len(use.senders) == 1 and (not use.period or use.acquired == 1)


def _kind_of(use: LimitUse) -> str:
    return "rate limiter" if use.period else "semaphore"


def refused_for_good(run: Run) -> Finding | None:
    """More was sent although no wait would help."""
    final = [each for each in run.requests if each.is_refused_for_good]
    if not final:
        return None
    first = min(final, key=lambda each: each.last_seen)
    of_host = [each for each in run.requests if each.host == first.host]
    later = [each for each in of_host if each.asked > first.last_seen]
    if len(later) < FEW:
        return None
    return Finding(
        True,
        "Sent again, though no wait will help",
        f"{first.host} refused for good ({first.status}), and {len(later)} requests "
        f"were sent after that{place(each.line for each in later)}.{quoted(first)}",
        "Stop at the first such answer.",
        "08",
    )


def over_the_quota(run: Run) -> Finding | None:
    """The API refused, and said why in its words or its headers."""
    if not run.over_quota:
        return None
    requests = run.counted_with(run.over_quota)
    over = set(run.over_quota)
    refused = [each for each in requests if each in over]
    of_kind = _kind_of_limit(refused)
    statuses = "/".join(str(status) for status in sorted({r.status for r in refused}))
    counts = f"{len(refused)} of {len(requests)} requests were refused ({statuses})"
    quota = run.quota_of(requests)
    if not of_kind:
        return _over_the_rate(run, requests, counts, command_for(requests, quota))
    name, advice, notebook = of_kind
    facts = f"{counts}{place(each.line for each in refused)}.{quoted(refused[0])}"
    limit = 0
    if notebook != OF_TOKENS:
        accepted = [each for each in requests if each.is_accepted]
        limit = most_at_once(accepted, sent_times(accepted))
    if limit:
        facts += f" Of those accepted, at most {limit} were in flight at once."
    pause = max(each.refusal.pause or 0 for each in refused if each.refusal)
    if pause and notebook == OF_PAUSES:
        facts += f" The longest pause that it asks for is {pause:.3g} s."
    command = command_for(requests, quota, limit=limit)
    return Finding(True, name, facts, advice, notebook, command)


def _kind_of_limit(refused: list[Request]) -> tuple[str, str, str] | None:
    """Which limit most refusals name, if it is not one of requests."""
    if sum(each.status >= 500 for each in refused) > len(refused) / 2:
        return OVERLOADED
    reasons = [each.refusal.reason for each in refused if each.refusal]
    for words, name, advice, notebook in KINDS_OF_LIMIT:
        if sum(bool(words.search(reason)) for reason in reasons) > len(reasons) / 2:
            return name, advice, notebook
    return None


OF_TOKENS = "13"
OF_PAUSES = "08"
"""The notebooks on budgets of tokens, and on waiting as long as the API says."""
OVERLOADED = (
    "The API was overloaded",
    "That is not your quota: wait as long as it says, longer each time, and keep fewer "
    "in flight.",
    OF_PAUSES,
)
KINDS_OF_LIMIT = (
    (
        SECONDARY,
        "GitHub's secondary limit",
        "It is about bursts, not about your hourly quota: keep fewer in flight, and "
        "wait as long as the answer says.",
        OF_PAUSES,
    ),
    (
        TOKENS,
        "Over the quota of tokens",
        "Keep two budgets, one of requests and one of tokens; if you do, reserve more "
        "tokens for each request.",
        OF_TOKENS,
    ),
    (
        CONCURRENCY,
        "Over the limit on requests in flight",
        "Put one semaphore around all requests.",
        "03",
    ),
)
"""What the API's words say: the name of the finding, what to do, and the notebook.
`OVERLOADED` is the same for statuses from 500 on."""


WITHIN_THE_QUOTA = (
    "Likely they arrived closer together than you sent them, or another limit or "
    "another program counts as well: send a little less."
)
UNKNOWN_QUOTA = (
    "Likely that is more than the API allows: look up the rate in its documentation, "
    "and pace to it with --rate and --period."
)
"""What refusals suggest, where no limit is known to be exceeded."""


def _over_the_rate(
    run: Run, requests: list[Request], counts: str, command: str
) -> Finding:
    quota = run.quota_of(requests)
    times = sent_times(requests)
    accepted = [each for each in requests if each.is_accepted]
    most = most_within(quota.period, times) if quota else 0
    if quota is None or most <= quota.rate + max(1, quota.rate / 10):
        # One more may be the network's doing: the API counts arrivals.
        allowed = f" {quota} are allowed; you sent up to {most}." if quota else ""
        return Finding(
            True,
            "Refused",
            f"{counts}, {len(accepted)} accepted in {run.seconds:.1f} s.{allowed}"
            f"{quoted(run.over_quota[0])}",
            WITHIN_THE_QUOTA if quota else UNKNOWN_QUOTA,
            "06",
            command,
        )
    return Finding(
        True,
        "Over the quota",
        f"{counts}. {quota} are allowed; you sent {most} within that time"
        f"{place(each.line for each in requests)}.",
        "Pace them: a limit on requests in flight doesn't limit the rate.",
        "06",
        command,
    )


class Retry(NamedTuple):
    """A request that failed, and the same one after it."""

    failed: Request
    again: Request

    @property
    def pause(self) -> float:
        """Seconds between them."""
        return self.again.asked - self.failed.last_seen

    @property
    def is_early(self) -> bool:
        """Whether the API had asked for a longer pause."""
        refusal = self.failed.refusal
        return bool(refusal and self.pause < 0.95 * (refusal.pause or 0))


def _retries_in(group: list[Request]) -> list[Retry]:
    """Among requests that are the same."""
    return [
        Retry(failed, again)
        for failed, again in pairwise(group)
        if failed.is_unanswered and failed.last_seen <= again.asked
    ]


def storm_of_retries(run: Run) -> Finding | None:
    """Much of what is sent are retries that come too soon, or all together."""
    alike = groups(lambda each: each.same, run.requests)
    retries = [retry for group in alike for retry in _retries_in(group)]
    if len(retries) <= max(FEW, len(run.requests) / 5):
        return None
    if any(each.failed.is_refused_for_good for each in retries):
        return None
    pause = median(each.pause for each in retries)
    early = sum(each.is_early for each in retries)
    failed_again = sum(each.again.is_unanswered for each in retries)
    is_early = early > len(retries) / 2 or pause < 0.2
    is_together = _come_together([each.again.asked for each in retries], pause)
    together_in_vain = is_together and failed_again > len(retries) / 5
    layers = _layers(run)
    if not is_early and not together_in_vain and not layers:
        return None
    facts = (
        f"{len(retries)} of {len(run.requests)} requests are retries, {failed_again} "
        f"of them failed again. Half of them came within {pause:.2f} s"
    )
    facts += f", {early} sooner than the API asked for." if early else "."
    return Finding(
        early > len(retries) / 2,
        "A storm of retries",
        facts + layers,
        "Wait as long as the API says, and a random time longer.",
        "08",
        "" if run.over_quota else command_for(run.requests, None),
    )


def _come_together(times: list[float], pause: float) -> bool:
    """Whether most that come within a pause come within a fifth of it."""
    in_a_fifth = most_within(pause / 5, times)
    return in_a_fifth > max(2 * FEW, 0.6 * most_within(pause, times))


def _layers(run: Run) -> str:
    """A sentence, if a library's retries are inside a loop of the script's own."""
    most = 0
    for group in groups(lambda each: each.same, run.requests):
        calls = sum(each.retry == 0 for each in group)
        if calls > 1 and any(each.retry for each in group):
            most = max(most, len(group))
    if not most:
        return ""
    return (
        f" Both the client library and your code retry, so one request was sent up to "
        f"{most} times; switch one of the two off."
    )


def pool_was_the_limit(run: Run) -> Finding | None:
    """Requests waited inside the client for a connection."""
    for group in groups(lambda each: each.client, run.requests):
        pool = group[0].pool
        if not pool:
            continue
        in_vain = sum(each.error in POOL_ERRORS and not each.sent for each in group)
        asked = most_at_once(group, [each.asked for each in group])
        waited = asked - pool
        waits_quietly = group[0].library == "aiohttp"  # its queue is made for that
        is_much = waited >= max(FEW, pool / 4) and not waits_quietly
        is_much = is_much and not run.over_quota  # else that was the limit
        if waited < 1 or not (in_vain or is_much):
            continue
        facts = f"{asked} requests at once for {pool} connections"
        facts += place(each.line for each in group)
        if in_vain:
            facts += f"; {in_vain} waited in vain and were never sent"
        return Finding(
            True,
            "The connection pool was the limit",
            f"{facts}.",
            "Let a semaphore of your own, below that number, be the limit.",
            "02",
        )
    return None


def client_for_each_request(run: Run) -> Finding | None:
    """No connection is reused."""
    clients = len(groups(lambda each: each.client, run.requests))
    if clients < max(FEW, len(run.requests) / 2):
        return None
    return Finding(
        True,
        "A client for each request",
        f"{clients} clients for {len(run.requests)} requests"
        f"{place(each.line for each in run.requests)}, so each opens a connection.",
        "Make one client around all that you send.",
        "01",
    )


def one_after_the_other(run: Run) -> Finding | None:
    """Most of the time one request was in flight, with no other beside it."""
    if run.refused or len(run.requests) <= FEW or run.seconds < 0.5:
        return None
    if any(each.blocks_loop for each in run.requests):
        return None  # that is the cause
    quota = run.quota_of(run.requests)
    if quota and len(run.requests) / run.seconds > 0.8 * quota.rate / quota.period:
        return None
    if _follows_pages(run.requests):
        return None
    alone = _alone_in_flight(run.requests)
    share = sum(each.last_seen - each.asked for each in alone) / run.seconds
    if share < 0.5:
        return None
    return Finding(
        len(alone) == len(run.requests),
        "One after the other",
        f"{len(alone)} of {len(run.requests)} requests were alone in flight, "
        f"{share:.0%} of the time{place(each.line for each in alone)}.",
        "Unless each needs the answer before it, send several at once.",
        "02",
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


def blocked_event_loop(run: Run) -> Finding | None:
    """The event loop stands still while requests are in flight."""
    blocking = [each for each in run.requests if each.blocks_loop]
    if len(blocking) >= FEW:
        return Finding(
            True,
            "A blocked event loop",
            f"{len(blocking)} requests were sent with {blocking[0].library}'s blocking "
            f"client inside the event loop{place(each.line for each in blocking)}, so "
            "nothing else could run.",
            "Use an async client, or asyncio.to_thread.",
            "01",
        )
    seconds: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for block in run.log.blocks:
        seconds[block.cause, block.where] += block.seconds  # type: ignore[assignment]
        times[block.cause, block.where] += 1
    if not seconds:
        return None
    ((cause, where), total), *_ = seconds.most_common(1)
    if not where or total < max(0.2, 0.05 * run.seconds):
        return None
    count = times[cause, where]
    return Finding(
        True,
        "A blocked event loop",
        f"{BLOCKED_BY[cause]} {count} times, {total:.1f} s in all, at {where}, while "
        "requests were in flight.",
        "Await what waits, and compute in asyncio.to_thread or in another process.",
        "01",
    )


BLOCKED_BY = {
    "time.sleep": "time.sleep was called",
    "computing": "It computed without awaiting anything",
}
"""By the cause of a `Block`, how it is said."""


def what_was_lost(run: Run) -> Finding | None:
    """Answers thrown away, requests that failed or ended without one."""
    facts = [*_thrown_away(run), *_without_an_answer(run), *_stalls(run)]
    if not facts:
        return None
    return Finding(
        True,
        "What was lost",
        " ".join(facts),
        "Save each answer as it comes, and ask again for what may still come.",
        "08",
    )


def _thrown_away(run: Run) -> Iterable[str]:
    accepted = [each for each in run.requests if each.is_accepted]
    for thrown in run.log.thrown_away:
        count = sum(each.sender in thrown.senders for each in accepted)
        if count:
            at = f" ({thrown.line})" if thrown.line else ""
            yield (
                f"gather raised {thrown.error}{at}, and returned nothing of what its "
                f"tasks got: {counted(count, 'accepted answer')}."
            )
    if run.log.exit_status and accepted:
        yield (
            "The script did not end well, after "
            f"{counted(len(accepted), 'accepted answer')}: what it had not saved by "
            "then is lost."
        )


def counted(number: int, noun: str) -> str:
    """``1 answer``, ``2 answers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _without_an_answer(run: Run) -> Iterable[str]:
    missing = 0
    failed = []
    for group in groups(lambda each: each.same, run.requests):
        retries = _retries_in(group)
        answered = sum(not each.is_unanswered for each in group)
        missing += max(0, len(group) - len(retries) - answered)
        asked_again = {each.failed for each in retries}
        failed += [
            each for each in group if each.is_failure and each not in asked_again
        ]
    if missing and run.log.exit_status == 0:
        yield (
            "The script ended well (exit status 0), but got no answer that can be used "
            f"to {missing} of its requests."
        )
        failed = [each for each in failed if not each.is_unanswered]
    if failed:
        kinds = Counter(each.error or str(each.status) for each in failed)
        named = ", ".join(f"{kind} x {n}" for kind, n in kinds.most_common(FEW))
        yield f"{counted(len(failed), 'request')} failed ({named})."


def _stalls(run: Run) -> Iterable[str]:
    times = sorted(
        each.answered - each.sent
        for each in run.requests
        if each.answered is not None and each.sent is not None and each.is_accepted
    )
    if len(times) < 5 * FEW or run.log.blocks:
        return
    usual = median(times)
    stalled = [seconds for seconds in times if seconds > max(NOT_YET_SLOW, 20 * usual)]
    if stalled:
        yield (
            f"{len(stalled)} answers took up to {stalled[-1]:.0f} s, where half took "
            f"{usual:.2g} s or less."
        )


def more_pages(run: Run) -> Finding | None:
    """Answers name a next page; the script may want the first ones only."""
    asked = Counter(map(_page, {each.url for each in run.requests}))
    pages = Counter(map(_page, set(_next_pages(run.requests))))
    count = (pages - asked).total()
    if not count:
        return None
    names = "answer names" if count == 1 else "answers name"
    return Finding(
        False,
        "More pages",
        f'{count} {names} a next page (Link, rel="next") that the script does not ask '
        "for.",
        "If you want all pages, ask for each that an answer names; the edit `pages` of "
        "fetch_all does so.",
        "08",
    )


def _page(url: str) -> Hashable:
    """What a page is known by: the API may name another path than was asked for, as
    GitHub does, which puts a number in place of a repository's name.
    """
    parts = urlsplit(url)
    return parts.hostname, tuple(sorted(parse_qsl(parts.query)))


def _next_pages(requests: Iterable[Request]) -> Iterable[str]:
    for request in requests:
        for link in re.split(r",\s*(?=<)", request.headers.get("link", "")):
            found = re.match(r'<([^>]*)>.*;\s*rel="?next\b', link)
            if found and request.is_accepted:
                yield urljoin(request.url, found[1])


def _follows_pages(requests: list[Request]) -> bool:
    """Whether most of them ask for the page that an answer before them named."""
    pages = {_page(url) for url in _next_pages(requests)}
    return sum(_page(each.url) in pages for each in requests) > len(requests) / 2


CAUSES: tuple[Callable[[Run], Finding | None], ...] = (
    limit_without_effect,
    refused_for_good,
    over_the_quota,
    storm_of_retries,
    pool_was_the_limit,
    blocked_event_loop,
    client_for_each_request,
    one_after_the_other,
    more_pages,
)
"""What is looked for, in the order in which it is said."""
MOST_SHOWN = 3


def diagnose(run: Run) -> list[Finding]:
    """What stands out: the cause first, and at most three; what was lost is last."""
    lost = what_was_lost(run)
    if len(run.requests) < FEW:
        return [lost] if lost else []
    found = [finding for check in CAUSES if (finding := check(run))]
    if lost is None:
        return found[:MOST_SHOWN]
    return [*found[: MOST_SHOWN - 1], lost]
