"""What can go wrong between a client and a server, as a table: one more fault is one
more line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.recipes.faulty_path import Then

LIMIT = 3
"""Slots of a runner that meets a fault."""
FIRST = range(LIMIT)
"""The requests that meet the fault: as many as there are slots, so that each slot meets
it once.
"""
EVERY = range(10_000)


@dataclass(frozen=True)
class Fault:
    """What the path says in place of an answer, and what becomes of the connection."""

    says: bytes | Callable[[bytes], bytes]
    then: Then
    shuts: bool = False
    """Whether a script that heeds ``Retry-After`` sends nothing more."""

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
    "closed without a word": Fault(b"", "close"),
    "reset without a word": Fault(b"", "reset"),
    "half-open: nothing comes": Fault(b"", "silence"),
    "half-open: the answer is lost": Fault(lambda answer: b"", "silence"),
    "half-open in mid head": Fault(lambda answer: answer[:30], "silence"),
    "half-open in mid body": Fault(lambda answer: answer[:-9], "silence"),
    "closed in mid head": Fault(lambda answer: answer[:30], "close"),
    "closed in mid body": Fault(lambda answer: answer[:-9], "close"),
    "reset in mid body": Fault(lambda answer: answer[:-9], "reset"),
    # storms of errors
    "429": Fault(answer(429), "keep"),
    "404": Fault(answer(404), "keep"),
    "500": Fault(answer(500), "keep"),
    "502 in HTML": Fault(
        answer(502, "Content-Type: text/html", body=b"<h1>502</h1>"), "keep"
    ),
    "503": Fault(answer(503), "keep"),
    "504 and closed": Fault(answer(504, "Connection: close"), "close"),
    "a status of nobody's": Fault(answer(999), "keep"),
    # malformed answers
    "not HTTP": Fault(b"this is not HTTP\r\n\r\n", "close"),
    "no status": Fault(b"HTTP/1.1 \r\n\r\n", "close"),
    "a field without a colon": Fault(answer(200, "no colon"), "close"),
    "a field without an end": Fault(answer(200, "X: " + "x" * 200_000), "close"),
    "a negative length": Fault(
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "close"
    ),
    "two lengths": Fault(answer(200, "Content-Length: 7"), "close"),
    "no chunk": Fault(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n", "close"
    ),
    "no gzip": Fault(answer(200, "Content-Encoding: gzip"), "keep"),
    "no JSON": Fault(lambda answer: answer[:-1] + b",", "keep"),
    "no UTF-8": Fault(lambda answer: answer[:-9] + b"\xff" * 9, "keep"),
    "no body": Fault(answer(200, body=b""), "keep"),
    # Retry-After
    "Retry-After: 0": Fault(told("0"), "keep"),
    "Retry-After: negative": Fault(told("-5"), "keep"),
    "Retry-After: garbage": Fault(told("soon"), "keep"),
    "Retry-After: bytes": Fault(told("\xff\xb2"), "keep"),
    "Retry-After: a date in the past": Fault(
        told("Wed, 21 Oct 2015 07:28:00 GMT"), "keep"
    ),
    "Retry-After: no date of this world": Fault(
        told("Wed, 21 Oct 99999999999 07:28:00 GMT"), "keep"
    ),
    "Retry-After: a year": Fault(told("31536000"), "keep", shuts=True),
    "Retry-After: a far date": Fault(
        told("Fri, 31 Dec 2049 23:59:59 GMT"), "keep", shuts=True
    ),
}
