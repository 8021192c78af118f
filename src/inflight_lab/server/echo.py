"""The practice API's answer to ``GET``: the request, as httpbin's ``/get`` shows it.

Answers end up in results files and in notebooks that are shared.  So a header's value
is shown only if it is surely harmless: any other name may be that of a key.  In the
address, what may be a secret is not shown.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.datastructures import URL, QueryParams
from starlette.requests import Request

from inflight_lab.observation.secrets_in_urls import (
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
        path.append(quote(NOT_SHOWN) if looks_random(part) else part)
    params = []
    for name, value in QueryParams(url.query).multi_items():
        params.append((name, NOT_SHOWN if is_secret(name, value) else value))
    return url.replace(path="/".join(path), query=urlencode(params))


def _args(query: QueryParams) -> dict[str, object]:
    """The parameters by name; one that comes more than once has a list of values."""
    values: dict[str, list[str]] = {}
    for name, value in query.multi_items():
        values.setdefault(name, []).append(value)
    args: dict[str, object] = {}
    for name, of_that_name in values.items():
        args[name] = of_that_name[0] if len(of_that_name) == 1 else of_that_name
    return args
