"""How large a request may be, so that no request holds up the others.

The parser h11 gives up on a head of more than 64 kB by itself.  This is for the body.
"""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

MAX_BODY = 1024 * 1024
"""Bytes.  More gets 413: RFC 9110, section 15.5.14."""
TOO_LARGE = f"the body may have {MAX_BODY} bytes"


def declares_too_much(headers: Mapping[str, str]) -> bool:
    """Whether the head says already that the body is too large."""
    length = headers.get("Content-Length", "")
    return length.isdigit() and int(length) > MAX_BODY


def limit_body(receive: Receive) -> Receive:
    """Receive at most `MAX_BODY` bytes: for a body that does not say how long it is."""
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return receive_some
