"""What the probes of all libraries share: one request, and how it went."""

import sys
import time
from collections.abc import Iterable
from typing import Any, ClassVar

from inflight_lab.watch.events import Asked, Ended, HeadersSeen, Note, Sent
from inflight_lab.watch.host_in_url import host_in
from inflight_lab.watch.probes.names import current_sender, number_of, numbers
from inflight_lab.watch.script_line import script_line
from inflight_lab.watch.slots import semaphore_around

Headers = Iterable[tuple[bytes, bytes]]

RECORDED_HEADERS = {b"retry-after", b"connection"}
"""Headers to record, besides all those with "limit" in their names."""
RECORDED_OF_FAILURES = RECORDED_HEADERS | {
    b"date",
    b"retry-after-ms",
    b"x-ms-retry-after-ms",
    b"x-should-retry",
}
"""The same of a failure: what it says about sending more."""
HEADERS_INTERVAL = 0.05
"""Record an answer's headers at most this often, in seconds.

Headers of failures, and of the first answer on a connection, are always recorded.
"""
HOST_HEADER = "X-Inflight-Lab-Host"
"""Tells the practice server, and nobody else, which host was asked."""
MAX_BODY = 2000
"""How much is recorded of a failure's body, in bytes and in letters."""


def _text_of(name: str | bytes) -> str:
    """As plain text: a library may have a type of its own, which cannot be noted."""
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


class Probe:
    """Notes when one request is asked for, sent, and answered, failed or cancelled.

    From `asked` to `sent` it waits for a connection; then `answered` and `ended`
    follow, or `failed` at any time.  What is noted after its end is ignored.
    """

    library = ""
    request_errors: ClassVar[frozenset[str]] = frozenset()
    """Names of the library's errors by which a request fails.

    A response that is closed while the caller handles one of them has failed.  Any
    other error is a matter of the caller's code: the response counts as answered.
    """
    _has_seen_retries: ClassVar[bool] = False
    """Whether a failure has said how often it was sent before."""
    _headers_recorded_at: ClassVar[float] = 0.0
    """When headers were last recorded, for any request: all share the interval."""

    _seen_headers: ClassVar[set[tuple[Any, ...]]] = set()
    """What was noted as `HeadersSeen`, for any request."""

    def __init__(self, note: Note) -> None:
        self.number = next(numbers)
        self.status = 0
        """0 until it is answered."""
        self.body = b""
        """Of a failure: what came of it, as far as it is recorded."""
        self.connections_opened = 0
        self._note = note
        self._headers = ""
        self._is_over = False
        # An error that the caller was already handling, so not one of this request.
        self._handled_before = sys.exc_info()[1]

    def asked(
        self,
        client: object,
        method: str,
        url: str,
        *,
        headers: Iterable[str | bytes],
        max_connections: int,
        max_idle: int,
    ) -> None:
        """The client is asked to send it: see `Asked`, and `HeadersSeen` for names."""
        self._note_headers(method, url, tuple(headers))
        self._note(
            Asked,
            self.number,
            current_sender(),
            number_of(client),
            max_connections,
            max_idle,
            method,
            url,
            self.library,
            script_line(),
            semaphore_around.get(),
        )

    def _note_headers(
        self, method: str, url: str, names: tuple[str | bytes, ...]
    ) -> None:
        host = host_in(url)
        seen = (self.library, method, host, names)
        if seen not in Probe._seen_headers:
            texts = [_text_of(name) for name in names]
            self._note(HeadersSeen, self.library, method, host, texts)
            # Not before: another thread would send its own request without this note.
            Probe._seen_headers.add(seen)

    def sent(self) -> None:
        """It has a connection, and goes out."""
        self._note(Sent, self.number, self.connections_opened)

    def answered(self, status: int, headers: Headers) -> None:
        """The head of its answer is there; the body may still come."""
        self.status = status
        self._headers = self._to_record(headers)

    def read(self, part: bytes) -> None:
        """The caller read ``part`` of the body, which is recorded of a failure."""
        if self.keeps_body:
            self.body += part

    def ended(self) -> None:
        """The body is complete, or the caller wants no more of it."""
        if not self._is_over:
            self._is_over = True
            body = self.body[:MAX_BODY].decode(errors="replace")
            retry = self._retry_to_record()
            self._note(Ended, self.number, "", self.status, self._headers, body, retry)

    def failed(self, error: BaseException) -> None:
        """``error`` ended it, before or during its answer."""
        if not self._is_over:
            self._is_over = True
            name = type(error).__name__
            outcome = "cancelled" if "Cancelled" in name else name
            retry = self._retry_to_record()
            self._note(Ended, self.number, outcome, 0, "", "", retry)

    def closed(self) -> None:
        """Its answer was closed: it has failed if an error of the request did that."""
        error = sys.exc_info()[1]
        if error is not None and self._has_failed_by(error):
            self.failed(error)
        else:
            self.ended()

    def retry(self) -> int | None:
        """How often the library has sent it before; None: not known.

        An answer is asked only after a failure that knew it: else it would pay for it.
        """
        return None

    def _retry_to_record(self) -> int | None:
        if self.status < 400 and not Probe._has_seen_retries:
            return None
        retry = self.retry()
        if retry is not None:
            Probe._has_seen_retries = True
        return retry

    @property
    def keeps_body(self) -> bool:
        """Whether more of the body is to be recorded."""
        return self.status >= 400 and len(self.body) < MAX_BODY

    def _has_failed_by(self, error: BaseException) -> bool:
        if error is self._handled_before:
            return False
        kinds = {kind.__name__ for kind in type(error).__mro__}
        return not self.request_errors.isdisjoint(kinds)

    def _to_record(self, headers: Headers) -> str:
        now = time.monotonic()
        if not (
            self.connections_opened
            or self.status >= 400
            or now > Probe._headers_recorded_at + HEADERS_INTERVAL
        ):
            return ""
        Probe._headers_recorded_at = now
        lines = []
        names = RECORDED_OF_FAILURES if self.status >= 400 else RECORDED_HEADERS
        for name, value in headers:
            lower = name.lower()
            if b"limit" in lower or lower in names:
                lines.append(lower + b": " + value)
        return b"\n".join(lines).decode("latin-1")
