"""The practice API's answer to ``GET``: the request, as httpbin's ``/get`` shows it.

Answers end up in results files and in notebooks that are shared.  So a header's value
is shown only if it is surely harmless: any other name may be that of a key.  In the
address, what may be a secret is not shown.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.datastructures import URL, QueryParams
from starlette.requests import Request

from inflight_lab.observation.urls import (
    has_a_secret,
    is_secret,
    looks_random,
)

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
    url = _without_secrets(request.url)
    return {
        "args": _args(QueryParams(url.query)),
        "headers": _shown(request.headers),
        "origin": request.client.host if request.client else "",
        "url": str(url),
    }


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    shown = {}
    for name, value in headers.items():
        is_harmless = name.lower() in HARMLESS
        shown[name.title()] = value if is_harmless else NOT_SHOWN
    return shown


def _without_secrets(url: URL) -> URL:
    if not has_a_secret(str(url)):
        return url
    path = []
    for part in url.path.split("/"):
        if looks_random(part):
            part = quote(NOT_SHOWN)
        path.append(part)
    params = []
    for name, value in QueryParams(url.query).multi_items():
        if is_secret(name, value):
            value = NOT_SHOWN
        params.append((name, value))
    return url.replace(path="/".join(path), query=urlencode(params))


def _args(query: QueryParams) -> dict[str, object]:
    """The parameters by name; one that comes more than once has a list of values."""
    args: dict[str, object] = {}
    for name in query:
        values = query.getlist(name)
        args[name] = values if len(values) > 1 else values[0]
    return args
