"""In the watched script's own process: notes one line an event into a file, and leaves all else alone.

A library is hooked right after the script imports it.  One write to a file opened for appending is one
whole line, from threads and from other processes too, and nothing is lost when the script is killed.
`marshal` is what encodes fastest: each microsecond here is one that the script does not have.
"""

import functools
import importlib.util
import marshal
import os
import sys
import time
from _thread import start_new_thread
from binascii import b2a_base64
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from inflight_lab.hosts import is_loopback
from inflight_lab.watch.blocking import look
from inflight_lab.watch.passage import name_of, observed, sender

Function = Callable[..., Any]
Replacement = Callable[[Function], Function]
_file, _practice, _looked_at = -1, 0, 0


def note(kind: str, *fields: Any) -> None:
    """Write one event: the time, the process, what happened."""
    global _looked_at
    process = os.getpid()
    with suppress(OSError):  # a full disk is no fault of the script's
        os.write(_file, b2a_base64(marshal.dumps((time.perf_counter(), process, kind, *fields))))
    if kind == "asked" and _looked_at != process:  # a process that was forked has no thread that looks
        _looked_at = process
        start_new_thread(look, (note,))  # not `threading`: a script may wait until its own threads have ended


def _requests(send: Function) -> Function:
    return observed(send, note, _practice)


def _no_proxy(init: Function) -> Function:
    def init_without(transport: Any, *args: Any, proxy: Any = None, **options: Any) -> None:
        init(transport, *args, proxy=None if _practice else proxy, **options)

    return init_without


def _first(event: Callable[..., tuple[Any, ...]]) -> Replacement:
    """Note the ``event`` that a call with these arguments is, if any, then do it."""

    def replacement(original: Function) -> Function:
        def note_and_call(*args: Any, **options: Any) -> Any:
            if what := event(*args):
                note(*what)
            return original(*args, **options)

        return note_and_call

    return replacement


def _gives_up(gather: Function) -> Function:
    def note_failure(outer: Any) -> None:
        error = getattr(outer, "_exception", None)  # to call ``exception()`` would mark it as seen
        left = [child for child in getattr(outer, "_children", ()) if not child.done()]
        if error is not None and left:
            note("gave up", type(error).__name__, [name_of(child) for child in left])

    def gather_and_note(*things: Any, **options: Any) -> Any:
        outer = gather(*things, **options)
        outer.add_done_callback(note_failure)
        return outer

    return gather_and_note


def _aiohttp(*_: Any) -> tuple[str, ...]:
    return () if "httpx_aiohttp" in sys.modules else ("unseen", "aiohttp")


HTTPX = {
    "AsyncHTTPTransport.handle_async_request": _requests,
    "AsyncHTTPTransport.__init__": _no_proxy,
    "HTTPTransport.handle_request": _requests,
    "HTTPTransport.__init__": _no_proxy,
}
ACQUIRES = _first(lambda semaphore: ("acquires", name_of(semaphore), sender()))
HOOKS: dict[str, dict[str, Replacement]] = {
    "asyncio": {"Semaphore.acquire": ACQUIRES, "gather": _gives_up, "tasks.gather": _gives_up},
    "httpx": HTTPX,
    "httpx2": HTTPX,
    "httpx_aiohttp": {"AiohttpTransport.handle_async_request": _requests},
    "aiohttp.client": {"ClientSession.__init__": _first(_aiohttp)},
    "requests.sessions": {"Session.send": _first(lambda *_: ("unseen", "requests"))},
    "urllib.request": {"OpenerDirector.open": _first(lambda *_: ("unseen", "urllib"))},
}
"""By module: what is replaced in it, once it is imported, and by what."""


def hook(module: Any, replacements: dict[str, Replacement]) -> None:
    """Replace what is to be replaced in ``module``."""
    try:
        for path, replacement in replacements.items():
            *owner, name = path.split(".")
            place = getattr(module, *owner) if owner else module
            original = getattr(place, name)
            setattr(place, name, functools.wraps(original)(replacement(original)))
    except Exception as error:  # the script goes on, whatever a later release has changed
        print(f"watch: this {module.__name__} cannot be watched: {error!r}", file=sys.stderr)


class _Finder:
    """Finds the modules of HOOKS as usual, and has them hooked once they are executed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        replacements = HOOKS.pop(name, None)
        if not replacements or not (spec := importlib.util.find_spec(name)) or not spec.loader:
            return None
        execute = spec.loader.exec_module

        def execute_and_hook(module: ModuleType) -> None:
            execute(module)
            hook(module, replacements)

        spec.loader.exec_module = execute_and_hook  # type: ignore[method-assign]
        return spec


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
        hook(sys.modules[name], HOOKS.pop(name))
    sys.meta_path.insert(0, _Finder())
