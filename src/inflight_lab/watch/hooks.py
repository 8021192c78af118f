"""In the watched script's own process: notes one line an event into a file, and leaves all else alone.

A library is hooked right after the script imports it.  One write to a file opened for appending is one
whole line, from threads and from other processes too, and nothing is lost when the script is killed.
`marshal` is what encodes fastest: each microsecond here is one that the script does not have.
"""

from __future__ import annotations

import functools
import importlib.util
import marshal
import os
import sys
import time
from binascii import b2a_base64
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import ModuleSpec
from typing import Any

from inflight_lab.hosts import is_loopback
from inflight_lab.watch.blocking import start_looking, timed
from inflight_lab.watch.passage import name_of, observed, sender

TRANSPORTS = {
    "AsyncHTTPTransport": "handle_async_request",
    "HTTPTransport": "handle_request",
    "AiohttpTransport": "handle_async_request",  # httpx-aiohttp's
}

_file, _practice = -1, 0


def note(kind: str, *fields: Any) -> None:
    """Write one event: the time, the process, what happened."""
    with suppress(OSError):  # a full disk is no fault of the script's
        os.write(_file, b2a_base64(marshal.dumps((time.perf_counter(), os.getpid(), kind, *fields))))
    if kind == "asked":
        start_looking()


def hook_httpx(module: Any) -> None:
    """Note the requests of httpx, and of httpx2, which is the same under another name."""
    for name, method in TRANSPORTS.items():
        if transport := getattr(module, name, None):
            setattr(transport, method, observed(getattr(transport, method), note, _practice))
            if _practice:
                transport.__init__ = _without_proxy(transport.__init__)


def _without_proxy(init: Callable[..., None]) -> Callable[..., None]:
    return functools.wraps(init)(lambda self, *args, proxy=None, **more: init(self, *args, **more))


def hook_asyncio(module: Any) -> None:
    """Note what no transport sees: long callbacks, who acquires a semaphore, a ``gather`` that gave up."""
    acquire, gather = module.Semaphore.acquire, module.gather

    @functools.wraps(acquire)
    async def acquire_and_note(semaphore: Any) -> Any:
        note("acquires", name_of(semaphore), sender())
        return await acquire(semaphore)

    @functools.wraps(gather)
    def gather_and_note(*things: Any, return_exceptions: bool = False) -> Any:
        outer = gather(*things, return_exceptions=return_exceptions)
        if things and not return_exceptions:
            outer.add_done_callback(_note_giving_up)
        return outer

    module.Handle._run = timed(module.Handle._run, note)
    module.Semaphore.acquire = acquire_and_note
    module.gather = module.tasks.gather = gather_and_note


def _note_giving_up(outer: Any) -> None:
    error = getattr(outer, "_exception", None)  # to call ``exception()`` would mark it as seen
    left = [child for child in getattr(outer, "_children", ()) if not child.done()]
    if error is not None and left:
        note("gave up", type(error).__name__, [f"task {name_of(child)}" for child in left])


def hook_unseen(kind: str, method: str, module: Any) -> None:
    """Note that a library is used whose requests are not seen."""
    library, owner = module.__name__.partition(".")[0], getattr(module, kind)
    used = getattr(owner, method)

    @functools.wraps(used)
    def use_and_note(*args: Any, **kwargs: Any) -> Any:
        if library != "aiohttp" or "httpx_aiohttp" not in sys.modules:
            note("unseen", library)
        return used(*args, **kwargs)

    setattr(owner, method, use_and_note)


HOOKS: dict[str, Callable[[Any], None]] = {
    "asyncio": hook_asyncio,
    "httpx": hook_httpx,
    "httpx2": hook_httpx,
    "httpx_aiohttp": hook_httpx,
    "aiohttp.client": functools.partial(hook_unseen, "ClientSession", "__init__"),
    "requests.sessions": functools.partial(hook_unseen, "Session", "send"),
    "urllib.request": functools.partial(hook_unseen, "OpenerDirector", "open"),
}


class _Finder:
    """Finds the modules of HOOKS as usual, and has them hooked once they are executed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        hook = HOOKS.pop(name, None)
        spec = importlib.util.find_spec(name) if hook else None
        if hook and spec and spec.loader:
            spec.loader.exec_module = _then(spec.loader.exec_module, hook)  # type: ignore[assignment,method-assign]
        return spec


def _then(execute: Callable[[Any], None], hook: Callable[[Any], None]) -> Callable[[Any], None]:
    def exec_module(module: Any) -> None:
        execute(module)
        try:
            hook(module)
        except Exception as error:  # the script goes on, whatever a later release has changed
            print(f"watch: this {module.__name__} cannot be watched: {error!r}", file=sys.stderr)

    return exec_module


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """In practice: refuse to connect to another machine, and to ask for its name."""
    host = None
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    host = host.decode() if isinstance(host, bytes) else host
    if host and not is_loopback(host):
        raise ConnectionRefusedError(f"--practice: nothing is sent to {host}, which is another machine")


def install() -> None:
    """Note into the file, and send to the practice server's port, if any, that the environment names."""
    global _file, _practice
    _file = os.open(os.environ["INFLIGHT_LAB_WATCH"], os.O_WRONLY | os.O_APPEND)
    if _practice := int(os.environ["INFLIGHT_LAB_PRACTICE"]):
        sys.addaudithook(_stay_here)
    for name in HOOKS.keys() & sys.modules.keys():
        HOOKS.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, _Finder())
