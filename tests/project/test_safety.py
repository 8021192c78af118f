"""Nothing goes out: the proof that the guard of the notebooks' tests would see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.notebook_tools import Kernel, kernel


@pytest.fixture(scope="module")
def guarded() -> Iterator[Kernel]:
    with kernel() as guarded:
        yield guarded


IN_ANOTHER_PROCESS = """
import subprocess, sys
code = "import socket; socket.create_connection(('192.0.2.1', 80))"
subprocess.run([sys.executable, "-c", code], check=True)
"""
LEAVING = {
    "connect": """
import socket
socket.create_connection(("192.0.2.1", 80), timeout=5)
""",
    "look up": """
import socket
socket.getaddrinfo("outside.example", 80)
""",
    "datagram": """
import socket
socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53))
""",
    "httpx": """
import httpx
httpx.get("http://192.0.2.1/")
""",
    "httpx, awaited": """
import httpx
client = httpx.AsyncClient()
await client.get("https://outside.example/")
""",
    "another process": IN_ANOTHER_PROCESS,
}


@pytest.mark.parametrize("leaving", LEAVING.values(), ids=list(LEAVING))
def test_the_guard_of_the_notebooks_sees_what_leaves(
    leaving: str, guarded: Kernel
) -> None:
    """Every test that runs a notebook fails when anything in it would leave the
    machine: here is proof.
    """
    assert guarded.run(leaving).status == "error"
    (note,) = guarded.tries_to_leave()
    assert "192.0.2.1" in note or "outside.example" in note
