"""Python runs this as it starts, in a notebook's kernel and in its child processes.

Whatever is about to leave the machine is noted in a file, and fails.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any


def _hosts(event: str, arguments: tuple[Any, ...]) -> Iterator[Any]:
    """The hosts that what is about to happen would reach or ask for."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        reached, address = arguments
        if address is not None and reached.family in (socket.AF_INET, socket.AF_INET6):
            yield address[0]
    elif event in (
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
    ):
        yield arguments[0]


def _is_here(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keep_inside(event: str, arguments: tuple[Any, ...]) -> None:
    for host in _hosts(event, arguments):
        if not _is_here(host):
            with open(os.environ["NOTED_BY_GUARD"], "a") as notes:
                notes.write(f"{event} {host}\n")
            raise PermissionError(
                f"a notebook may not leave the machine: {event} {host}"
            )


if "NOTED_BY_GUARD" in os.environ:
    sys.addaudithook(_keep_inside)
