"""How fast requests were sent, beside what a quota allows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from inflight_lab.watch.announced_quota import AnnouncedQuota, fields_in
from inflight_lab.watch.findings.fixes import is_in_a_thread
from inflight_lab.watch.reader.quota_fields import quota_states_in
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import (
    RequestGroup,
    average_within,
    most_within,
)
from inflight_lab.watch.request_log import RequestLog

PACED = "Pace them: send no more in any period than the quota allows (notebook 06)."
SEMAPHORE = (
    "Pace them: a limit on requests in flight doesn't limit the rate (notebook 06). "
    "To keep your script, put a Pacer in the semaphore's place: `inflight-lab snippet "
    "paced` prints one."
)
KEEP_YOUR_THREADS = (
    " To keep your script, put one ThreadPacer around all its calls: `inflight-lab "
    "snippet paced_threads` prints it."
)
ONE_AT_A_TIME = (
    "Pace them, and when an answer says that none is left, wait as long as it says "
    "(notebook 06)."
)
IN_BURSTS = "Spread them evenly: no burst may be larger than the quota (notebook 06)."
UNEVENLY = (
    " A rate limiter that saves permits up lets all of them go at once: let it save "
    "fewer, as AsyncLimiter(1, 0.1) does in place of AsyncLimiter(10, 1)."
)
MORE = 1.05
"""By how much an average must be above the quota: one at the quota varies a little."""
AT_ONCE = 0.05
"""Seconds; what is sent in a shorter time is sent at once."""


@dataclass(frozen=True)
class Pace:
    """When requests were sent, of which a quota allows only so many."""

    quota: AnnouncedQuota
    times: list[float]

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return max(self.times) - min(self.times) if self.times else 0.0

    @property
    def is_within_one_window(self) -> bool:
        """Whether there was no time for an average."""
        return self.seconds <= self.quota.window

    @cached_property
    def most(self) -> int:
        """The most that were sent within the quota's window."""
        return most_within(self.quota.window, self.times)

    @cached_property
    def average(self) -> float:
        """How many were sent within it on average."""
        return min(self.most, average_within(self.quota.window, self.times))

    @property
    def is_too_fast_on_average(self) -> bool:
        """Whether the average alone is above the quota.

        A quota that nothing was used of before lets a whole window more through.
        """
        allowed = self.quota.quota * (1 + self.seconds / self.quota.window)
        is_above = self.average > MORE * self.quota.quota
        return is_above and len(self.times) > allowed

    @property
    def how(self) -> str:
        """On average, in bursts, or both; "" if all came within one window."""
        if self.is_within_one_window:
            return ""
        if not self.is_too_fast_on_average:
            return " in bursts"
        in_bursts = " and in bursts" if self.most >= 1.5 * self.average else ""
        return f" on average{in_bursts}"

    @property
    def in_words(self) -> str:
        """How many were sent: an average only if there was more than one window."""
        if self.seconds < AT_ONCE:
            return f"{len(self.times)} at once"
        if self.is_within_one_window:
            return f"{len(self.times)} within {self.seconds:.1f} s"
        window = self.quota.window
        if not self.is_too_fast_on_average:
            return f"up to {self.most} in {window:g} s"
        average = round(len(self.times) * window / self.seconds, 1)
        if average >= self.most:  # in a run hardly longer than the window
            return f"up to {self.most} in {window:g} s"
        return f"{average:g} per {window:g} s on average, {self.most} at most"


def pace_advice(log: RequestLog, group: RequestGroup, pace: Pace | None = None) -> str:
    """What to do about a pace that is too fast, as far as it was limited at all."""
    if pace and pace.how == " in bursts":
        return IN_BURSTS + (UNEVENLY if log.paced else "")
    is_serial = group.most_in_flight() <= 1
    if is_in_a_thread(group):
        return (ONE_AT_A_TIME if is_serial else PACED) + KEEP_YOUR_THREADS
    if is_serial:
        return ONE_AT_A_TIME
    return SEMAPHORE if log.acquired else PACED


def refused_while_asked_to_wait(group: RequestGroup) -> int:
    """How many were refused and had been sent while an answer asked to wait."""
    waits = sorted(_waits(group))
    until = -math.inf
    count = 0
    for request in group.requests:
        while waits and waits[0].begin < request.asked:
            until = max(until, waits.pop(0).end)
        if request.is_refused and request.asked < until:
            count += 1
    return count


class Wait(NamedTuple):
    """When nothing should be sent."""

    begin: float
    end: float


def _waits(group: RequestGroup) -> Iterator[Wait]:
    for request in group.requests:
        pause = _asked_pause(request)
        if pause is not None and request.ended is not None:
            yield Wait(request.ended, request.ended + pause)


def _asked_pause(request: Request) -> float | None:
    """How long the answer asks to wait, or until there is more of what is used up."""
    if request.requested_pause is not None:
        return request.requested_pause
    states = quota_states_in(fields_in(request.headers))
    pauses = [each.seconds for each in states if each.remaining == 0]
    return max(pauses, default=None)
