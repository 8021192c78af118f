"""Dialects: how the APIs that people meet word their refusals, from `dialects.toml`.

A dialect has four refusals: ``too_many`` for a request that the quotas admit later,
``too_large`` for one that costs more than a whole quota, ``overloaded`` if too many are
in flight, and ``exhausted`` if the plan is used up.  Each has a ``status``, a ``body``
and perhaps ``headers``.  Names in braces are filled in:

- in ``too_many`` and ``too_large``, ``quota``: a `QuotaUsage` of the one that refused,
  ``cost``: how much of it the request needs, and ``wait``: a `Pause`;
- in ``overloaded``, ``most``: how many may be in flight.

``on_requests`` are the headers of every answer if requests are counted.  ``on_tokens``
are further ones if tokens are counted too.  They may name ``requests`` and ``tokens``,
each a `QuotaUsage`.

``cost`` names one of `COSTS`.  ``counts_refused`` says whether a refused request counts
against the quotas as well.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

from inflight_lab.lesson.server.admission import Admission, QuotaUsage
from inflight_lab.lesson.server.answers import Chat

FILE = Path(__file__).with_suffix(".toml")

COSTS: dict[str, Callable[[Chat, int], int]] = {
    "used": lambda chat, answered: chat.prompt_tokens + answered,
    "larger": lambda chat, _: max(chat.max_tokens or 0, chat.estimated_tokens),
    "largest": lambda chat, _: chat.estimated_tokens + chat.most_tokens,
}
"""Each returns the tokens that a chat counts for, from the chat and the tokens of its
answer.  It counts the tokens that are used, or the larger of ``max_tokens`` and an
estimate of the prompt, or that estimate and the longest possible answer."""


@dataclass(frozen=True)
class Dialect:
    """How one API counts, and what it says about its quotas."""

    too_many: dict[str, Any]
    too_large: dict[str, Any]
    overloaded: dict[str, Any]
    exhausted: dict[str, Any]
    on_requests: dict[str, str] = field(default_factory=dict)
    on_tokens: dict[str, str] = field(default_factory=dict)
    cost: str = "used"
    counts_refused: bool = False

    def tokens_of(self, chat: Chat, answered: int) -> int:
        """The tokens that a chat counts for, if its answer has ``answered`` of them."""
        return COSTS[self.cost](chat, answered)

    def quota_headers(self, usages: Mapping[str, QuotaUsage]) -> dict[str, str]:
        """The headers about the quotas, if there are any."""
        headers = dict(self.on_requests) if usages else {}
        if "tokens" in usages:
            headers.update(self.on_tokens)
        filled: dict[str, str] = _filled(headers, usages)
        return filled

    def refuse(self, admission: Admission) -> JSONResponse | None:
        """The refusal of a request by a quota; None if it is admitted."""
        if not admission.refused_by:
            return None
        facts = {
            "quota": admission.usages[admission.refused_by],
            "cost": admission.cost,
            "wait": admission.wait,
        }
        if admission.wait == math.inf:
            # Without the headers on the quotas, which a real API may send here: a reset
            # looks like a pause, and this request does not fit after it either.
            return _response(self.too_large, facts)
        refusal = _response(self.too_many, facts)
        for name, value in self.quota_headers(admission.usages).items():
            refusal.headers.setdefault(name, value)
        return refusal

    def refuse_overload(self, most: int) -> JSONResponse:
        """The refusal when ``most`` are in flight already."""
        return _response(self.overloaded, {"most": most})

    def refuse_for_good(self) -> JSONResponse:
        """The refusal when the plan is used up."""
        return _response(self.exhausted, {})


def _response(refusal: dict[str, Any], facts: Mapping[str, object]) -> JSONResponse:
    filled = _filled(refusal, facts)
    return JSONResponse(
        filled["body"],
        status_code=filled["status"],
        headers=filled.get("headers"),
    )


def _filled(template: Any, facts: Mapping[str, object]) -> Any:
    """The template with all its texts filled in, names included."""
    if isinstance(template, str):
        return template.format_map(facts)
    if isinstance(template, dict):
        filled = {}
        for name, value in template.items():
            filled[_filled(name, facts)] = _filled(value, facts)
        return filled
    if isinstance(template, list):
        return [_filled(value, facts) for value in template]
    return template


TABLES = tomllib.loads(FILE.read_text(encoding="utf-8"))
DIALECTS = {name: Dialect(**table) for name, table in TABLES.items()}
"""By the names that `PracticeServer` takes."""
