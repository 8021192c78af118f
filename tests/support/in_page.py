"""The practice server of the browser build, here on a computer, and its clients."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpcore
import httpx

from inflight_lab.lesson.server.in_page import PageListener, create_connection
from inflight_lab.lesson.server.practice_server import PracticeServer


class PageServer(PracticeServer):
    """As in the browser build."""

    listen = PageListener


def client_in_page(**options: Any) -> httpx.AsyncClient:
    """A client with httpx's own pool and no socket, as `httpx.AsyncClient` makes one in
    the browser build.
    """
    client = httpx.AsyncClient(**options)
    pool = pool_of(client)
    pool.create_connection = partial(create_connection, pool)  # type: ignore[method-assign]
    return client


def pool_of(client: httpx.AsyncClient) -> httpcore.AsyncConnectionPool:
    """The pool of its transport."""
    assert isinstance(client._transport, httpx.AsyncHTTPTransport)
    assert isinstance(client._transport._pool, httpcore.AsyncConnectionPool)
    return client._transport._pool
