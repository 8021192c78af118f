"""Python runs this as it starts, in a notebook's kernel and in its child processes.

Whatever is about to leave the machine is noted in a file, and fails.
"""

import ipaddress
import os
import socket
import sys
from typing import Any

HERE = (None, "", "localhost", socket.gethostname())


def _keep_inside(event: str, arguments: tuple[Any, ...]) -> None:
    """Look at each host that is about to be reached, or asked for by its name."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and arguments[1]:
        address = arguments[1]  # a path, if it is a Unix socket's
        host = address[0] if isinstance(address, tuple) else None
    else:
        return
    if not _is_here(host.decode() if isinstance(host, bytes) else host):
        with open(os.environ["NOTED_BY_GUARD"], "a") as notes:
            notes.write(f"{event} {host}\n")
        raise PermissionError(f"a notebook may not leave the machine: {event} {host}")


def _is_here(host: str | None) -> bool:
    try:
        return host in HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if "NOTED_BY_GUARD" in os.environ:
    sys.addaudithook(_keep_inside)
