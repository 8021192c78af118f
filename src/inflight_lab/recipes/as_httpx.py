"""As httpx: an answer of another client, for what reads only those of httpx."""

from collections.abc import Mapping

import httpx


def as_httpx(status: int, headers: Mapping[str, str], body: bytes) -> httpx.Response:
    """The answer with this status, these headers, and this body, decompressed."""
    fields = list(headers.items())
    kept = [field for field in fields if field[0].lower() != "content-encoding"]
    return httpx.Response(status, headers=kept, content=body)
