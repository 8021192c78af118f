"""Keeps pages of other sites out: a browser would carry their requests to this machine.

Two fields tell where a page's request comes from, and no script of the page can set
them:

- ``Origin`` (RFC 6454, section 7) names the site whose script wants to read an answer.
  Every site but this machine's own is refused.  So is ``null``, which sandboxed frames
  and files send.
- ``Sec-Fetch-Site`` (W3C, "Fetch Metadata Request Headers") says "cross-site" also for
  pictures, scripts and frames.  These are refused as well.  A link that a person
  follows is not, because no other page can read its answer.

Programs send neither and are served.  So are pages of this machine, but they cannot
read the answers, which have no CORS fields.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from inflight_lab.lesson.runs.urls import is_loopback


def _is_loopback_origin(origin: str) -> bool:
    return is_loopback(urlsplit(origin).hostname or "")


def comes_from_a_foreign_page(
    headers: Mapping[str, str], is_own: Callable[[str], bool] = _is_loopback_origin
) -> bool:
    """Whether a browser says so; ``is_own`` knows the own sites by their ``Origin``."""
    origin = headers.get("Origin")
    if origin is not None and not _is_own(origin, is_own):
        return True
    followed_link = headers.get("Sec-Fetch-Dest") == "document"
    return headers.get("Sec-Fetch-Site") == "cross-site" and not followed_link


def _is_own(origin: str, is_own: Callable[[str], bool]) -> bool:
    try:
        return is_own(origin)
    except ValueError:  # it is not a URL
        return False
