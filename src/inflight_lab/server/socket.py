"""The practice API on a real socket."""

import asyncio
import contextlib
import functools
import os
import socket
import threading
import urllib.request
from concurrent.futures import Future
from email.utils import formatdate
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from inflight_lab.server.base import LOOPBACK, LoopbackServer
from inflight_lab.server.connection import LOG, Connection


class PracticeServer(LoopbackServer):
    """A real HTTP server on a loopback port, in a thread of this process; it ends with the process.

    >>> with PracticeServer(latency=0.3, quota="sliding-window", rate=100, seed=1) as server:
    ...     httpx.get(server.url)

    ``async with`` works as well, and so do ``start()`` and ``stop()``.  The knobs (`Knobs` lists them
    with their units and defaults) can be set while it runs.  ``seed`` makes the latencies repeatable.
    ``port`` 0 takes any free one.

    Why a thread and no process: it starts in milliseconds, a test or a panel reads what it saw without
    a message sent, and at the rates of these lessons the client's latencies are the same.

    Raises ``TypeError`` or ``ValueError`` for a bad knob, ``OSError`` from ``start`` for a taken port.
    """

    _thread: "_Thread | None" = None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _open(self) -> int:
        _keep_loopback_off_proxies()
        listener = _listen(self.port)
        thread = _Thread(self, listener)
        thread.start()
        if error := thread.ready.exception():
            thread.join()
            raise error
        self._thread = thread
        return int(listener.getsockname()[1])

    def _close(self) -> None:
        if self._thread:
            self._thread.end()
            self._thread = None

    async def __aexit__(self, *_: object) -> None:
        # Not on the loop's thread: the client may be about to close connections there.
        await asyncio.to_thread(self.stop)


class _Thread(threading.Thread):
    """Answers as uvicorn does, on an event loop of its own, and hangs up on its clients when it is to end.

    `uvicorn.Server` would wait for the clients, look ten times a second whether it is to end, and choose the
    kind of loop (uvloop) for the whole process.
    """

    def __init__(self, app: PracticeServer, listener: socket.socket) -> None:
        super().__init__(name="practice-server", daemon=True)
        self._app, self._listener = app, listener
        self.ready: Future[None] = Future()
        self.state = ServerState()
        self._short = False

    def end(self) -> None:
        """Stop serving, at once, from any other thread; back when that is done."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._ended.set)
        self.join()

    def run(self) -> None:
        """Serve, on a loop of a kind that the process does not choose (nest-asyncio)."""
        loop = getattr(asyncio, "ProactorEventLoop", asyncio.SelectorEventLoop)  # the former on Windows
        try:
            with asyncio.Runner(loop_factory=loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self.ready.done():
                raise
            self._listener.close()
            self.ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._note)
        # Longer than a client keeps an idle connection, so that it is never cut in its hand.
        config = uvicorn.Config(
            self._app, ws="none", lifespan="off", log_config=None, access_log=False, timeout_keep_alive=75
        )
        config.load()
        connect = functools.partial(Connection, config=config, server_state=self.state, app_state={})
        server = await self._loop.create_server(connect, sock=self._listener, backlog=config.backlog)
        self.ready.set_result(None)
        while not self._ended.is_set():
            date = (b"date", formatdate(usegmt=True).encode())
            self.state.default_headers = [date, *config.encoded_headers]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)
        server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # on its next turn asyncio says that they are lost, which ends the requests
        await asyncio.gather(*self.state.tasks, return_exceptions=True)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # asyncio tries again by itself, thousands of times a second, and reports each time.
        if "accept" not in context["message"]:
            loop.default_exception_handler(context)
        elif not self._short:
            self._short = True
            LOG.error("The practice server has to let a client wait: %s", context["exception"])


def _listen(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only on sockets that name their protocol, which those of
    # socket.create_server do not.  With it every answer on a kept connection comes 40 ms late.
    unnamed = socket.create_server((LOOPBACK, port), backlog=2048)
    return socket.socket(unnamed.family, unnamed.type, socket.IPPROTO_TCP, unnamed.detach())


def _keep_loopback_off_proxies() -> None:
    """Behind a school's proxy httpx would send even loopback requests to it."""
    if not urllib.request.getproxies_environment():
        # Those that Windows and macOS have in their settings count while the environment names none at all.
        os.environ |= {f"{scheme}_proxy": proxy for scheme, proxy in urllib.request.getproxies().items()}
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if LOOPBACK not in hosts:
            os.environ[name] = ",".join([*hosts, LOOPBACK])
