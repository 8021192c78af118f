"""An answer that begins early, so that its client waits, comes whole or not at all."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inflight_lab import PracticeServer
from inflight_lab.server.heartbeat import heartbeat_send_of

pytestmark = pytest.mark.anyio


class FailsLate(PracticeServer):
    """Its answer fails after the head has been sent."""

    async def get(self, request: Request) -> Response:
        """Begin an answer, and fail."""
        await heartbeat_send_of(request.scope).send_heartbeat(JSONResponse({}))
        raise ZeroDivisionError


async def test_an_answer_that_fails_after_its_head_is_no_success(
    client: httpx.AsyncClient,
) -> None:
    """The client sees a broken connection, not a 200 with an error for a body."""
    with FailsLate() as server, pytest.raises(httpx.RemoteProtocolError):
        await client.get(server.url)
