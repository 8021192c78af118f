"""What an answer's headers say about the API's quota."""

import re
import time
from typing import NamedTuple

USUAL_WINDOWS = {
    "second": 1.0,
    "ten": 10.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
}
"""Windows that APIs have, in seconds."""


class AnnouncedQuota(NamedTuple):
    """``quota`` requests are allowed in ``window`` seconds."""

    quota: float
    window: float
    is_certain: bool
    """Whether the window is given; else it is a usual one that fits the reset."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.quota / self.window


def announced_quotas(headers: str) -> list[AnnouncedQuota]:
    """What an answer's headers allow, shortest window first.

    ``headers`` has a line for each, ``name: value`` with lower-case names.

    Reads ``RateLimit-Policy`` as in draft-ietf-httpapi-ratelimit-headers-10
    (``"default";q=100;w=60``) and before (``100;w=60``); ``RateLimit: limit=100,
    reset=60``; and ``X-RateLimit-Limit`` with a unit in its name (``-Minute``) or with
    a reset beside it: in seconds from now, or since 1970.
    """
    quotas = _in_policies(headers) + _in_names_with_a_unit(headers)
    if not quotas:
        quotas = _beside_a_reset(headers)
    return sorted(quotas, key=lambda each: each.window)


def _in_policies(headers: str) -> list[AnnouncedQuota]:
    """Of all policies, those whose quota unit, ``qu``, is requests."""
    quotas = []
    for policy in re.split("[,\n]", headers):
        parameters = dict(re.findall(r";\s*(qu|q|w)=([^;]*)", policy))
        before_the_first = policy.partition(";")[0].rpartition(":")[2]
        quota = _number_in(parameters.get("q", before_the_first))
        window = _number_in(parameters.get("w", ""))
        unit = parameters.get("qu", "requests").strip(' "')
        if quota and window and unit == "requests":
            quotas.append(AnnouncedQuota(quota, window, is_certain=True))
    return quotas


def _in_names_with_a_unit(headers: str) -> list[AnnouncedQuota]:
    quotas = []
    for unit, number in re.findall(r"limit-(second|minute|hour|day): (\d+)", headers):
        window = USUAL_WINDOWS[unit]
        quotas.append(AnnouncedQuota(float(number), window, is_certain=True))
    return quotas


def _beside_a_reset(headers: str) -> list[AnnouncedQuota]:
    numbers = dict(re.findall(r"\b(limit|reset)(?:=|: )(\d+)", headers))
    if len(numbers) < 2:
        return []
    reset = float(numbers["reset"])
    is_since_1970 = len(numbers["reset"]) > 9
    seconds_left = reset - time.time() if is_since_1970 else reset
    window = seconds_left
    for usual in USUAL_WINDOWS.values():
        if seconds_left <= 1.02 * usual + 0.5:
            window = usual
            break
    return [AnnouncedQuota(float(numbers["limit"]), window, is_certain=False)]


def _number_in(text: str) -> float:
    """The number that ``text`` is, of at most 12 digits before the point; else 0."""
    is_number = re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text.strip())
    return float(text) if is_number else 0.0
