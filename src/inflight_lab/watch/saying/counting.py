"""What is counted in a run: how many at once, within a time, again, and where."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise

from inflight_lab.watch.noting.request_log import Request

MOST_KINDS = 4
"""How many kinds of failures are named: the most frequent."""


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


def counted(number: int, noun: str) -> str | None:
    """``1 answer``, ``2 answers``; None for none."""
    if not number:
        return None
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place(requests: Iterable[Request]) -> str:
    """`at` the line from which most of them were sent."""
    return at(each.line for each in requests)


def at(lines: Iterable[str]) -> str:
    """`` (main.py:12)``, if most of it happened at one line of the script."""
    counts = Counter(lines)
    for line, count in counts.most_common(1):
        if line and count > counts.total() / 2:
            return f" ({line})"
    return ""


def kinds_of(requests: Iterable[Request]) -> str:
    """``404 x 3, ReadTimeout x 1``, the most frequent first."""
    kinds = Counter(each.error or str(each.status) for each in requests)
    return ", ".join(
        f"{kind} x {count}" for kind, count in kinds.most_common(MOST_KINDS)
    )


# The same request again: a retry, or a script that repeats it anyway


def chains(requests: Iterable[Request]) -> list[list[Request]]:
    """The requests that are the same, in the order of time.

    Where a script repeats one anyway, each sender has a chain of its own: that another
    task sends the same is no retry.
    """
    found = []
    for group in groups(lambda each: each.same, requests):
        if is_repeated_anyway(group):
            found += groups(lambda each: each.sender, group)
        else:
            found.append(group)
    return found


def last_attempts(requests: Iterable[Request]) -> list[Request]:
    """Of what was sent again and again, the last one."""
    return [chain[-1] for chain in chains(requests)]


def is_repeated_anyway(chain: list[Request]) -> bool:
    """Whether the same was sent though the one before was accepted, or in flight."""
    return any(
        before.is_accepted or before.last_seen > after.asked
        for before, after in pairwise(chain)
    )


def retries_in(requests: Iterable[Request]) -> list[tuple[Request, Request]]:
    """What failed, with the same sent again because of that, as far as one can say.

    Where somebody sends the same again though it was accepted, as a worker does whose
    requests all have one address, only the library knows what is a retry.
    """
    found = []
    for group in groups(lambda each: each.same, requests):
        same = chains(group)
        is_work = any(is_repeated_anyway(chain) for chain in same)
        found += [
            (failed, again)
            for chain in same
            for failed, again in pairwise(chain)
            if failed.is_unanswered and (again.retry or not is_work)
        ]
    return found


def accepted_later(requests: Iterable[Request]) -> int:
    """How many refusals were tried again until they were accepted."""
    return sum(
        each.is_over_quota
        for chain in chains(requests)
        if chain[-1].is_accepted and not is_repeated_anyway(chain)
        for each in chain
    )


def most_layers(requests: Iterable[Request]) -> int:
    """How often one was sent by a library's retries in a loop of the script's own."""
    layered = [0]
    for chain in chains(requests):
        by_the_script = sum(not each.retry for each in chain)
        is_by_both = 1 < by_the_script < len(chain)
        if is_by_both and not is_repeated_anyway(chain):
            layered.append(len(chain))
    return max(layered)
