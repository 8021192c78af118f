"""How large a request may be.  What is larger is refused, so that one request cannot hold up the others."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


class LargeRequestsRefused:
    """Hands a request on to ``app``, or refuses it before anything counts it.

    Only of a body that does not say its length nobody can know: it is refused while it comes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        answer, read = self.app, 0

        async def receive_within() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise HTTPException(413, NAMES[413])
            return message

        if scope["type"] == "http" and (status := _refusal(scope)):
            answer = PlainTextResponse(NAMES[status], status)
        await answer(scope, receive_within, send)


def _refusal(scope: Scope) -> int | None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL:
        return 414
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
        return 431
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return 413 if length.isdigit() and int(length) > MAX_BODY else None
