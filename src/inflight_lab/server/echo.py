"""The practice API's answer to ``GET``: the request, as httpbin's ``/get`` shows it.

Answers end up in results files and in notebooks that are shared.  So a header's value
is shown only if it is surely harmless: any other name may be that of a key.  An address
with what may be a secret is not shown at all.
"""

from collections.abc import Mapping

from starlette.datastructures import QueryParams
from starlette.requests import Request

from inflight_lab.observation.urls import has_a_secret

NOT_SHOWN = "(not shown)"
HARMLESS = {
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
}
"""Headers that clients set by themselves, and that say nothing about who sends."""


def echo(request: Request) -> dict[str, object]:
    """The request as it came, except for secrets."""
    url = str(request.url)
    may_be_shown = not has_a_secret(url)
    return {
        "args": _args(request.query_params) if may_be_shown else {},
        "headers": _shown(request.headers),
        "origin": request.client.host if request.client else "",
        "url": url if may_be_shown else NOT_SHOWN,
    }


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    shown = {}
    for name, value in headers.items():
        is_harmless = name.lower() in HARMLESS
        shown[name.title()] = value if is_harmless else NOT_SHOWN
    return shown


def _args(query: QueryParams) -> dict[str, object]:
    """The parameters by name; one that comes more than once has a list of values."""
    args: dict[str, object] = {}
    for name in query:
        values = query.getlist(name)
        args[name] = values if len(values) > 1 else values[0]
    return args
