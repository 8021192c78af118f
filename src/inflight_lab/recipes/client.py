"""Client: says who asks, and leaves timeouts and limits to the rest of the script."""

import os

import httpx


def new_client(token: str = "") -> httpx.AsyncClient:
    """A client that sends a token, and your address from the environment."""
    contact = os.environ.get("API_CONTACT", "no address given")
    headers = {"User-Agent": f"my-script/1.0 ({contact})"}
    token = "".join(token.split())  # read from a file, it ends with a new line
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(
        headers=httpx.Headers(headers, encoding="utf-8"),
        timeout=None,
        limits=httpx.Limits(max_connections=None),
    )
