"""Listens in the pools of urllib3, which sends for requests, too.

A redirect, or a request that urllib3 repeats, is a request of its own.
"""

import ssl
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from inflight_lab.watch.events import Note
from inflight_lab.watch.import_hook import Function
from inflight_lab.watch.probes.probe import HOST_HEADER, Headers, Probe

LOOPBACK = "127.0.0.1"


class _OfThread(threading.local):
    """What this thread is about to send."""

    probe: "Urllib3Probe | None" = None
    """Of the request that waits for a connection."""
    library = "urllib3"


_current = _OfThread()
_probe_by_response: weakref.WeakKeyDictionary[Any, "Urllib3Probe"] = (
    weakref.WeakKeyDictionary()
)
"""By http.client's own response, below that of urllib3: of answers not yet complete."""


class Urllib3Probe(Probe):
    """Notes one request of urllib3, from when ``pool`` is asked for a connection."""

    request_errors = frozenset({"ProtocolError", "TimeoutError", "SSLError"})

    def __init__(
        self,
        note: Note,
        pool: Any,
        method: str,
        url: str,
        *,
        headers: Any,
        retries: object,
    ) -> None:
        super().__init__(note)
        self.library = _current.library
        self._retries = retries
        self._is_read = False
        self._is_closed = False
        is_absolute = "://" in url  # a proxy wants it whole
        max_idle = pool.pool.maxsize if pool.pool else 0
        self.asked(
            pool,
            method,
            url if is_absolute else f"{_origin(pool)}{url}",
            headers=pool.headers if headers is None else headers,
            max_connections=max_idle if pool.block else 0,
            max_idle=max_idle,
        )

    def retry(self) -> int:
        """As urllib3's own `Retry` counts them, without the redirects it followed."""
        history = getattr(self._retries, "history", ())
        return sum(entry.redirect_location is None for entry in history)

    def received(self, response: Any) -> None:
        """Note the answer, whose body may still come."""
        self.answered(response.status, _raw(response.headers))
        # urllib3 1 wraps http.client's response later.
        original = getattr(response, "_original_response", response)
        if original.isclosed():
            self.read(getattr(response, "_body", None) or b"")
            self.ended()
        else:
            _probe_by_response[original] = self

    def released(self) -> None:
        """The body is complete, or nobody wants the rest."""
        if self._is_read:
            self._is_closed = True  # what was read last is still to be recorded
        else:
            self.closed()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the caller reads a part of the body."""
        self._is_read = True
        try:
            yield
        finally:
            self._is_read = False
            if self._is_closed:
                self.closed()


def _origin(pool: Any) -> str:
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    usual_port = {"http": 80, "https": 443}.get(pool.scheme)
    port = "" if pool.port in (None, usual_port) else f":{pool.port}"
    return f"{pool.scheme}://{host}{port}"


def _raw(headers: Any) -> Headers:
    for name, value in headers.items():
        yield name.encode("latin-1", "replace"), value.encode("latin-1", "replace")


def _probe_of(response: Any) -> Urllib3Probe | None:
    original = getattr(response, "_original_response", None)
    return None if original is None else _probe_by_response.get(original)


def noting_urlopen(urlopen: Function, note: Note) -> Function:
    """Return a pool's ``urlopen`` that notes that a request waits for a connection.

    urllib3 calls it again, from within, for each retry and redirect.
    """

    def noted_urlopen(
        pool: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        retries: Any = None,
        *args: Any,
        **options: Any,
    ) -> Any:
        probe = Urllib3Probe(note, pool, method, url, headers=headers, retries=retries)
        _current.probe = probe
        try:
            return urlopen(pool, method, url, body, headers, retries, *args, **options)
        except BaseException as error:
            probe.failed(error)
            raise

    return noted_urlopen


def noting_make_request(make_request: Function, *, port: int = 0) -> Function:
    """Return a pool's ``_make_request`` that notes what becomes of the request.

    ``port``, unless it is 0, is that of the practice server that gets it.
    """

    def noted_make_request(
        pool: Any, connection: Any, method: str, url: str, *args: Any, **options: Any
    ) -> Any:
        if port:
            url = _path(url)
            headers = options["headers"] = options["headers"].copy()
            headers["Host"] = f"{LOOPBACK}:{port}"
            headers[HOST_HEADER] = pool.host
        probe = _current.probe
        _current.probe = None
        if probe is None:
            return make_request(pool, connection, method, url, *args, **options)
        probe.connections_opened = 1 if connection.sock is None else 0
        probe.sent()
        try:
            response = make_request(pool, connection, method, url, *args, **options)
        except BaseException as error:
            probe.failed(error)
            raise
        probe.received(response)
        return response

    return noted_make_request


def noting_release(release: Function) -> Function:
    """Return a response's ``release_conn``, or ``close``, that notes its end."""

    def noted_release(response: Any) -> Any:
        probe = _probe_of(response)
        if probe is not None:
            probe.released()
        return release(response)

    return noted_release


def noting_read(read: Function) -> Function:
    """Return a response's ``read`` that records what it reads of a failure."""

    def noted_read(response: Any, *args: Any, **options: Any) -> Any:
        probe = _probe_of(response) if response.status >= 400 else None
        if probe is None:
            return read(response, *args, **options)
        with probe.reading():
            data = read(response, *args, **options)
            probe.read(data)
        return data

    return noted_read


def noting_read_chunked(read_chunked: Function) -> Function:
    """The same for a response that comes in chunks."""

    def noted_chunks(response: Any, probe: Urllib3Probe, chunks: Any) -> Iterator[Any]:
        with probe.reading():
            for chunk in chunks:
                probe.read(chunk)
                yield chunk

    def noted_read_chunked(response: Any, *args: Any, **options: Any) -> Any:
        chunks = read_chunked(response, *args, **options)
        probe = _probe_of(response) if response.status >= 400 else None
        return chunks if probe is None else noted_chunks(response, probe, chunks)

    return noted_read_chunked


def sending_for_requests(send: Function) -> Function:
    """Return an adapter's ``send`` of requests whose requests count as such."""

    def named_send(*args: Any, **options: Any) -> Any:
        _current.library = "requests"
        try:
            return send(*args, **options)
        finally:
            _current.library = "urllib3"

    return named_send


def connecting_to_practice(_: Function, *, port: int) -> Function:
    """A connection's ``_new_conn`` that reaches the practice server only."""

    def new_connection(connection: Any) -> Any:
        return sys.modules["urllib3.util.connection"].create_connection(
            (LOOPBACK, port),
            connection.timeout,
            socket_options=connection.socket_options,
        )

    return new_connection


def connecting_in_plain(_: Function) -> Function:
    """An ``HTTPSConnection.connect`` that encrypts nothing, as practice needs none.

    ``verify=False`` still gets its warning.
    """

    def connect(connection: Any) -> None:
        connection.sock = connection._new_conn()
        connection.is_verified = connection.cert_reqs not in (
            ssl.CERT_NONE,
            "CERT_NONE",
        )

    return connect


def without_tunnel(_: Function) -> Function:
    """A pool's ``_prepare_proxy`` that ignores a proxy: it would get what is sent."""

    def prepare_nothing(*_: Any) -> None:
        """The connection to practice needs no tunnel."""

    return prepare_nothing


def _path(url: str) -> str:
    """What a server is asked for, where a proxy would get the whole URL."""
    parts = urlsplit(url)
    return parts._replace(scheme="", netloc="").geturl() if parts.netloc else url
