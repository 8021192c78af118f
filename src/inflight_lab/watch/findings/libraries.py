"""What the libraries call the things that an advice names."""

from typing import NamedTuple

from inflight_lab.watch.request import Request


class Words(NamedTuple):
    """One library's words."""

    client: str
    """What sends the requests and keeps connections."""
    one_off: str
    """A function that makes one for each request; "" if there is none."""
    max_connections: str
    """The option for how many connections it opens."""
    max_idle: str
    """The option for how many it keeps open."""
    share: str
    """The code that makes one to share."""


HTTPX = Words(
    "client",
    "httpx.get",
    "Limits(max_connections=...)",
    "max_keepalive_connections",
    share="async with httpx.AsyncClient() as client (or, without await, "
    "with httpx.Client() as client), around all that sends.",
)
WORDS = {
    "httpx": HTTPX,
    "httpx2": HTTPX._replace(
        one_off="httpx2.get", share=HTTPX.share.replace("httpx.", "httpx2.")
    ),
    "aiohttp": Words(
        "session",
        "aiohttp.request",
        "TCPConnector(limit=...)",
        "keepalive_timeout",
        share="async with aiohttp.ClientSession() as session, around all that sends.",
    ),
    "requests": Words(
        "session",
        "requests.get",
        "HTTPAdapter(pool_maxsize=..., pool_block=True)",
        "HTTPAdapter(pool_maxsize=...)",
        share="session = requests.Session(); "
        'session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=20))',
    ),
    "urllib3": Words(
        "PoolManager",
        "urllib3.request",
        "maxsize=..., block=True",
        "maxsize",
        share="pool = urllib3.PoolManager(maxsize=20).",
    ),
}


def words_of(request: Request) -> Words:
    """The words of the library that sends a request."""
    return WORDS.get(request.library, HTTPX)
