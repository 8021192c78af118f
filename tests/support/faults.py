"""What can go wrong between a client and a server, as a table: one more fault is one
more line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from inflight_lab.runs.events import REFUSALS
from tests.support.faulty_path import Then

LIMIT = 3
"""Slots of a runner that meets a fault."""
FIRST = range(LIMIT)
"""The requests that meet the fault: as many as there are slots, so that each slot meets
it once.
"""
EVERY = range(10_000)
PROTOCOL, LOST = httpx.RemoteProtocolError, (httpx.ReadError, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Fault:
    """What the path says in place of an answer, what becomes of the connection, and
    what comes of it.
    """

    says: bytes | Callable[[bytes], bytes]
    then: Then
    outcome: type[Exception] | tuple[type[Exception], ...] | int
    """The outcome of a request that is sent once: the error, or the status that the
    answer has.
    """
    heals: bool = True
    """Whether a runner that retries gets its answer in the end."""
    shuts: bool = False
    """Whether a runner that heeds ``Retry-After`` sends nothing more."""

    @property
    def counted(self) -> str:
        """As what the client's timeline counts a harmed request: what came whole was an
        answer.
        """
        if self.outcome in (200, httpx.DecodingError):
            return "accepted"
        return "refused" if self.outcome in REFUSALS else "failed"

    @property
    def harmed(self) -> range:
        """With a short timeout every request has to meet the fault: a healthy one may
        be slow as well.
        """
        return EVERY if self.then == "silence" else FIRST


def answer(status: int, *fields: str, body: bytes = b"{}") -> bytes:
    """An answer in the words of a gateway before the server."""
    head = [
        f"HTTP/1.1 {status} Said By The Gateway",
        f"Content-Length: {len(body)}",
        *fields,
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def told(retry_after: str) -> bytes:
    """A refusal with this ``Retry-After``."""
    return answer(429, f"Retry-After: {retry_after}")


FAULTS = {
    # connections
    "closed without a word": Fault(b"", "close", PROTOCOL),
    "reset without a word": Fault(b"", "reset", LOST),
    "half-open: nothing comes": Fault(b"", "silence", httpx.ReadTimeout, heals=False),
    "half-open: the answer is lost": Fault(
        lambda answer: b"", "silence", httpx.ReadTimeout, heals=False
    ),
    "half-open in mid head": Fault(
        lambda answer: answer[:30], "silence", httpx.ReadTimeout, heals=False
    ),
    "half-open in mid body": Fault(
        lambda answer: answer[:-9], "silence", httpx.ReadTimeout, heals=False
    ),
    "closed in mid head": Fault(lambda answer: answer[:30], "close", PROTOCOL),
    "closed in mid body": Fault(lambda answer: answer[:-9], "close", PROTOCOL),
    "reset in mid body": Fault(lambda answer: answer[:-9], "reset", LOST),
    # storms of errors
    "429": Fault(answer(429), "keep", 429),
    "404": Fault(answer(404), "keep", 404, heals=False),
    "500": Fault(answer(500), "keep", 500),
    "502 in HTML": Fault(
        answer(502, "Content-Type: text/html", body=b"<h1>502</h1>"), "keep", 502
    ),
    "503": Fault(answer(503), "keep", 503),
    "504 and closed": Fault(answer(504, "Connection: close"), "close", 504),
    "a status of nobody's": Fault(answer(999), "keep", 999, heals=False),
    # malformed answers
    "not HTTP": Fault(b"this is not HTTP\r\n\r\n", "close", PROTOCOL),
    "no status": Fault(b"HTTP/1.1 \r\n\r\n", "close", PROTOCOL),
    "a field without a colon": Fault(answer(200, "no colon"), "close", PROTOCOL),
    "a field without an end": Fault(
        answer(200, "X: " + "x" * 200_000), "close", PROTOCOL
    ),
    "a negative length": Fault(
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "close", PROTOCOL
    ),
    "two lengths": Fault(answer(200, "Content-Length: 7"), "close", PROTOCOL),
    "no chunk": Fault(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n",
        "close",
        PROTOCOL,
    ),
    "no gzip": Fault(
        answer(200, "Content-Encoding: gzip"), "keep", httpx.DecodingError, heals=False
    ),
    "no JSON": Fault(lambda answer: answer[:-1] + b",", "keep", 200),
    "no UTF-8": Fault(lambda answer: answer[:-9] + b"\xff" * 9, "keep", 200),
    "no body": Fault(answer(200, body=b""), "keep", 200),
    # Retry-After
    "Retry-After: 0": Fault(told("0"), "keep", 429),
    "Retry-After: negative": Fault(told("-5"), "keep", 429),
    "Retry-After: garbage": Fault(told("soon"), "keep", 429),
    "Retry-After: bytes": Fault(told("\xff\xb2"), "keep", 429),
    "Retry-After: a date in the past": Fault(
        told("Wed, 21 Oct 2015 07:28:00 GMT"), "keep", 429
    ),
    "Retry-After: no date of this world": Fault(
        told("Wed, 21 Oct 99999999999 07:28:00 GMT"), "keep", 429
    ),
    "Retry-After: a year": Fault(
        told("31536000"), "keep", 429, heals=False, shuts=True
    ),
    "Retry-After: a far date": Fault(
        told("Fri, 31 Dec 2049 23:59:59 GMT"), "keep", 429, heals=False, shuts=True
    ),
}
