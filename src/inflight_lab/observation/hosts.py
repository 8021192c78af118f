"""Which hosts are this machine, and which are somebody else's."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by its name alone: nothing is looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
