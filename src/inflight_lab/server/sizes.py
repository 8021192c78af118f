"""How large a request may be.  What is larger is refused, so that one request cannot hold up the others."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MAX_URL = 8 * 1024
"""Bytes of path and query.  More gets 414: RFC 9110, section 15.5.15."""
MAX_HEADERS = 32 * 1024
"""Bytes of all header fields.  More gets 431: RFC 6585, section 5."""
MAX_BODY = 1024 * 1024
"""Bytes.  More gets 413: RFC 9110, section 15.5.14."""
NAMES = {
    413: f"the body may have {MAX_BODY} bytes",
    414: f"the URL may have {MAX_URL} bytes",
    431: f"the header fields may have {MAX_HEADERS} bytes",
}


def too_large(scope: Scope) -> int | None:
    """The status for a request that is too large, as far as its head tells: `NAMES` has the reason."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL:
        return 414
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        return 431
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return 413 if length.isdigit() and int(length) > MAX_BODY else None


def measured(receive: Receive) -> Receive:
    """The same, for a body that did not say how long it is: it is a 413 as soon as it is too large."""
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise HTTPException(413, NAMES[413])
        return message

    return receive_some
