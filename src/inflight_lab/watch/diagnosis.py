"""From what was seen of a run to plain words: what stands out, what shows it, and what to do.

*Certain* is what the events show; *likely* is what they suggest, where something else
could look the same.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate, chain, groupby, pairwise
from math import log
from operator import attrgetter
from statistics import median

from inflight_lab.watch.request_log import Request, RequestLog

FEW = 4
"""Of fewer requests than that nothing is said."""
LONG = 0.015
"""Seconds from which on a loop that stands still counts; a script's line is seen every 0.01 s."""


def diagnose(seen: RequestLog) -> list[str]:
    """What stands out, a sentence or two each: of each fault the first that is found."""
    found = [
        (next(find(seen), ""), todo)
        for find, todo in FINDINGS.items()
        if len(seen.requests) >= FEW
    ]
    return [f"{facts} {todo}" for facts, todo in found if facts]


def summary(seen: RequestLog) -> str:
    """The run in numbers."""
    counts, requests = seen.timeline.stats(), seen.requests
    used = Counter(library for _, _, library in seen.others["unseen"])
    unseen = "".join(
        f" {name} was used ({n}x), its requests were not seen."
        for name, n in used.items()
    )
    if not requests:
        return "No request of httpx or httpx2 was seen." + unseen
    ends = {
        name: getattr(counts, name)
        for name in ("accepted", "refused", "failed", "cancelled")
    }
    ends["without an end"] = len(seen.open)
    errors = Counter(
        r.error for r in requests if r.error not in ("", "cancelled")
    ).most_common(3)
    why = (
        {"failed": f" ({', '.join(f'{n} {error}' for error, n in errors)})"}
        if errors
        else {}
    )
    shown = {
        name: n for name, n in ends.items() if n or name in ("accepted", "refused")
    }
    numbers = ", ".join(f"{n} {name}{why.get(name, '')}" for name, n in shown.items())
    hosts = sorted({r.host for r in requests})
    to = " and ".join(hosts) if len(hosts) < 3 else f"{len(hosts)} hosts"
    how = f"in {_span(requests):.1f} s, at most {_at_once(requests)} at once"
    what = "1 request" if sum(ends.values()) == 1 else f"{sum(ends.values())} requests"
    return f"{what} to {to} {how}: {numbers}.{unseen}"


def _at_once(requests: Iterable[Request], since: str = "asked") -> int:
    """The most requests that were open at once, ``since`` they were asked for or "sent"."""
    begun = [
        (begin, r.ended) for r in requests if (begin := getattr(r, since)) is not None
    ]
    steps = [(begin, 1) for begin, _ in begun] + [(end, -1) for _, end in begun if end]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def _busiest(times: Iterable[float], window: float) -> int:
    """The most of ``times`` within any ``window`` seconds."""
    times = sorted(times)
    return max(
        (n - bisect_right(times, time - window) for n, time in enumerate(times, 1)),
        default=0,
    )


def _average(times: Collection[float], window: float) -> float:
    """How many of ``times`` come in ``window`` seconds, without the last burst, which no pause follows."""
    begin, end = min(times), max(times)
    before = sum(time < end - window / 10 for time in times)
    return before * window / (end - begin) if end - begin > window else len(times)


def _span(requests: Iterable[Request]) -> float:
    times = [time for r in requests for time in (r.asked, r.ended) if time is not None]
    return max(1e-9, max(times) - min(times))


def _by(requests: Iterable[Request], *keys: str) -> Iterator[list[Request]]:
    by = attrgetter(*keys)
    return (list(group) for _, group in groupby(sorted(requests, key=by), by))


def _one_by_one(seen: RequestLog) -> Iterator[str]:
    requests, span = seen.requests, _span(seen.requests)
    asks, ends = (
        sorted(r.asked for r in requests),
        sorted(r.ended for r in requests if r.ended),
    )
    alone = [
        r
        for r in requests
        if r.ended and bisect_left(asks, r.ended) - bisect_right(ends, r.asked) == 1
    ]
    if len(alone) < len(
        requests
    ):  # then those of one loop, whatever else is sent beside it
        alone = max(_by(alone, "sender"), key=len, default=[])
    waited = sum(r.ended - r.asked for r in alone if r.ended) / span
    allowed = min(
        (p.quota / p.window for each in seen.policies.values() for p in each),
        default=float("inf"),
    )
    near_quota = len(requests) / span > 0.8 * allowed or any(
        r.status == 429 for r in requests
    )
    if len(alone) > FEW and waited >= 0.5 and not near_quota:
        how = f"{len(alone)} of {len(requests)} requests were alone in flight, {waited:.0%} of the time"
        yield f"{'certain' if waited >= 0.9 else 'likely'}: One after the other: {how}."


def _semaphores(seen: RequestLog) -> Iterator[str]:
    senders, hosts = {r.sender for r in seen.requests}, {r.host for r in seen.requests}
    users = defaultdict(set)
    for _, process, semaphore, sender in seen.others["acquires"]:
        users[process, semaphore].add((process, sender))
    alone = sum(len(each) == 1 and each <= senders for each in users.values())
    if alone >= max(FEW, len(senders) / 2, 2 * len(hosts)):
        yield f"certain: A semaphore for each task: {alone}, each used by one task, so none ever waited."


def _pool(seen: RequestLog) -> Iterator[str]:
    for requests in _by(seen.requests, "client"):
        most, asked, sent = (
            requests[0].connections,
            _at_once(requests),
            _at_once(requests, "sent"),
        )
        # A few more are sent where many are cancelled at once; over HTTP/2, far more.
        if (
            asked > most > 0.9 * sent > 0
            and asked > sent
            and not any(_semaphores(seen))
        ):
            how = f"{asked} requests were asked for at once, the client opens {most} connections"
            yield f"certain: The connection pool was the limit: {how}; {asked - most} waited inside it."


def _pool_timeouts(seen: RequestLog) -> Iterator[str]:
    if late := [r.connections for r in seen.requests if r.error == "PoolTimeout"]:
        count, left = len(late), len(seen.open)
        end = f" {left} never ended: is each stream closed?" if left >= late[0] else ""
        yield f"certain: PoolTimeout: {count} requests waited too long for one of {late[0]} connections.{end}"


def _clients(seen: RequestLog) -> Iterator[str]:
    clients, opened = (
        {r.client for r in seen.requests},
        sum(r.opened for r in seen.requests),
    )
    if len(clients) >= max(
        FEW, len(seen.requests) / 2, 2 * len({r.host for r in seen.requests})
    ):
        yield f"certain: A client for each request: {len(clients)} clients, and {opened} connections opened."


def _connections(seen: RequestLog) -> Iterator[str]:
    for requests in _by(seen.requests, "client"):
        sent, opened, idle = (
            _at_once(requests, "sent"),
            sum(r.opened for r in requests),
            requests[0].idle,
        )
        # Not by the pool: the server closed it, or the request failed on it.
        closed = sum(
            bool(r.error) or "connection: close" in r.said.lower() for r in requests
        )
        again = (
            opened
            - closed
            - sum(_at_once(each, "sent") for each in _by(requests, "host"))
        )
        if sent > idle > 0 and again > len(requests) / 3:
            how = f"{opened} for {len(requests)} requests with {sent} in flight. The client keeps {idle}"
            yield f"certain: Connections opened and closed all the time: {how}; beyond, most need a new one."


def _quota(seen: RequestLog) -> Iterator[str]:
    for requests in _by(seen.requests, "host"):
        host, times = requests[0].host, [r.sent for r in requests if r.sent is not None]
        if not (refused := sum(r.status == 429 for r in requests)):
            continue
        facts = f"{refused}x 429 from {host}"
        for quota, window, sure in seen.policies.get(host, []):
            most = _busiest(times, window)
            average = min(most, _average(times, window))
            if most > quota:
                bursts = " and in bursts" if most >= 1.5 * average else ""
                how = f"on average{bursts}" if average > quota else "in bursts"
                yield (
                    f"{'certain' if sure else 'likely'}: Over the quota {how}: {facts}. In {window:g} s "
                    f"{quota:g} are allowed; you sent {average:.0f} on average and {most} in the busiest."
                )
        passed = _busiest(
            [r.sent for r in requests if r.sent and 0 < r.status < 400], 1
        )
        rates = f"You sent up to {_busiest(times, 1)} in a second; up to {passed} in a second were accepted"
        yield f"likely: Refused: {facts}, and no quota in its headers explains them. {rates}."


def _retries(seen: RequestLog) -> Iterator[str]:
    again, addressed = _repeats(seen.requests)
    if len(again) <= max(FEW, 0.2 * len(seen.requests)):
        return
    pauses = [after.asked - (before.ended or 0.0) for before, after in again]
    asked = [
        re.search(r"^retry-after: *(\d+)", before.said, re.MULTILINE)
        for before, _ in again
    ]
    early = sum(
        p < 0.95 * int(said[1]) for p, said in zip(pauses, asked, strict=True) if said
    )
    usual, kinds = (
        median(pauses),
        Counter(round(log(max(pause, 0.001), 1.1)) for pause in pauses),
    )
    alike = sum(
        n for n in kinds.values() if n > 0.15 * len(again)
    )  # as 1, 2 and 4 s are
    failed = sum(after.failed for _, after in again)
    facts = f"A storm of retries: {len(again)} of {len(seen.requests)} requests, {failed} failed again"
    if len(again) >= 0.3 * len(seen.requests) and (
        early >= len(again) / 2 or usual < 0.2
    ):
        sooner = f", and {early} sooner than Retry-After asks for" if early else ""
        yield f"{'certain' if addressed else 'likely'}: {facts}; half came within {usual:.2f} s{sooner}."
    elif alike > 0.8 * len(again) and failed > 0.2 * len(again):
        back = [after.asked for _, after in again]
        if _busiest(back, usual / 5) > max(FEW, _busiest(back, usual) / 2):
            yield f"likely: {facts}; all pause alike (median {usual:.1f} s), so they come back together."


def _repeats(
    requests: Collection[Request],
) -> tuple[list[tuple[Request, Request]], bool]:
    """``(failed, again)`` for each request that repeats one that failed; and whether the addresses show it.

    If many requests have one address in common, those of one sender are compared.  They
    are repeats if no sender goes on after an answer: that is what workers do, who take
    the next whatever became of the last.
    """
    addresses, senders = (
        {(r.method, r.url) for r in requests},
        {r.sender for r in requests},
    )
    common = len(addresses) == 1 or len(addresses) < len(senders)
    keys = ("method", "url", *["sender"] * common)
    pairs = chain.from_iterable(pairwise(same) for same in _by(requests, *keys))
    after = [
        (first, then)
        for first, then in pairs
        if first.ended and first.ended <= then.asked
    ]
    found = [(first, then) for first, then in after if first.failed]
    goes_on = len(after) - len(found) > (0 if common else len(found) / 4)
    return ([] if goes_on else found), not common


def _goes_on(seen: RequestLog) -> Iterator[str]:
    for at, process, error, senders in seen.others["gave up"]:
        left = {(process, sender) for sender in senders}
        if after := sum(r.asked > at and r.sender in left for r in seen.requests):
            yield f"certain: Requests after the failure: gather raised {error}, its tasks sent {after} more."


def _blocked(seen: RequestLog) -> Iterator[str]:
    lines = defaultdict[str, Counter[object]](Counter)
    for _, process, callback, seconds, line in seen.others["stood still"]:
        lines[line][process, callback] += seconds
    line, callbacks = max(
        lines.items(), key=lambda item: item[1].total(), default=("", Counter())
    )
    times = [seconds for seconds in callbacks.values() if seconds > LONG]
    if sum(times) > 0.05 * _span(seen.requests) and (
        len(times) >= 3 or sum(times) > 0.25
    ):
        yield f"certain: A blocked event loop: it stood still {len(times)}x, {sum(times):.1f} s, at {line}."


FINDINGS = {
    _one_by_one: "Unless each request needs the answer before it, send several at once (notebook 02).",
    _semaphores: "It limits what shares it: make one before the tasks, and give it to all (notebook 03).",
    _pool: "Let a semaphore of your own, below the pool's size, be the limit (notebook 02).",
    _pool_timeouts: "Let requests wait at a semaphore, before the client: it has no time-out (notebook 08).",
    _clients: "Make one client, and share it; httpx.get makes one each time (notebook 01).",
    _connections: "Lower the limit to what is kept, or raise max_keepalive_connections (notebook 08).",
    _quota: "Pace them: a limit on requests in flight keeps no rate (notebook 06).",
    _retries: "Wait as long as the API says, or longer each time, and add a random time (notebook 07).",
    _goes_on: "A TaskGroup cancels the others; return_exceptions=True keeps all outcomes (notebook 02).",
    _blocked: "Meanwhile nothing else runs: await what waits, and compute in a thread (notebook 01).",
}
