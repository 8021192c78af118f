"""Client: an httpx client that leaves timeouts and pace to the script."""

import httpx


def new_client(
    headers: dict[str, str], *, connections: int | None = None
) -> httpx.AsyncClient:
    """A client that sends these headers with each request.

    It opens any number of connections, or at most so many.
    """
    return httpx.AsyncClient(
        headers=httpx.Headers(headers, encoding="utf-8"),
        timeout=None,
        limits=httpx.Limits(max_connections=connections),
    )
