"""Whether a guessed window agrees with what the API accepted.

Within a window, an API accepts as many requests as the quota says.  At the border of
two fixed windows, and where a quota fills up all the time, it may be twice as many.
"""

from collections.abc import Iterable, Sequence

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import most_within

NEARLY_ALL = 0.9
"""The share of a window that a reset must have named to speak for the window."""


def agreeing_quotas(
    quotas: Sequence[AnnouncedQuota], requests: Iterable[Request]
) -> list[AnnouncedQuota]:
    """The quotas, with guesses that agree with the accepted ones of ``requests``.

    A guess that does not agree is replaced by the longest reset, or left out.
    """
    if all(quota.is_certain for quota in quotas):
        return list(quotas)
    accepted = [each for each in requests if each.is_accepted]
    agreeing = []
    for quota in quotas:
        agrees = quota if quota.is_certain else _agreeing_guess(quota, accepted)
        if agrees:
            agreeing.append(agrees)
    return agreeing


def _agreeing_guess(
    guess: AnnouncedQuota, accepted: Sequence[Request]
) -> AnnouncedQuota | None:
    longest_reset = max(1.0, round(guess.reset))
    for window in (guess.window, longest_reset):
        quota = guess._replace(window=window)
        if _agrees(quota, accepted):
            return quota
    return None


def _agrees(guess: AnnouncedQuota, accepted: Sequence[Request]) -> bool:
    most = most_accepted_within(guess.window, accepted)
    is_named = guess.reset >= NEARLY_ALL * guess.window
    return most <= (2 * guess.quota if is_named else guess.quota)


def most_accepted_within(window: float, accepted: Sequence[Request]) -> int:
    """The most requests that the API surely accepted within ``window`` seconds.

    It counts a request some time between its departure and its answer.
    """
    sent = [each.sent for each in accepted if each.sent is not None]
    ended = [each.ended for each in accepted if each.ended is not None]
    return min(most_within(window, sent), most_within(window, ended))
