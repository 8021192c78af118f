"""Requests for the same thing, one after the other."""

from collections.abc import Callable, Hashable
from itertools import pairwise
from typing import NamedTuple

from inflight_lab.watch.request import Request
from inflight_lab.watch.request_log import RequestLog

AT_ONCE = 0.05
"""Seconds; a library that sends again by itself takes less."""
ENOUGH = 0.95
"""The share of a requested pause that counts as all of it."""

Key = Callable[[Request], Hashable]
"""What requests for the same thing have in common."""


class Pair(NamedTuple):
    """Two successive requests for the same thing: the second began after the first."""

    first: Request
    second: Request

    @property
    def pause(self) -> float:
        """Seconds from the end of the first request to the second."""
        return self.second.asked - (self.first.ended or 0.0)

    @property
    def is_at_once(self) -> bool:
        """Whether there is hardly any pause."""
        return self.pause < AT_ONCE

    @property
    def is_asked_to_wait(self) -> bool:
        """Whether the first answer says for how long."""
        return self.first.requested_pause is not None

    @property
    def is_too_early(self) -> bool:
        """Whether the pause is shorter than the first answer asks for."""
        requested = self.first.requested_pause
        return requested is not None and self.pause < ENOUGH * requested


def successive_pairs(log: RequestLog, key: Key) -> list[Pair]:
    """Neighbours with the same ``key`` that do not overlap in time."""
    pairs = []
    for group in log.grouped_by(key):
        for first, second in pairwise(group.requests):
            if first.ended is not None and first.ended <= second.asked:
                pairs.append(Pair(first, second))
    return pairs


def address(request: Request) -> Hashable:
    """What is asked for, where each thing has an address of its own."""
    return request.method, request.url


def address_and_sender(request: Request) -> Hashable:
    """The same, where many things share an address."""
    return request.method, request.url, request.sender
