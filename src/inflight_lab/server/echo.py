"""The practice API's answer to ``GET``: the request, as httpbin's ``/get`` shows it.

Answers end up in results files and in notebooks that are shared.  So of a header or a
parameter whose name says that its value is secret, only the name is shown.
"""

import re

from starlette.datastructures import QueryParams
from starlette.requests import Request

NOT_SHOWN = "(not shown)"
SECRET = re.compile(
    r"authorization|(?<![a-z])auth(?![a-z])|cookie|token$|secret|password"
    r"|(api|access|subscription)[-_]?key|^key$",
    re.IGNORECASE,
)
"""In the name of a header or parameter: ``X-Api-Key``, ``access_token``."""


def echo(request: Request) -> dict[str, object]:
    """The request as it came, except for secrets."""
    secrets = {name: NOT_SHOWN for name in request.query_params if SECRET.search(name)}
    url = request.url.include_query_params(**secrets) if secrets else request.url
    headers = {}
    for name, value in request.headers.items():
        headers[name.title()] = NOT_SHOWN if SECRET.search(name) else value
    return {
        "args": _args(QueryParams(url.query)),
        "headers": headers,
        "origin": request.client.host if request.client else "",
        "url": str(url),
    }


def _args(query: QueryParams) -> dict[str, object]:
    """The parameters by name; one that comes more than once has a list of values."""
    values: dict[str, list[str]] = {}
    for name, value in query.multi_items():
        values.setdefault(name, []).append(value)
    args: dict[str, object] = {}
    for name, of_that_name in values.items():
        args[name] = of_that_name[0] if len(of_that_name) == 1 else of_that_name
    return args
