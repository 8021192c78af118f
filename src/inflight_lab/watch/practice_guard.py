"""In practice, in the watched script's own process: nothing leaves this machine."""

from typing import Any

from inflight_lab.observation.hosts import is_loopback

EVENTS_WITH_AN_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg")
EVENTS_WITH_A_NAME = ("socket.getaddrinfo", "socket.gethostbyname")


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook that lets no socket reach another machine, nor look up its name.

    Raises ``ConnectionRefusedError``, as a firewall would.
    """
    host = _host_in(event, arguments)
    if isinstance(host, bytes):
        host = host.decode()
    if host and not is_loopback(host):
        raise ConnectionRefusedError(
            f"--practice: nothing is sent to {host}, which is another machine"
        )


def _host_in(event: str, arguments: tuple[Any, ...]) -> Any:
    if event in EVENTS_WITH_A_NAME:
        return arguments[0]
    if event in EVENTS_WITH_AN_ADDRESS:
        address = arguments[1]
        # An address within this machine, such as that of a Unix socket, is not a tuple.
        return address[0] if isinstance(address, tuple) else None
    return None
