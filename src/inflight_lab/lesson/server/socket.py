"""The practice server's socket, and the thread that answers on it."""

import asyncio
import contextlib
import logging
import os
import threading
import urllib.request
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from inflight_lab.lesson.server.app import LOOPBACK

KEEP_ALIVE = 75
"""Seconds.  Longer than clients keep an idle connection, so that none is closed just as
it is used again."""
USED_FOR_HTTP = {"http", "https", "all"}
LOG = logging.getLogger("inflight_lab.lesson.server")


class Listener(threading.Thread):
    """Answers as uvicorn does, on an event loop of its own, until it is closed.

    `uvicorn.Server` does not fit: it waits for its clients before it ends, checks ten
    times a second whether it should, and chooses the kind of loop (uvloop) for the
    whole process.  ``websockets`` are uvicorn's options, if ``app`` has WebSockets.
    """

    def __init__(
        self,
        app: ASGIApp,
        port: int,
        *,
        host: str = LOOPBACK,
        websockets: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name="practice-server", daemon=True)
        self._host = host
        self._config = uvicorn.Config(
            app,
            **(websockets or {"ws": "none"}),
            lifespan="off",
            log_config=None,
            log_level="error",
            timeout_keep_alive=KEEP_ALIVE,
        )
        self.state = ServerState()
        self.port = port
        self._ready: Future[None] = Future()
        self._has_said_files_are_short = False
        self.start()
        error = self._ready.exception()
        if error:
            self.join()
            raise error

    def close(self) -> None:
        """Stop serving at once, from any other thread, and wait until that is done."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._ended.set)
        self.join()

    def run(self) -> None:
        """Serve, on a kind of loop that nobody else chooses (such as nest-asyncio)."""
        on_windows = getattr(asyncio, "ProactorEventLoop", None)
        loop = on_windows or asyncio.SelectorEventLoop
        use_no_proxy_for(LOOPBACK)
        try:
            with asyncio.Runner(loop_factory=loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._loop.set_exception_handler(self._handle_error)
        self._config.load()
        server = await self._loop.create_server(
            self._connection, self._host, self.port, backlog=self._config.backlog
        )
        (listening,) = server.sockets
        self.port = listening.getsockname()[1]
        self._ready.set_result(None)
        await self._ended.wait()
        with contextlib.suppress(NotImplementedError):  # on Windows
            self._loop.remove_reader(listening)  # accepts nobody from now on
        await self._let_accepted_clients_connect()
        server.close()
        await self._hang_up()

    def _connection(self) -> H11Protocol:
        return H11Protocol(self._config, self.state, {})

    async def _let_accepted_clients_connect(self) -> None:
        """Wait until a client that was just accepted is one of the connections."""
        for _ in range(2):
            await asyncio.sleep(0)

    async def _hang_up(self) -> None:
        for connection in list(self.state.connections):
            connection.transport.abort()
        # On its next turn asyncio reports them as lost, which ends their requests.
        await asyncio.gather(*self.state.tasks, return_exceptions=True)

    def _handle_error(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]
    ) -> None:
        if "accept" not in context["message"]:
            loop.default_exception_handler(context)
            return
        # asyncio tries again by itself, thousands of times a second, and reports each
        # failure.
        if not self._has_said_files_are_short:
            self._has_said_files_are_short = True
            error = context["exception"]
            LOG.error("The practice server has to let a client wait: %s", error)


def use_no_proxy_for(host: str) -> None:
    """Tell the clients of this process to reach ``host`` without a proxy.

    Behind a school's proxy, httpx sends even requests to this machine to the proxy.  A
    plain ``httpx.AsyncClient()`` asks the environment when it is made.  So if there is
    a proxy, the first server that starts names this machine there as an exception.  The
    exception stays, because no proxy could reach this machine anyway.
    """
    proxies = urllib.request.getproxies()
    exceptions = [each.strip() for each in proxies.get("no", "").split(",")]
    is_excepted = host in exceptions or "*" in exceptions
    if is_excepted or USED_FOR_HTTP.isdisjoint(proxies):
        return
    if not urllib.request.getproxies_environment():
        # Proxies from the settings of Windows and macOS count only as long as the
        # environment says nothing about proxies.
        for scheme, proxy in proxies.items():
            os.environ[f"{scheme}_proxy"] = proxy
    exceptions = [*filter(None, exceptions), host]
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(exceptions)
