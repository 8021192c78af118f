"""Quota fields: what an API announces about its quotas in its headers.

A *policy* says what is allowed, and a *state* what is left of it.  A draft of a
standard has one field for each::

    RateLimit-Policy: "burst";q=100;w=60, "traffic";q=65535;qu="content-bytes";w=10
    RateLimit: "burst";r=0;t=20

Here 100 requests (q) are allowed in a window (w) of 60 seconds.  None of them is left
(r), and there are more in 20 seconds (t).  The second policy does not count requests:
its quota unit (qu) is another one.  Older versions of the draft wrote::

    RateLimit-Policy: 100;w=60
    RateLimit: limit=100, remaining=0, reset=20

Most APIs have fields of their own, one for what is left and one for when there is more.
The names of the two differ in one word: ``X-RateLimit-Remaining`` and ``-Reset``,
``x-ratelimit-remaining-tokens`` and ``x-ratelimit-reset-tokens``,
``anthropic-ratelimit-requests-remaining`` and ``anthropic-ratelimit-requests-reset``.

Sources: draft-ietf-httpapi-ratelimit-headers-11 (work in progress), and its versions 02
to 07 for the older spellings; the documentation of GitHub's, OpenAI's and Anthropic's
APIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inflight_lab.watch.reader.structured_fields import BareItem, Item, items_in
from inflight_lab.watch.reader.written_times import number_in, seconds_until, time_of

POLICY_FIELDS = ("ratelimit-policy", "ratelimit-limit")  # the second up to draft 02
# ratelimit-reset, x-rate-limit-reset, x-ratelimit-reset-tokens,
# anthropic-ratelimit-tokens-reset and the like:
RESET = re.compile("rate-?limit.*-reset")
REMAINING = re.compile("rate-?limit.*-remaining")


class Quota(NamedTuple):
    """``requests`` are allowed in any ``window`` seconds."""

    requests: float
    window: float

    @property
    def rate(self) -> float:
        """Requests a second, on average."""
        return self.requests / self.window


class QuotaState(NamedTuple):
    """What is left of a quota, and in how many seconds there is more."""

    remaining: float | None
    seconds: float
    """Until there is more; at OpenAI and Anthropic, until all of it is back."""
    limit: float | None = None
    """How much is allowed; the window is not known."""
    counts_tokens: bool = False
    """A guess, from the quota's name."""


def quotas_in(headers: Mapping[str, str]) -> list[Quota]:
    """The quotas of requests that an answer's headers announce.

    ``headers`` are an ``httpx.Response``'s, or have lower-case names.  A policy without
    a window is left out, and so is one that counts something other than requests.
    """
    quotas = []
    for name in POLICY_FIELDS:
        for policy in items_in(headers.get(name, "")):
            quota = _quota_of(policy)
            if quota is not None:
                quotas.append(quota)
    return quotas


def _quota_of(policy: Item) -> Quota | None:
    requests = _positive(policy.parameters.get("q", policy.value))
    window = _positive(policy.parameters.get("w"))
    unit = policy.parameters.get("qu", "requests")
    if requests is None or window is None or unit != "requests":
        return None
    return Quota(requests, window)


def _positive(value: BareItem | None) -> float | None:
    """The value if it is a number above 0; Python takes booleans for numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if value > 0 else None


def quota_states_in(headers: Mapping[str, str]) -> list[QuotaState]:
    """What is left of each quota that the headers speak of, and when there is more.

    A quota that does not say when is left out.  The names of the ``headers`` are in
    lower case, or in any case as in an ``httpx.Response``.
    """
    now = time_of(headers)
    written = [*_from_x_headers(headers), *_from_ratelimit_field(headers)]
    states = [each.read(now) for each in written]
    return [state for state in states if state is not None]


def has_nothing_left(headers: Mapping[str, str]) -> bool:
    """Whether a quota has nothing left, even if nobody says when there is more."""
    return any(
        number_in(value) == 0
        for name, value in headers.items()
        if REMAINING.search(name)
    )


class _WrittenState(NamedTuple):
    """The state of a quota as it is written."""

    name: str
    reset: object
    remaining: object = None
    limit: object = None

    def read(self, now: float) -> QuotaState | None:
        seconds = seconds_until(self.reset, now)
        if seconds is None:
            return None
        counts_tokens = "tokens" in self.name
        remaining = number_in(self.remaining)
        return QuotaState(remaining, seconds, number_in(self.limit), counts_tokens)


def _from_x_headers(headers: Mapping[str, str]) -> Iterator[_WrittenState]:
    """From fields such as ``X-RateLimit-Reset``, ``-Remaining`` and ``-Limit``."""
    for name, reset in headers.items():
        if RESET.search(name):
            yield _WrittenState(
                name,
                reset=reset,
                remaining=headers.get(name.replace("reset", "remaining")),
                limit=headers.get(name.replace("reset", "limit")),
            )


def _from_ratelimit_field(headers: Mapping[str, str]) -> Iterator[_WrittenState]:
    """From ``RateLimit``, as the IETF's draft on it has it now or had it before."""
    field = headers.get("ratelimit", "")
    items = items_in(field)
    for name, parameters in items:
        yield _WrittenState(
            str(name), reset=parameters.get("t"), remaining=parameters.get("r")
        )
    if not items:  # up to version 07 of the draft
        numbers = dict(re.findall("(limit|remaining|reset)=([0-9.]+)", field))
        yield _WrittenState(
            "ratelimit",
            reset=numbers.get("reset"),
            remaining=numbers.get("remaining"),
            limit=numbers.get("limit"),
        )
