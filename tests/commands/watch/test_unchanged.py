"""A watched script gets, prints and raises what it does alone, whichever library."""

from __future__ import annotations

import asyncio
import gzip
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from inflight_lab.lesson.server.socket import Listener
from tests.support.watching import SCRIPTS, summary_in, watch


async def answer(request: Request) -> Response:
    """Of an API that does what its path says."""
    path = request.path_params["path"]
    if path == "away":
        return RedirectResponse("/ok")
    if path == "refused":
        body = gzip.compress(b'{"error": "slow down"}', mtime=0)
        headers = {"Content-Encoding": "gzip", "Retry-After": "1"}
        return Response(body, 429, headers)
    if path == "empty":
        return Response(status_code=204)
    if path == "unavailable":
        return Response("later", 503)
    if path == "long":
        return StreamingResponse(parts())
    if path == "slow":
        await asyncio.sleep(1)
    if path == "broken":
        return Response("half", headers={"Content-Length": "9"})
    return Response("well")


async def parts() -> AsyncIterator[bytes]:
    """A body that comes in many parts."""
    for number in range(100):
        yield f"part {number}, ".encode()
        await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """The address of that API."""
    listener = Listener(Starlette(routes=[Route("/{path}", answer)]), 0)
    yield f"http://127.0.0.1:{listener.port}"
    listener.close()


@pytest.mark.parametrize(
    ("library", "cancelled"), [("httpx", 2), ("aiohttp", 1), ("requests", 0)]
)
def test_a_script_notices_nothing(library: str, cancelled: int, api: str) -> None:
    """Answers, redirects, retries, errors, cancels and attributes are the same, and so
    is the error by which it ends; watch saw an end of each request, and which of them
    the script gave up.
    """
    script = SCRIPTS / f"unchanged_{library}.py"
    command = [sys.executable, str(script), api]
    alone = subprocess.run(command, capture_output=True, text=True, check=False)
    watched = watch(script, api)
    assert watched.stdout == alone.stdout
    assert watched.returncode == alone.returncode == 1
    assert own_error(watched.stderr) == own_error(alone.stderr)
    assert "429" in own_error(alone.stderr)
    assert "without an end" not in watched.stderr
    given_up = re.findall(r"(\d+) cancelled", summary_in(watched.stderr))
    assert given_up == [str(cancelled)] * bool(cancelled)


def own_error(said: str) -> str:
    """What the script said last, without what watch adds."""
    lines = [line for line in said.splitlines() if re.match(r"[\w.]+Error", line)]
    return lines[-1]
