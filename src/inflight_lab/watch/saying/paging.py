"""Pages: which address an answer names as the next one (``Link``, ``rel="next"``)."""

from collections.abc import Hashable, Iterable
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from inflight_lab.watch.noting.request_log import Request


def follows_pages(requests: list[Request]) -> bool:
    """Whether most of them ask for the page that an answer before them named."""
    return len(first_pages(requests)) < len(requests) / 2


def first_pages(requests: Iterable[Request]) -> list[Request]:
    """Those that ask for no page that an answer named."""
    listed = list(requests)
    named = {_page(url) for url in next_pages(listed)}
    return [each for each in listed if _page(each.url) not in named]


def _page(url: str) -> Hashable:
    """What a page is known by: the API may name another path than was asked for, as
    GitHub does, which puts a number in place of a repository's name.
    """
    parts = urlsplit(url)
    return parts.hostname, tuple(sorted(parse_qsl(parts.query)))


def next_pages(requests: Iterable[Request]) -> set[str]:
    """Their addresses, each once."""
    urls = set()
    for request in requests:
        link = {"link": request.headers.get("link", "")}
        following = httpx.Response(200, headers=link).links.get("next")
        if following and request.is_accepted:
            urls.add(urljoin(request.url, following["url"]))
    return urls
