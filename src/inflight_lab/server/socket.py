"""The practice server's socket, and the thread that answers on it."""

import asyncio
import contextlib
import functools
import logging
import os
import threading
import urllib.request
from concurrent.futures import Future
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from inflight_lab.server.app import LOOPBACK

LOG = logging.getLogger("inflight_lab.server")


class Listener(threading.Thread):
    """Answers as uvicorn does, on an event loop of its own, and hangs up on its clients when it is to end.

    `uvicorn.Server` would wait for the clients, look ten times a second whether it is
    to end, and choose the kind of loop (uvloop) for the whole process.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        super().__init__(name="practice-server", daemon=True)
        _keep_loopback_off_proxies()
        # Longer than a client keeps an idle connection, so that it is never cut in its
        # hand.
        self._config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            timeout_keep_alive=75,
        )
        self.state = ServerState()
        self._short = False  # of files that may be open
        self.port = port
        self._ready: Future[None] = Future()
        self.start()
        if error := self._ready.exception():
            self.join()
            raise error

    def close(self) -> None:
        """Stop serving, at once, from any other thread; back when that is done."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._ended.set)
        self.join()

    def run(self) -> None:
        """Serve, on a loop of a kind that the process does not choose (nest-asyncio)."""
        loop = getattr(
            asyncio, "ProactorEventLoop", asyncio.SelectorEventLoop
        )  # the former on Windows
        try:
            with asyncio.Runner(loop_factory=loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._note)
        self._config.load()
        # Not httptools, which uvicorn prefers where it is: it collects a head for as
        # long as that comes.
        connect = functools.partial(H11Protocol, self._config, self.state, {})
        server = await self._loop.create_server(
            connect, LOOPBACK, self.port, backlog=self._config.backlog
        )
        (listening,) = server.sockets
        self.port = listening.getsockname()[1]
        self._ready.set_result(None)
        await self._ended.wait()
        with contextlib.suppress(NotImplementedError):  # on Windows
            self._loop.remove_reader(listening)  # lets nobody in any more
        for _ in range(
            2
        ):  # turns of the loop, after which a client that was just accepted is a connection
            await asyncio.sleep(0)
        server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.sleep(
            0
        )  # on its next turn asyncio says that they are lost, which ends the requests
        await asyncio.gather(*self.state.tasks, return_exceptions=True)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # asyncio tries again by itself, thousands of times a second, and reports each
        # time.
        if "accept" not in context["message"]:
            loop.default_exception_handler(context)
        elif not self._short:
            self._short = True
            LOG.error(
                "The practice server has to let a client wait: %s", context["exception"]
            )


def _keep_loopback_off_proxies() -> None:
    """Behind a school's proxy httpx would send even loopback requests to it."""
    if not urllib.request.getproxies_environment():
        # Those that Windows and macOS have in their settings count while the
        # environment names none at all.
        os.environ |= {
            f"{scheme}_proxy": proxy
            for scheme, proxy in urllib.request.getproxies().items()
        }
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if LOOPBACK not in hosts:
            os.environ[name] = ",".join([*hosts, LOOPBACK])
