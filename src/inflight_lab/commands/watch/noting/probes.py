"""Note what httpx, httpx2, aiohttp and requests send, each at its own seam.

Nothing that is sent or returned changes.  In practice, the practice server answers in
place of whichever host was asked.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import MethodType, ModuleType
from typing import Any
from urllib.parse import urlsplit

from inflight_lab.commands.watch.noting.request_log import (
    Request,
    RequestLog,
    number_of,
)

LOOPBACK = "127.0.0.1"
Instead = Callable[..., Any]


def replace(owner: Any, name: str, instead: Instead) -> None:
    """Call ``instead(original, ...)`` where a function of ``owner`` was called.

    ``owner`` is a module, a class, or an object; for an object, only its own method is
    replaced, and deleting the attribute brings it back.
    """
    is_shared = isinstance(owner, type | ModuleType)
    original = getattr(owner if is_shared else type(owner), name)

    @wraps(original)
    def replaced(*args: Any, **options: Any) -> Any:
        return instead(original, *args, **options)

    setattr(owner, name, replaced if is_shared else MethodType(replaced, owner))


def watch_libraries(log: RequestLog) -> list[str]:
    """Note what each library sends that is installed.

    Returns a sentence for each whose insides are not those that are known here.
    """
    troubles = []
    for name, watch in WATCHES.items():
        try:
            watch(log, import_module(name))
        except ImportError:
            continue
        except AttributeError as error:
            troubles.append(f"{name} is not watched: {error}")
    return troubles


def noting_close(log: RequestLog) -> Instead:
    """What to call in place of a method that closes a client's connections."""

    def close(original: Any, client: Any, *args: Any, **options: Any) -> Any:
        log.closed.add(number_of(client))
        return original(client, *args, **options)

    return close


# httpx and httpx2: each request, redirects included, goes through a transport


def watch_httpx(log: RequestLog, library: Any) -> None:
    """Note what the transports of httpx, or of httpx2, send."""
    send = noting_send(log, library)
    send_async = noting_send_async(log, library)
    replace(library.HTTPTransport, "handle_request", send)
    replace(library.AsyncHTTPTransport, "handle_async_request", send_async)
    for name in ("aclose", "__aexit__"):
        replace(library.AsyncHTTPTransport, name, noting_close(log))


def noting_send(log: RequestLog, library: Any) -> Instead:
    """What to call in place of a transport's ``handle_request``."""

    def send(original: Any, transport: Any, asked: Any) -> Any:
        request = _begin(log, library, transport, asked, is_async=False)
        with log.ending(request):
            response = original(transport, _to_send(log, request, asked))
        _note_answer(log, library, request, response)
        return response

    return send


def noting_send_async(log: RequestLog, library: Any) -> Instead:
    """What to call in place of a transport's ``handle_async_request``."""

    async def send(original: Any, transport: Any, asked: Any) -> Any:
        request = _begin(log, library, transport, asked, is_async=True)
        with log.ending(request):
            response = await original(transport, _to_send(log, request, asked))
        _note_answer(log, library, request, response)
        return response

    return send


def _begin(
    log: RequestLog, library: Any, transport: Any, asked: Any, *, is_async: bool
) -> Request:
    pool = getattr(transport, "_pool", None)
    count = asked.headers.get("x-stainless-retry-count", "")
    request = Request(
        asked.method,
        str(asked.url),
        library.__name__,
        number_of(transport),
        asked.headers,
        pool=getattr(pool, "_max_connections", 0),
        retry=int(count) if count.isdigit() else 0,
        is_async=is_async,
        content=_number_for(getattr(asked, "_content", b"")),
    )
    log.begin(request)
    return request


def _number_for(body: object) -> int:
    """Stands for a body that is all there; else 0."""
    return hash(body) if isinstance(body, str | bytes) else 0


def _note_answer(
    log: RequestLog, library: Any, request: Request, response: Any
) -> None:
    """It ends when its body is closed, which follows an error in the body too."""
    errors = library.TransportError | asyncio.CancelledError
    earlier = sys.exc_info()[1]  # a script may send again while it handles an error

    def close(original: Any, stream: Any) -> Any:
        error = sys.exc_info()[1]
        is_of_body = isinstance(error, errors) and error is not earlier
        log.end(request, error if is_of_body else None)
        return original(stream)

    log.answer(request, response.status_code, response.headers.raw)
    request.body = _reader_of(response)
    if hasattr(response, "_content"):  # it is all there, so nobody will close it
        log.end(request)
    else:
        replace(response.stream, "aclose" if request.is_async else "close", close)


def _reader_of(response: Any) -> Callable[[], bytes]:
    """Returns what the script has read of a failure; other answers are not kept."""
    if response.status_code < 400:
        return bytes
    return lambda: getattr(response, "_content", None) or b""


def _to_send(log: RequestLog, request: Request, asked: Any) -> Any:
    """A copy that is noted when it goes out; in practice, to the practice server."""

    def trace(event: str, _: object) -> None:
        if event.endswith(".send_request_headers.started"):
            log.send(request)
            copy.extensions.pop("trace")  # nothing more is needed

    async def trace_async(event: str, info: object) -> None:
        trace(event, info)

    own = {"trace": trace_async if request.is_async else trace}

    # `copy.copy` would lose the stream, and the caller may send the original again.
    copy = object.__new__(type(asked))
    copy.__dict__ = dict(asked.__dict__)
    copy.extensions = own | asked.extensions
    if log.practice_port and asked.url.host:
        copy.url = asked.url.copy_with(
            scheme="http", host=LOOPBACK, port=log.practice_port
        )
        copy.headers = asked.headers.copy()
        copy.headers["Host"] = f"{LOOPBACK}:{log.practice_port}"
    return copy


# aiohttp: each request, redirects included, gets its connection from a connector


def watch_aiohttp(log: RequestLog, aiohttp: Any) -> None:
    """Note what the connectors of aiohttp connect."""

    async def connect_here(_: Any, connector: Any, *_args: Any, **_options: Any) -> Any:
        """Reach the practice server, unencrypted, whichever host was asked."""
        loop = asyncio.get_running_loop()
        _transport, protocol = await loop.create_connection(
            connector._factory, LOOPBACK, log.practice_port
        )
        return protocol

    replace(aiohttp.BaseConnector, "connect", noting_connect(log))
    replace(aiohttp.BaseConnector, "close", noting_close(log))
    if log.practice_port:
        replace(aiohttp.TCPConnector, "_create_connection", connect_here)


def noting_connect(log: RequestLog) -> Instead:
    """What to call in place of a connector's ``connect``."""

    async def connect(
        original: Any, connector: Any, asked: Any, *args: Any, **options: Any
    ) -> Any:
        if number_of(connector) in log.closed:  # aiohttp tries again, in vain
            return await original(connector, asked, *args, **options)
        request = Request(
            asked.method,
            str(asked.url),
            "aiohttp",
            number_of(connector),
            asked.headers,
            pool=connector.limit,
            content=_number_for(getattr(asked.body, "_value", b"")),
        )
        log.begin(request)
        if log.practice_port:
            asked.proxy = None
            asked.headers["Host"] = f"{LOOPBACK}:{log.practice_port}"
        with log.ending(request):
            connection = await original(connector, asked, *args, **options)
        log.send(request)
        _listen(log, request, connection)
        return connection

    return connect


def _listen(log: RequestLog, request: Request, connection: Any) -> None:
    """Note the answer that comes through ``connection``, until that is free again."""
    protocol = connection.protocol
    body: Any = None

    original = protocol.read

    async def read() -> Any:
        nonlocal body
        with log.ending(request):
            message, body = await original()
        log.answer(request, message.code, message.raw_headers)
        return message, body

    def released() -> None:
        vars(protocol).pop("read", None)
        if request.status >= 400:
            text = b"".join(getattr(body, "_buffer", ()))
            request.body = lambda: text
        log.end(request, _broken_off(body) if request.status and body else None)

    protocol.read = read
    connection.add_callback(released)


def _broken_off(body: Any) -> BaseException | None:
    """What ended a body; not the mark that aiohttp leaves in one that nobody read."""
    error: BaseException | None = body.exception()
    return None if type(error).__name__ == "ClientConnectionError" else error


# requests: an adapter sends each request; urllib3 below it may send it again


class _OfThread(threading.local):
    """What an adapter of requests is about to send, in this thread."""

    url = ""
    adapter: Any = None
    noted: Request | None = None


def watch_requests(log: RequestLog, requests: Any) -> None:
    """Note what requests sends, until the head of the answer is there."""
    current = _OfThread()

    def send(original: Any, adapter: Any, asked: Any, **options: Any) -> Any:
        current.url = asked.url
        current.adapter = adapter
        try:
            if log.practice_port:
                to_practice = _for_practice(asked, log.practice_port)
                response = original(adapter, to_practice, **options | {"proxies": {}})
                response.url = asked.url
                response.request = asked
            else:
                response = original(adapter, asked, **options)
        finally:
            current.adapter = None
        if current.noted:
            current.noted.body = _reader_of(response)
        return response

    def make_request(
        original: Any, pool: Any, connection: Any, method: str, url: str, **options: Any
    ) -> Any:
        if current.adapter is None:  # it is not requests that sends
            return original(pool, connection, method, url, **options)
        request = Request(
            method,
            current.url,
            "requests",
            number_of(current.adapter),
            options.get("headers") or {},
            retry=len(getattr(options.get("retries"), "history", ())),
            is_async=False,
            content=_number_for(options.get("body")),
        )
        current.noted = request
        log.begin(request)
        log.send(request)
        with log.ending(request):
            response = original(pool, connection, method, url, **options)
        log.answer(request, response.status, dict(response.headers))
        log.end(request)
        return response

    replace(requests.adapters.HTTPAdapter, "send", send)
    urllib3_pools = sys.modules["urllib3.connectionpool"]
    replace(urllib3_pools.HTTPConnectionPool, "_make_request", make_request)


def _for_practice(asked: Any, port: int) -> Any:
    """A copy of a request of requests that goes to the practice server."""
    copy = asked.copy()
    parts = urlsplit(asked.url)
    copy.url = parts._replace(scheme="http", netloc=f"{LOOPBACK}:{port}").geturl()
    return copy


WATCHES: dict[str, Callable[[RequestLog, Any], None]] = {
    "httpx": watch_httpx,
    "httpx2": watch_httpx,
    "aiohttp": watch_aiohttp,
    "requests": watch_requests,
}
"""By the name of the library: what notes its requests."""
