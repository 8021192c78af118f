"""What is counted in a run: how many at once, within a time, again, and where."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from inflight_lab.commands.watch.noting.request_log import Noted, Request

MOST_KINDS = 4
"""How many kinds of failures are named: the most frequent."""


def most_open(begins: Iterable[float | None], ends: Iterable[float | None]) -> int:
    """The most that had begun and not ended at one time; None: it never did."""
    ended = sorted(end for end in ends if end is not None)
    begun = sorted(begin for begin in begins if begin is not None)
    counts = [
        number - bisect_right(ended, begin) for number, begin in enumerate(begun, 1)
    ]
    return max(counts, default=0)


def most_at_once(requests: Sequence[Request]) -> int:
    """The most that were in flight at one time."""
    sent = [each for each in requests if each.sent is not None]
    return most_open([each.sent for each in sent], [each.ended for each in sent])


def most_within(seconds: float, requests: Iterable[Request]) -> int:
    """The most that were sent in any window of so many seconds."""
    times = [each.sent for each in requests if each.sent is not None]
    return most_open(times, [time + seconds for time in times])


def seconds_of(requests: Iterable[Request]) -> float:
    """From the first of them to the last answer; 0 without any."""
    times = [time for each in requests for time in (each.asked, each.last_seen)]
    return max(times, default=0.0) - min(times, default=0.0)


def groups(
    key: Callable[[Request], Hashable], requests: Iterable[Request]
) -> list[list[Request]]:
    """The requests with the same key, in the order of time."""
    by_key: dict[Hashable, list[Request]] = defaultdict(list)
    for request in requests:
        by_key[key(request)].append(request)
    return list(by_key.values())


# In words


def counted(number: int, noun: str) -> str | None:
    """``1 answer``, ``2 answers``; None for none."""
    if not number:
        return None
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place(things: Iterable[Noted]) -> str:
    """`` (main.py:12)``, if most of them happened at one line of the script."""
    counts = Counter(each.line for each in things)
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


@dataclass(frozen=True)
class Chain:
    """Requests that are the same, in the order of time."""

    requests: list[Request]
    is_work: bool
    """Whether its script sends the same again though it was accepted, as a worker does
    whose requests all have one address: only the library knows what is a retry.
    """

    @property
    def retries(self) -> list[tuple[Request, Request]]:
        """What failed, with the same sent again because of that, if one can say so."""
        return [
            (failed, again)
            for failed, again in pairwise(self.requests)
            if failed.is_unanswered and (again.retry or not self.is_work)
        ]


def chains_of(requests: Iterable[Request]) -> list[Chain]:
    """All requests, the same in one chain.

    Where a script repeats one anyway, each sender has a chain of its own: that another
    task sends the same is no retry.
    """
    found = []
    for group in groups(lambda each: each.same, requests):
        parts = [group]
        if _is_repeated_anyway(group):
            parts = groups(lambda each: each.sender, group)
        is_work = any(map(_is_repeated_anyway, parts))
        found += [Chain(part, is_work) for part in parts]
    return found


def _is_repeated_anyway(requests: list[Request]) -> bool:
    """Whether the same was sent though the one before was accepted, or in flight."""
    return any(
        before.is_accepted or before.last_seen > after.asked
        for before, after in pairwise(requests)
    )


def retries_in(chains: Iterable[Chain]) -> list[tuple[Request, Request]]:
    """What failed, and what was sent because of that."""
    return [retry for chain in chains for retry in chain.retries]


def most_layers(chains: Iterable[Chain]) -> int:
    """How often one was sent by a library's retries in a loop of the script's own."""
    layered = [0]
    for chain in chains:
        by_the_script = sum(not each.retry for each in chain.requests)
        if 1 < by_the_script < len(chain.requests) and not chain.is_work:
            layered.append(len(chain.requests))
    return max(layered)


# Pages: which address an answer names as the next one (``Link``, ``rel="next"``)


def first_pages(requests: Iterable[Request]) -> list[Request]:
    """Those that ask for no page that an answer named."""
    listed = list(requests)
    named = {_page(url) for each in listed for url in _next_page(each)}
    return [each for each in listed if _page(each.url) not in named]


def _page(url: str) -> Hashable:
    """What a page is known by: the API may name another path than was asked for, as
    GitHub does, which puts a number in place of a repository's name.
    """
    parts = urlsplit(url)
    return parts.hostname, tuple(sorted(parse_qsl(parts.query)))


def _next_page(request: Request) -> list[str]:
    """Its address, if the answer names one."""
    link = {"link": request.headers.get("link", "")}
    following = httpx.Response(200, headers=link).links.get("next")
    return [urljoin(request.url, following["url"])] if following else []
