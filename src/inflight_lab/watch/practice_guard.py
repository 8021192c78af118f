"""In practice, in the watched script's own process: nothing leaves this machine."""

from typing import Any

from inflight_lab.observation.hosts import is_loopback

EVENTS_WITH_AN_ADDRESS = ("socket.connect", "socket.sendto", "socket.sendmsg")
EVENTS_WITH_A_NAME = ("socket.getaddrinfo", "socket.gethostbyname")


class PracticeGuard:
    """An audit hook that lets no request out.

    No socket reaches another machine, nor is its name looked up.  On this machine
    http.client, and with it urllib, reaches nothing but the practice server at
    ``port``; other programs, such as a database, are reached as usual.

    Raises ``ConnectionRefusedError``, as a firewall would.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one event of `sys.audit`."""
        if event == "http.client.connect":
            _, host, port = arguments
            self._refuse_other_apis(host, port)
            return
        host = _host_in(event, arguments)
        if isinstance(host, bytes):
            host = host.decode()
        if host and not is_loopback(host):
            raise ConnectionRefusedError(
                f"--practice: nothing is sent to {host}, which is another machine"
            )

    def _refuse_other_apis(self, host: str, port: int) -> None:
        if is_loopback(host) and port != self._port:
            raise ConnectionRefusedError(
                f"--practice: nothing is sent to {host}:{port} by http.client, "
                "whose requests cannot be answered here"
            )


def _host_in(event: str, arguments: tuple[Any, ...]) -> Any:
    if event in EVENTS_WITH_A_NAME:
        return arguments[0]
    if event in EVENTS_WITH_AN_ADDRESS:
        address = arguments[1]
        # An address within this machine, such as that of a Unix socket, is not a tuple.
        return address[0] if isinstance(address, tuple) else None
    return None
