"""A card in one line, and for whom each bad row of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from inflight_lab.judge.api import APIS
from inflight_lab.judge.checks import (
    CANCELLED,
    CHANGED,
    FAILED,
    ORDER,
    REST,
    STALL,
)
from inflight_lab.judge.results import COULD_BE_JUDGED, RAISES_NOTHING, CheckResult
from inflight_lab.judge.trials import PERIODS, Share

FEW = 0.01
"""A row is bad if more 429s came than this share of what the quota allows."""
MUCH_UNUSED = 0.8
"""A limiter that never uses more than this share of a quota is slow."""
BREAKS = {
    COULD_BE_JUDGED: "It could not be judged",
    RAISES_NOTHING: "It fails",
    FAILED: "It is stuck once requests have failed",
    CANCELLED: "It is stuck once requests were cancelled",
}
"""What goes wrong with any API, the worst first."""
SENDS_TOO_MUCH = {
    REST: "After a rest it sends more than one period allows",
    STALL: "After a stall of the event loop it sends more than one period allows",
}
MINOR = {
    ORDER: "It keeps to the rate, but not to the order",
    CHANGED: "It keeps to the rate, but not to one that is changed while others wait",
}
MATTERS_TO = {
    REST: "any API but one with a token bucket, if your job pauses and goes on",
    STALL: "any API, if your own code keeps the event loop busy",
    ORDER: "you, if no request may wait much longer than others; no API minds",
    CANCELLED: "you, if you set timeouts or stop a run",
    FAILED: "you, as soon as a request fails",
    CHANGED: "you, if you change the limit while it is in use",
}
"""To whom it matters that a check was not passed."""
Shares = Mapping[str, Mapping[str, Share]]
Findings = Mapping[str, CheckResult]


class Refused(NamedTuple):
    """A row of the table with many 429s, and the network with the most."""

    quota: str
    network: str
    refusals: int

    def __str__(self) -> str:
        return (
            f"{self.quota}, {self.refusals} 429s ({self.network}): {APIS[self.quota]}"
        )


def refused_rows(shares: Shares, rate: float) -> list[Refused]:
    """The quotas that refused many requests on at least one network."""
    few = max(1.0, FEW * rate * PERIODS)
    rows = []
    for quota, by_network in shares.items():
        network = max(by_network, key=lambda name: by_network[name].refused)
        refusals = by_network[network].refused
        if refusals > few:
            rows.append(Refused(quota, network, refusals))
    return rows


def in_short(shares: Shares, findings: Findings, rate: float) -> str:
    """What is wrong, in one sentence: the worst of it."""
    rows = refused_rows(shares, rate)
    quotas = "; ".join(row.quota for row in rows)
    most_used = max((share.used for share in _all_shares(shares)), default=1.0)
    broken = _first_fault(BREAKS, findings)
    if broken:
        return broken
    if _is_refused_everywhere(rows, shares):
        return "It sends more than the quota allows, however the API counts."
    sends_too_much = _first_fault(SENDS_TOO_MUCH, findings)
    if sends_too_much:
        return sends_too_much
    if rows:
        return f"It keeps to the rate, but sends too close together for {quotas}."
    if most_used < MUCH_UNUSED:
        return f"It is slow: it uses {most_used:.0%} of the quota at most."
    return _first_fault(MINOR, findings) or "Nothing is wrong with it."


def where_it_matters(shares: Shares, findings: Findings, rate: float) -> list[str]:
    """A line for each bad row: for which APIs it matters, or when."""
    rows = refused_rows(shares, rate)
    if _is_refused_everywhere(rows, shares):
        return ["everywhere: it does not limit the rate"]
    lines = [str(row) for row in rows]
    for question, whom in MATTERS_TO.items():
        if _is_fault(question, findings):
            lines.append(f"{question}: {whom}")
    return lines


def _is_refused_everywhere(rows: Sequence[Refused], shares: Shares) -> bool:
    return len(rows) == len(shares) > 1


def _first_fault(words: Mapping[str, str], findings: Findings) -> str:
    for question, what_happens in words.items():
        if _is_fault(question, findings):
            return f"{what_happens}: {findings[question].detail}."
    return ""


def _is_fault(question: str, findings: Findings) -> bool:
    return question in findings and findings[question].passed is False


def _all_shares(shares: Shares) -> Iterator[Share]:
    for by_network in shares.values():
        yield from by_network.values()
