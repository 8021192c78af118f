"""What keeps a client waiting for an answer that slow motion delays.

Most clients give up when not a byte has come for some seconds: httpx after 5, unless
its ``timeout`` says otherwise.  Slow motion cannot stretch the time-outs of a client
that the panel did not make, so a delayed answer begins early: with its head, and then a
space now and then, which JSON allows before a value.
"""

from email.utils import formatdate

from starlette.responses import Response
from starlette.types import Message, Scope, Send

EVERY = 3.0
"""Seconds from one sign to the next."""

PATIENCE = 5.0
"""Seconds after which a client may give up, at full speed."""

_IN_SCOPE = "inflight_lab.begun_answer"


class BegunAnswer:
    """An ASGI ``send`` with which an answer can begin before it is due."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._has_begun = False
        scope[_IN_SCOPE] = self

    async def __call__(self, message: Message) -> None:
        """Send what is not sent yet."""
        if self._has_begun and message["type"] == "http.response.start":
            return
        await self._send(message)

    async def give_sign(self, response: Response) -> None:
        """Send the head of ``response`` if it is not sent yet, and a space."""
        if not self._has_begun:
            await self._begin(response)
        space = {"type": "http.response.body", "body": b" ", "more_body": True}
        await self._send(space)

    async def _begin(self, response: Response) -> None:
        self._has_begun = True
        response.headers["Date"] = formatdate(usegmt=True)
        del response.headers["Content-Length"]  # the spaces come on top
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": response.raw_headers,
            }
        )


def begun_answer(scope: Scope) -> BegunAnswer:
    """The one that was made for this request."""
    answer: BegunAnswer = scope[_IN_SCOPE]
    return answer
