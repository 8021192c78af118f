"""Reads a cell's metadata: how its page should show it.

>>> {"inflight_lab": {
...     "moment": "asleep",
...     "limits": [3, 10, 40],
...     "shows": [{"refused": "none"}, {"limit": 40, "refused": "some"}],
... }}

``moment``: what its plot shows while nothing moves: one of `MOMENTS`, such as "not
arrived".  Without it, the plot shows the moment that says most about the run.
``limits``: its panel is recorded at each of these too, so that the page has a slider.
``shows``: what the text beside it claims about the run.  A run that does not show that
is recorded again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from inflight_lab.arguments import Validator, integer, one_of
from inflight_lab.plot.player import MOMENTS
from inflight_lab.runs.events import Stats
from inflight_lab.runs.run import Run

KEY = "inflight_lab"
COUNTED = {
    "answered": "accepted",
    "refused": "refused",
    "failed": "failed",
    "peak in flight": "peak_in_flight",
}
"""The numbers of a run that a claim may be about, by their names in the `Stats`."""

SOME = "some"
NONE = "none"
LIMIT = integer(1)
NAME = Validator((str,), "the name of a runner")
EXPECTED = Validator(
    (int, str),
    f"a number, {SOME!r} or {NONE!r}",
    f"0 or more, {SOME!r} or {NONE!r}",
    lambda value: value in (SOME, NONE) or (isinstance(value, int) and value >= 0),
)


class Claim(NamedTuple):
    """What the text claims about one number of a run.

    ``runner`` is the one whose run it is, where there are several; ``limit`` the limit
    at which it was recorded, or None if it is the run of the cell itself.
    """

    number: str
    expected: int | str
    runner: str = ""
    limit: int | None = None

    def holds_for(self, run: Run) -> bool:
        """Whether the run shows it."""
        seen = number_in(run.counts, self.number)
        if self.expected == SOME:
            return seen > 0
        if self.expected == NONE:
            return seen == 0
        return seen == self.expected

    def __str__(self) -> str:
        return f"{self.number}: {self.expected}"


class PageOptions(NamedTuple):
    """How a page should show a cell."""

    limits: tuple[int, ...] = ()
    claims: tuple[Claim, ...] = ()
    moment: str = ""

    def claims_at(self, limit: int | None) -> list[Claim]:
        """The claims about the run that was recorded at ``limit``."""
        return [claim for claim in self.claims if claim.limit == limit]


def number_in(counts: Stats, number: str) -> int:
    """The ``number`` of a claim, as it was counted."""
    counted: int = getattr(counts, COUNTED[number])
    return counted


def options_of(metadata: Mapping[str, Any]) -> PageOptions:
    """Read a cell's ``metadata``.

    Raises ``TypeError`` or ``ValueError`` that names what is wrong and what is allowed.
    """
    entry = metadata.get(KEY, {})
    check_names(KEY, entry, allowed=("moment", "limits", "shows"))
    moment = read_moment(entry)
    limits = read_limits(entry.get("limits", []))
    claims = read_claims(entry.get("shows", []))
    for claim in claims:
        if claim.limit is not None and claim.limit not in limits:
            raise ValueError(
                f"a limit in shows must be one of limits, got {claim.limit}"
            )
    return PageOptions(limits, claims, moment)


def read_moment(entry: Mapping[str, Any]) -> str:
    """What the plot shows while nothing moves; "" if the cell does not ask for it."""
    if "moment" not in entry:
        return ""
    moment: str = entry["moment"]
    one_of(*MOMENTS).check("moment", moment)
    return moment


def read_limits(limits: Any) -> tuple[int, ...]:
    """The limits at which to record: each once, in their order."""
    check_is_list("limits", limits)
    for limit in limits:
        LIMIT.check("each of limits", limit)
    return tuple(sorted(set(limits)))


def read_claims(shows: Any) -> tuple[Claim, ...]:
    """One claim for each number in ``shows``."""
    check_is_list("shows", shows)
    claims: list[Claim] = []
    for entry in shows:
        claims += claims_of_run(entry)
    return tuple(claims)


def claims_of_run(entry: Any) -> list[Claim]:
    """The claims that one entry of ``shows`` makes."""
    check_names("each of shows", entry, allowed=("limit", "runner", *COUNTED))
    limit = entry.get("limit")
    runner = entry.get("runner", "")
    LIMIT.check("limit in shows", limit, or_none=True)
    NAME.check("runner in shows", runner)
    claims = []
    for number in COUNTED:
        if number in entry:
            EXPECTED.check(f"{number} in shows", entry[number])
            claims.append(Claim(number, entry[number], runner, limit))
    if not claims:
        numbers = one_of(*COUNTED).kind
        raise ValueError(f"each of shows must have {numbers}, got {entry!r}")
    return claims


def check_names(name: str, value: Any, *, allowed: tuple[str, ...]) -> None:
    """Raise an error unless ``value`` is an object with only ``allowed`` names."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be an object, got {value!r}")
    for each in value:
        one_of(*allowed).check(f"a name in {name}", each)


def check_is_list(name: str, value: Any) -> None:
    """Raise ``TypeError`` unless ``value`` is a list."""
    if not isinstance(value, list):
        raise TypeError(f"{name} must be a list, got {value!r}")
