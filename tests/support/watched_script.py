"""A script under ``inflight-lab watch``, which sends when a test says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = """
import asyncio, sys
import httpx

async def main():
    limits = httpx.Limits(max_connections=5)
    async with httpx.AsyncClient(limits=limits) as client:
        for step in range(2):
            await asyncio.to_thread(sys.stdin.readline)
            url = f"https://api.example.com/{step}/"
            await asyncio.gather(*(client.get(f"{url}{n}") for n in range(30)))

asyncio.run(main())
"""

TWO_LIBRARIES = """
import asyncio, sys
import aiohttp, requests

API = "https://api.example.com"

async def main():
    async with aiohttp.ClientSession() as session:
        for step in range(2):
            await asyncio.to_thread(sys.stdin.readline)
            await asyncio.gather(
                *(price_of(session, number) for number in range(20)),
                *(asyncio.to_thread(user, number) for number in range(10)),
            )

async def price_of(session, number):
    async with session.get(f"{API}/prices/{number}") as response:
        await response.read()

def user(number):
    requests.get(f"{API}/users/{number}")

asyncio.run(main())
"""


@contextmanager
def watched(folder: Path, text: str = SCRIPT) -> Iterator[subprocess.Popen[str]]:
    """A watched script that sends 30 requests for each line that it is given; 20 a
    second are allowed.
    """
    path = folder / "my_script.py"
    path.write_text(text)
    command = [
        sys.executable,
        "-m",
        "inflight_lab.watch",
        "--no-browser",
        "--practice",
        "20/s",
        str(path),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as child:
        yield child
        child.kill()


def send(script: subprocess.Popen[str]) -> None:
    """Let the script send its next requests."""
    assert script.stdin
    script.stdin.write("\n")
    script.stdin.flush()
