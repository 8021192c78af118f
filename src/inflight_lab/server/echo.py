"""What the practice API answers to a ``GET``: the request, as httpbin's ``/get`` shows it, without secrets.

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
"""In the name of a header or parameter, such as ``Authorization``, ``X-Api-Key`` or ``access_token``."""


def echo(request: Request) -> dict[str, object]:
    """The request as it came, but for secrets."""
    secrets = {name: NOT_SHOWN for name in request.query_params if SECRET.search(name)}
    url = request.url.include_query_params(**secrets) if secrets else request.url
    return {
        "args": _args(QueryParams(url.query)),
        "headers": {
            name.title(): _shown(name, value) for name, value in request.headers.items()
        },
        "origin": request.client.host if request.client else "",
        "url": str(url),
    }


def _shown(name: str, value: str) -> str:
    return NOT_SHOWN if SECRET.search(name) else value


def _args(query: QueryParams) -> dict[str, object]:
    """A parameter that comes more than once has a list of values."""
    args: dict[str, object] = {}
    for name in query:
        values = query.getlist(name)
        args[name] = values[0] if len(values) == 1 else values
    return args
