"""A client for an app in the same loop: no socket, no thread, no waiting."""

from __future__ import annotations

import httpx
from starlette.types import ASGIApp


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    """A client whose requests reach ``app``, with the paths of a practice server."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
