"""Requests that aiohttp sends again by itself, as their connection was being closed."""

from inflight_lab.watch.findings.pairs import (
    Pair,
    address_and_sender,
    successive_pairs,
)
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_log import RequestLog

LOST_CONNECTION = (
    "ServerDisconnectedError",
    "ClientOSError",
    "ClientConnectionResetError",
)
IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE")
"""The methods of requests that aiohttp sends again after such errors."""


def sent_again_by_aiohttp(log: RequestLog) -> set[int]:
    """The requests that it sent again, by their ``id``.

    It does so at once, and once in a call.
    """
    sent_again: set[int] = set()
    for pair in successive_pairs(log, address_and_sender):
        is_first_try = id(pair.first) not in sent_again
        if is_first_try and _is_sent_again(pair):
            sent_again.add(id(pair.second))
    return sent_again


def _is_sent_again(pair: Pair) -> bool:
    return pair.is_at_once and _has_lost_its_connection(pair.first)


def _has_lost_its_connection(request: Request) -> bool:
    return (
        request.library == "aiohttp"
        and request.error in LOST_CONNECTION
        and request.method in IDEMPOTENT
    )
