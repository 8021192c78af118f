"""What a script has to keep to, as far as an API says so or accepted it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inflight_lab.commands.watch.noting.quota import Quota, said_in
from inflight_lab.commands.watch.noting.request_log import Request

MINUTE = 60.0
"""Seconds, in which APIs that count tokens do so."""
REQUESTS_OF_A_MINUTE = "x-ratelimit-limit-requests"
TOKENS_OF_A_MINUTE = "x-ratelimit-limit-tokens"
"""The headers in which APIs of language models name what they allow."""
UNPACED = 'float("inf")'
ASSUMED = "for tokens, 60 s are assumed: no answer says how long"
TO_START = "start with {quota} ({why}); halve it if refusals come, else double it"
ENOUGH = 10
"""Seconds that show a rate; and requests a second that are said as such."""
MARGIN = 0.9
"""Of what was accepted: who starts with all of that is refused again."""


@dataclass(frozen=True)
class Allowed:
    """So many requests and tokens in ``period`` seconds; 0: not known."""

    rate: int = 0
    period: float = MINUTE
    tokens: int = 0
    limit: int = 0
    """How many may be in flight."""

    @property
    def settings(self) -> dict[str, str]:
        """What is known, by the options of `snippet` and the names in its scripts."""
        numbers = {
            "rate": self.rate,
            "period": f"{self.period:g}" if self.rate or self.tokens else "",
            "tokens": self.tokens,
            "limit": self.limit,
        }
        return {name: str(number) for name, number in numbers.items() if number}

    def pacer(self, *, is_async: bool) -> str:
        """What keeps to it; `ThreadPacer` knows neither tokens nor a limit."""
        pace = f"{self.rate}, {self.period:g}" if self.rate else ""
        if not is_async:
            return f"ThreadPacer({pace})"
        if self.tokens:
            requests = f"requests=({pace}), " if pace else ""
            return f"Budgets({requests}tokens=({self.tokens}, {self.period:g}))"
        if self.limit:
            return f"Pacer({pace or UNPACED}, limit={self.limit})"
        return f"Pacer({pace})"


def allowed_by(
    requests: Sequence[Request], quota: Quota | None, *, limit: int
) -> tuple[Allowed, list[str]]:
    """What the API allows, or a rate to start with; and what is said of it.

    ``limit`` is how many may be in flight, 0 if that is not known.
    """
    notes = []
    allowed = Allowed(limit=limit)
    said = None
    if requests[0].method == "POST":
        reasons = (each.refusal.reason for each in reversed(requests))
        said = said_in(reasons, of_tokens=True)
        in_headers = Quota(_most_named(requests, TOKENS_OF_A_MINUTE), MINUTE)
        tokens, period = said or in_headers
        rate = _most_named(requests, REQUESTS_OF_A_MINUTE)
        allowed = replace(allowed, rate=rate, tokens=tokens, period=period)
    if quota:
        allowed = _with_requests(allowed, quota)
    if allowed.tokens and not said:
        notes.append(ASSUMED)
    keeps_to_tokens = allowed.tokens and requests[0].is_async
    if not (allowed.rate or allowed.limit or keeps_to_tokens):
        start, why = _rate_to_start_with(requests)
        allowed = replace(allowed, rate=start.rate, period=start.period)
        notes.append(TO_START.format(quota=start, why=why))
    return allowed, notes


def _most_named(requests: Sequence[Request], header: str) -> int:
    named = [each.headers.get(header, "") for each in requests]
    return max((int(number) for number in named if number.isdecimal()), default=0)


def _with_requests(allowed: Allowed, quota: Quota) -> Allowed:
    """Both are spread evenly over the period of the tokens."""
    rate = int(quota.rate * allowed.period / quota.period)
    if allowed.tokens and rate:
        return replace(allowed, rate=rate)
    # Without tokens, or beside a day's requests, which decide alone.
    return replace(allowed, rate=quota.rate, period=quota.period, tokens=0)


def _rate_to_start_with(requests: Sequence[Request]) -> tuple[Quota, str]:
    """A little less than was accepted on average, until the last pause is over.

    What was accepted before the first refusal may have used up a quota that was full.
    """
    accepted = [each.asked for each in requests if each.is_accepted]
    begin = min(each.asked for each in requests)
    refused = [each.last_seen for each in requests if each.is_over_quota]
    refusal = min(refused, default=float("inf"))
    since = ""
    if later := [asked for asked in accepted if asked > refusal]:
        accepted, begin, since = later, refusal, " after the first refusal"
    end = max(each.last_seen + each.refusal.pause for each in requests)
    has_pauses = any(each.refusal.pause for each in requests)
    seconds = max(1.0, end - begin)
    if not accepted or not (has_pauses or seconds >= ENOUGH):
        return Quota(10, 10.0), "a guess: this run does not show it"
    rate = MARGIN * len(accepted) / seconds
    period = 1 if rate >= ENOUGH else MINUTE
    why = f"{len(accepted)} were accepted in {seconds:.1f} s{since}, pauses included"
    return Quota(max(1, int(period * rate)), float(period)), f"{why}, less a tenth"
