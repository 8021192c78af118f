"""What an answer's headers say about the API's quota."""

import re
from typing import NamedTuple

from inflight_lab.watch.reader.quota_fields import (
    QuotaState,
    quota_states_in,
    quotas_in,
)
from inflight_lab.watch.reader.written_times import number_in
from inflight_lab.watch.request import Request

USUAL_WINDOWS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
}
"""Windows that APIs have, in seconds."""
SECONDS_BY_UNIT = {"s": 1, "sec": 1, "min": 60, "h": 3600, "hour": 3600, "day": 86400}
REQUESTS_IN_WORDS = re.compile(
    r"requests per (\d+)? ?(s|sec|min|h|hour|day)\w*\b[^:]*: limit (\d+)", re.IGNORECASE
)
"""Such as "requests per min (RPM): Limit 3", as OpenAI and others write it."""
LIMIT_WITH_A_UNIT = re.compile("limit-(?:requests-)?(second|minute|hour|day)$")


class AnnouncedQuota(NamedTuple):
    """``quota`` requests are allowed in ``window`` seconds."""

    quota: float
    window: float
    is_certain: bool
    """Whether the window is given; else it is a usual one that fits the reset."""
    reset: float = 0.0
    """Where the window is guessed: the seconds until the reset."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.quota / self.window


def announced_quotas(headers: str) -> list[AnnouncedQuota]:
    """What an answer's headers allow, shortest window first.

    ``headers`` has a line for each, ``name: value`` with lower-case names.

    The window may stand in a policy, as `quotas_in` reads it, or in the limit's name
    (``X-RateLimit-Limit-Minute``).  If it does not, it is guessed from the reset that
    `quota_states_in` finds beside the limit.  What counts tokens is left out.
    """
    fields = fields_in(headers)
    quotas = _in_policies(fields) + _in_names_with_a_unit(fields)
    if not quotas:
        quotas = _beside_a_reset(fields)
    return sorted(quotas, key=_by_window)


def quotas_in_words(reason: str) -> list[AnnouncedQuota]:
    """The quota that a refusal names: at most one."""
    named = REQUESTS_IN_WORDS.search(reason)
    if named is None or not int(named[3]):
        return []
    window = int(named[1] or 1) * SECONDS_BY_UNIT[named[2].lower()]
    return [AnnouncedQuota(int(named[3]), float(window), is_certain=True)]


def fields_in(headers: str) -> dict[str, str]:
    """The header fields by their names; one that is sent twice is one list."""
    fields: dict[str, str] = {}
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name in fields:
            fields[name] += f", {value.strip()}"
        else:
            fields[name] = value.strip()
    return fields


def _in_policies(fields: dict[str, str]) -> list[AnnouncedQuota]:
    return [
        AnnouncedQuota(quota.requests, quota.window, is_certain=True)
        for quota in quotas_in(fields)
    ]


def _in_names_with_a_unit(fields: dict[str, str]) -> list[AnnouncedQuota]:
    quotas = []
    for name, value in fields.items():
        unit = LIMIT_WITH_A_UNIT.search(name)
        allowed = number_in(value)
        if unit and allowed:
            window = USUAL_WINDOWS[unit[1]]
            quotas.append(AnnouncedQuota(allowed, window, is_certain=True))
    return quotas


def _beside_a_reset(fields: dict[str, str]) -> list[AnnouncedQuota]:
    return [
        AnnouncedQuota(state.limit, _usual_window(state), False, state.seconds)
        for state in quota_states_in(fields)
        if state.limit and not state.counts_tokens
    ]


def _usual_window(state: QuotaState) -> float:
    """The shortest usual window that a reset may be the end of; else the reset's."""
    for window in USUAL_WINDOWS.values():
        if state.seconds <= 1.02 * window + 0.5:
            return window
    return state.seconds


def known_quotas(known: list[AnnouncedQuota], answer: Request) -> list[AnnouncedQuota]:
    """What is known of an API's quotas, after another answer of it.

    Quotas with their windows stay known.  A window may be guessed from the seconds
    until the quota's reset: the later the answer, the fewer these are, so the longest
    guess is the best.
    """
    quotas = announced_quotas(answer.headers)
    certain = [quota for quota in quotas if quota.is_certain]
    if answer.refusal:
        certain += quotas_in_words(answer.refusal.reason)
    if certain:
        return _with_windows([*known, *certain])
    if not known:
        return quotas
    if not quotas or known[0].is_certain:
        return known
    return max(quotas, known, key=_by_length)


def _with_windows(quotas: list[AnnouncedQuota]) -> list[AnnouncedQuota]:
    """The last one of each window, without guesses."""
    by_window = {quota.window: quota for quota in quotas if quota.is_certain}
    return sorted(by_window.values(), key=_by_window)


def _by_window(quota: AnnouncedQuota) -> float:
    return quota.window


def _by_length(guesses: list[AnnouncedQuota]) -> tuple[float, float]:
    """To compare guesses: a longer window is better, then a longer reset."""
    return guesses[0].window, guesses[0].reset
