"""With which rate to start, where no answer names one."""

from collections.abc import Sequence
from typing import NamedTuple

from inflight_lab.watch.noting.quota import Quota
from inflight_lab.watch.noting.request_log import Request

ENOUGH = 10
"""Requests and seconds after a refusal: less says little about a rate."""


class Start(NamedTuple):
    """A rate, and where it comes from."""

    quota: Quota
    why: str

    def __str__(self) -> str:
        return (
            f"no answer says what rate is allowed: start with {self.quota} "
            f"({self.why}), halve that while refusals come, and double it while none do"
        )


def start_for(
    requests: Sequence[Request], documented: Quota | None, *, is_paced: bool
) -> Start:
    """What was accepted while the API refused; else half of what a script sent that
    ``is_paced``, what is ``documented``, or what was accepted until it had to pause.

    One of ``requests`` at least was refused.
    """
    begin = min(each.asked for each in requests)
    end = max(each.last_seen for each in requests)
    refused = [each for each in requests if each.is_over_quota]
    first = min(each.last_seen for each in refused)
    before = sum(each.is_accepted and each.asked < first for each in requests)
    later = sum(each.is_accepted and each.asked >= first for each in requests)
    if min(later, end - first) >= ENOUGH:
        why = (
            f"{later} were accepted in the {end - first:.0f} s after the first refusal"
        )
        return Start(_rounded(later / (end - first)), why)
    if is_paced:
        rate = len(requests) / max(1, end - begin)
        return Start(_rounded(rate / 2), "half of what you sent")
    if documented:
        return Start(documented, "the most that its documentation names")
    pause = max(each.pause for each in refused)
    if before and pause:
        seconds = first - begin + pause
        why = f"{before} were accepted in {seconds:.1f} s, the pause after it included"
        return Start(_rounded(before / seconds), why)
    return Start(Quota(10, 10.0), "a guess: this run does not show it")


def _rounded(rate: float) -> Quota:
    """A little less, in whole requests."""
    if rate >= ENOUGH:
        return Quota(int(rate), 1.0)
    return Quota(max(1, int(60 * rate)), 60.0)
