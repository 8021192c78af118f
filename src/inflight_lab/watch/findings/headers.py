"""The headers of a script's requests that a command names.

Only their names are known, and only names stand in a command: a value may be a secret.
"""

import re

from inflight_lab.server.transfer_headers import TRANSFER_HEADERS
from inflight_lab.watch.request_group import RequestGroup

PRINTABLE = re.compile(r"[a-z][\w-]*", re.ASCII | re.IGNORECASE)
"""What ``--header`` takes, and every shell leaves as it is."""
OF_THE_CLIENT = TRANSFER_HEADERS | {"cookie", "expect", "keep-alive", "te", "upgrade"}
"""What clients send by themselves, as a recipe's client does; cookies are answers."""
OF_ONE_REQUEST = {
    "b3",
    "baggage",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
    "sentry-trace",
    "traceparent",
    "tracestate",
}
"""What differs from request to request, so that no setting could hold it."""
IN_FAMILIES = ("proxy-", "x-b3-", "x-inflight-lab-", "x-stainless-")
"""How names begin of which there are several: of clients, SDKs and tracing."""
OF_OPENAI = {"authorization"}
"""What openai's client sends by itself besides."""


def headers_for(recipe: str, group: RequestGroup) -> tuple[str, ...]:
    """The names of those that the script gave its requests."""
    left_out = OF_THE_CLIENT | OF_ONE_REQUEST
    if recipe == "with_openai":
        left_out |= OF_OPENAI
    return tuple(
        name
        for name in names_in(group)
        if name.lower() not in left_out and _can_be_given(name)
    )


def names_in(group: RequestGroup) -> list[str]:
    """Each name once, whether it is written in large letters or in small ones."""
    by_small_letters: dict[str, str] = {}
    for names in {request.header_names for request in group.requests}:
        for name in sorted(names):
            by_small_letters.setdefault(name.lower(), name)
    return [by_small_letters[name] for name in sorted(by_small_letters)]


def _can_be_given(name: str) -> bool:
    is_in_a_family = name.lower().startswith(IN_FAMILIES)
    return not is_in_a_family and PRINTABLE.fullmatch(name) is not None
