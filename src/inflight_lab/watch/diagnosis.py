"""From what was seen of a run to plain words: what stands out, what shows it, and what to do.

*Certain* is what the events show; *likely* is what they suggest, where something else could look the same.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby
from operator import attrgetter
from statistics import quantiles

from inflight_lab.watch.seen import Request, Seen

FEW = 4
"""Of fewer requests than that nothing is said."""
LONG = 0.015
"""Seconds from which on a loop that stands still counts; a script's line is seen every 0.01 s."""


class Likely(str):
    """What is said when something else could look the same."""


def diagnose(seen: Seen) -> list[str]:
    """What stands out, a sentence or two each: of each fault the first that is found."""
    found = []
    for find, notebook, advice in FINDINGS if len(seen.requests) >= FEW else []:
        if facts := next(find(seen), None):
            sure = "likely" if isinstance(facts, Likely) else "certain"
            found.append(f"{sure}: {facts} {advice} (notebook {notebook})")
    return found


def summary(seen: Seen) -> str:
    """The run in numbers."""
    counts, requests = seen.timeline.stats(), seen.requests
    used = Counter(library for _, _, library in seen.others["unseen"])
    unseen = "".join(f" {name} was used ({n}x), its requests were not seen." for name, n in used.items())
    if not requests:
        return "No request of httpx or httpx2 was seen." + unseen
    ends = {name: getattr(counts, name) for name in ("accepted", "refused", "failed", "cancelled")}
    ends["without an end"] = len(seen.open)
    numbers = ", ".join(f"{n} {name}" for name, n in ends.items() if n or name in ("accepted", "refused"))
    hosts = sorted({r.host for r in requests})
    to = f"{sum(ends.values())} requests to " + (
        " and ".join(hosts) if len(hosts) < 3 else f"{len(hosts)} hosts"
    )
    return f"{to} in {_span(requests):.1f} s, at most {_at_once(requests)} at once: {numbers}." + unseen


def _at_once(requests: Iterable[Request], since: str = "asked") -> int:
    """The most requests that were open at once, ``since`` they were asked for or "sent"."""
    begun = [r for r in requests if getattr(r, since) is not None]
    steps = sorted([(getattr(r, since), 1) for r in begun] + [(r.ended or float("inf"), -1) for r in begun])
    return max(accumulate(step for _, step in steps), default=0)


def _busiest(times: Iterable[float], window: float) -> int:
    """The most of ``times`` within any ``window`` seconds."""
    times = sorted(times)
    return max((n - bisect_right(times, time - window) for n, time in enumerate(times, 1)), default=0)


def _span(requests: list[Request]) -> float:
    return max(1e-9, max(r.ended or r.asked for r in requests) - requests[0].asked)


def _by(key: str, requests: list[Request]) -> Iterator[list[Request]]:
    by = attrgetter(key)
    return (list(group) for _, group in groupby(sorted(requests, key=by), by))


def _one_by_one(seen: Seen) -> Iterator[str]:
    requests, span = seen.requests, _span(seen.requests)
    waited = sum(r.ended - r.asked for r in requests if r.ended) / span
    allowed = min((p.quota / p.window for each in seen.policies.values() for p in each), default=float("inf"))
    near_quota = len(requests) / span > 0.8 * allowed or any(r.status == 429 for r in requests)
    if len(requests) > FEW and _at_once(requests) == 1 and waited >= 0.5 and not near_quota:
        facts = f"One after the other: never two in flight, {waited:.0%} of the time spent waiting."
        yield facts if waited >= 0.9 else Likely(facts)


def _semaphores(seen: Seen) -> Iterator[str]:
    senders, hosts = {r.sender for r in seen.requests}, {r.host for r in seen.requests}
    users = defaultdict(set)
    for _, process, semaphore, sender in seen.others["acquires"]:
        users[process, semaphore].add((process, sender))
    alone = sum(len(each) == 1 and each <= senders for each in users.values())
    if alone >= max(FEW, len(senders) / 2, 2 * len(hosts)):
        yield f"A semaphore for each task: {alone} of them, each used by one task, so none ever waited."


def _pool(seen: Seen) -> Iterator[str]:
    for requests in _by("client", seen.requests):
        most, asked, sent = requests[0].connections, _at_once(requests), _at_once(requests, "sent")
        # A few more are sent where many are cancelled at once; over HTTP/2, far more.
        if most and asked > most > 0.9 * sent and asked > sent and not any(_semaphores(seen)):
            yield (
                f"The connection pool was the limit: {asked} requests were asked for at once, the client "
                f"opens {most} connections, and the other {asked - most} waited inside it."
            )


def _pool_timeouts(seen: Seen) -> Iterator[str]:
    if late := [r.connections for r in seen.requests if r.error == "PoolTimeout"]:
        yield f"PoolTimeout: {len(late)} requests waited too long for one of {late[0]} connections."


def _clients(seen: Seen) -> Iterator[str]:
    clients, opened = {r.client for r in seen.requests}, sum(r.opened for r in seen.requests)
    if len(clients) >= max(FEW, len(seen.requests) / 2, 2 * len({r.host for r in seen.requests})):
        yield f"A client for each request: {len(clients)} clients, and {opened} connections opened."


def _connections(seen: Seen) -> Iterator[str]:
    for requests in _by("client", seen.requests):
        sent, opened = _at_once(requests, "sent"), sum(r.opened for r in requests)
        closed, idle = sum("connection: close" in r.said.lower() for r in requests), requests[0].idle
        if sent > idle > 0 and opened >= max(1.5 * sent, len(requests) / 4) and closed < opened / 2:
            yield (
                f"Connections opened and closed all the time: {opened} for {len(requests)} requests, {sent} "
                f"in flight. The client keeps {idle}; with more in flight, most requests pay for a new one."
            )


def _quota(seen: Seen) -> Iterator[str]:
    for requests in _by("host", seen.requests):
        times = [r.sent or r.asked for r in requests]
        refused, span = sum(r.status == 429 for r in requests), max(times) - min(times)
        facts = f"{refused} answers of 429 from {requests[0].host}"
        for quota, window, sure in seen.policies.get(requests[0].host, []) if refused else []:
            if (most := _busiest(times, window)) > quota:
                # The run may end within a window: its average lies between these two.
                average, least = (len(times) * window / max(window, span + more) for more in (0, window))
                steady = most < 1.3 * average or (least > quota and most < 1.5 * average)
                how = "on average" if average > quota and steady else "in bursts"
                numbers = f"you sent {average:.0f} on average and {most} in the busiest"
                over = f"Over the quota {how}: {facts}. In {window:g} s {quota:g} are allowed; {numbers}."
                yield over if sure else Likely(over)
        if refused:
            passed = _busiest([r.sent for r in requests if r.sent and 0 < r.status < 400], 1)
            sent = (
                f"You sent up to {_busiest(times, 1)} in a second; up to {passed} of a second were accepted."
            )
            yield Likely(f"Refused: {facts}, and no quota that it says explains them. {sent}")


def _retries(seen: Seen) -> Iterator[str]:
    again, sure = _repeats(seen.requests)
    if len(again) <= max(FEW, 0.2 * len(seen.requests)):
        return
    pauses = [after.asked - (before.ended or 0.0) for before, after in again]
    early = sum(p < 0.95 * before.retry_after for p, (before, _) in zip(pauses, again, strict=True))
    low, *_, usual, _, _, _, high = quantiles(pauses, n=10)
    failed = sum(after.failed for _, after in again)
    facts = f"A storm of retries: {len(again)} of {len(seen.requests)} requests, {failed} failed again"
    if len(again) >= 0.3 * len(seen.requests) and (early >= len(again) / 2 or usual < 0.2):
        facts += f"; half came within {usual:.2f} s, and {early} sooner than Retry-After asks for."
        yield facts if sure else Likely(facts)
    elif high - low < 0.1 * usual and failed > 0.2 * len(again):
        yield Likely(f"{facts}; all come about {usual:.1f} s later, so they come back together.")


def _repeats(requests: list[Request]) -> tuple[list[tuple[Request, Request]], bool]:
    """``(failed, again)`` for each request that repeats one that failed; and whether the addresses show it.

    If many requests have one address in common, those of one sender are compared.  They are repeats if no
    sender goes on after an answer: that is what workers do, who take the next whatever became of the last.
    """
    addresses, senders = {(r.method, r.url) for r in requests}, {r.sender for r in requests}
    common = len(addresses) == 1 or len(addresses) < len(senders)
    last: dict[object, Request] = {}
    found, others = [], 0
    for request in requests:
        key = (request.method, request.url, request.sender if common else None)
        if (before := last.get(key)) and before.ended and before.ended <= request.asked:
            found += [(before, request)] * before.failed
            others += not before.failed
        last[key] = request
    return ([] if others > (0 if common else len(found) / 4) else found), not common


def _goes_on(seen: Seen) -> Iterator[str]:
    for at, process, error, senders in seen.others["gave up"]:
        left = {(process, sender) for sender in senders}
        if after := sum(r.asked > at and r.sender in left for r in seen.requests):
            yield f"Requests after the failure: gather raised {error}, tasks it left sent {after} more."


def _blocked(seen: Seen) -> Iterator[str]:
    lines = defaultdict[str, Counter[object]](Counter)
    for _, process, callback, seconds, line in seen.others["stood still"]:
        lines[line][process, callback] += seconds
    line, callbacks = max(lines.items(), key=lambda item: item[1].total(), default=("", Counter()))
    times = [seconds for seconds in callbacks.values() if seconds > LONG]
    if sum(times) > 0.05 * _span(seen.requests) and (len(times) >= 3 or sum(times) > 0.25):
        yield f"A blocked event loop: it stood still {len(times)}x, {sum(times):.1f} s in all, in {line}."


FINDINGS = [
    (_one_by_one, "02", "Unless each request needs the answer before it, send several at once."),
    (_semaphores, "03", "It limits what shares it: make one before the tasks, and give it to all."),
    (_pool, "02", "Let a semaphore of your own, below the pool's size, be the limit."),
    (_pool_timeouts, "02", "Let requests wait at a semaphore, before the client: it has no time-out."),
    (_clients, "01", "Make one client, and share it; httpx.get makes one each time."),
    (_connections, "08", "Lower the limit to what the client keeps, or raise max_keepalive_connections."),
    (_quota, "06", "A limit on requests in flight is none on their rate: pace them."),
    (_retries, "07", "Wait as long as the API says, or longer each time, and add a random time."),
    (_goes_on, "02", "A TaskGroup cancels the others; return_exceptions=True keeps all outcomes."),
    (_blocked, "01", "Meanwhile nothing else runs: await what waits, and compute in a thread."),
]
