"""Client: an httpx client that says who asks; the script sets timeouts and pace."""

import os

import httpx


def new_client(token: str = "", *, connections: int | None = None) -> httpx.AsyncClient:
    """A client that sends a token, and your address from the environment.

    It opens any number of connections, or at most so many.
    """
    return httpx.AsyncClient(
        headers=httpx.Headers(headers_with(token), encoding="utf-8"),
        timeout=None,
        limits=httpx.Limits(max_connections=connections),
    )


def headers_with(token: str) -> dict[str, str]:
    """Who asks: your address, and the token if there is one."""
    contact = os.environ.get("API_CONTACT", "no address given")
    headers = {"User-Agent": f"my-script/1.0 ({contact})"}
    token = "".join(token.split())  # read from a file, it ends with a new line
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return headers
