"""As httpx: an answer of another client, for what reads only those of httpx."""

from collections.abc import Mapping

import httpx


def as_httpx(status: int, headers: Mapping[str, str], body: bytes) -> httpx.Response:
    """The answer with this status, these headers, and this body, decompressed."""
    kept = []
    for name, value in headers.items():
        if name.lower() != "content-encoding":
            kept.append((name.encode(), value.encode("utf-8", "surrogateescape")))
    return httpx.Response(status, headers=kept, content=body)
