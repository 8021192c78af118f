"""The host in a URL."""

from urllib.parse import urlsplit


def host_in(url: str) -> str:
    """With its port, without the user's name and password; "" if there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:  # such as brackets without an address in them
        return ""
