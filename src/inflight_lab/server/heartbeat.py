"""Keeps a client waiting for an answer that slow motion delays.

Most clients give up when nothing has arrived for a few seconds: httpx after 5, unless
its ``timeout`` says otherwise.  Slow motion cannot stretch the timeouts of a client
that the panel did not make.  So a delayed answer begins early: with its head, and then
a space now and then, which JSON allows before a value.
"""

from email.utils import formatdate

from starlette.responses import Response
from starlette.types import Message, Scope, Send

EVERY = 3.0
"""Seconds from one heartbeat to the next."""

PATIENCE = 5.0
"""Seconds after which a client may give up, at full speed."""

_IN_SCOPE = "inflight_lab.heartbeat_send"


class HeartbeatSend:
    """An ASGI ``send`` that can begin an answer before it is due.

    If something fails after that, the server would answer with an error instead.  It is
    too late for that: the error is not sent, and the server closes the connection, as
    always when an answer is incomplete.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._begun_status: int | None = None
        self._is_other_answer = False
        scope[_IN_SCOPE] = self

    async def __call__(self, message: Message) -> None:
        """Send what is not sent yet."""
        if self._begun_status is None:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._is_other_answer = message["status"] != self._begun_status
        elif not self._is_other_answer:
            await self._send(message)

    async def send_heartbeat(self, response: Response) -> None:
        """Send the head of ``response`` if it is not sent yet, and a space."""
        if self._begun_status is None:
            await self._begin(response)
        space = {"type": "http.response.body", "body": b" ", "more_body": True}
        await self._send(space)

    async def _begin(self, response: Response) -> None:
        self._begun_status = response.status_code
        response.headers["Date"] = formatdate(usegmt=True)
        del response.headers["Content-Length"]  # the spaces make it longer
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": response.raw_headers,
            }
        )


def heartbeat_send_of(scope: Scope) -> HeartbeatSend:
    """The one that was made for this request."""
    send: HeartbeatSend = scope[_IN_SCOPE]
    return send
