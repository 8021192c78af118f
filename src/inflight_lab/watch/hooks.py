"""In the watched script's own process: notes one line an event into a file, and leaves all else alone.

A library is hooked right after the script imports it.  One write to a file opened for
appending is one whole line, from threads and from other processes too, and nothing is
lost when the script is killed. `marshal` is what encodes fastest: each microsecond here
is one that the script does not have.
"""

import functools
import importlib.util
import marshal
import os
import sys
import time
from _thread import start_new_thread
from binascii import b2a_base64
from contextlib import suppress
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from inflight_lab.observation.hosts import is_loopback
from inflight_lab.watch.blocking import look
from inflight_lab.watch.opened import OpenedFiles
from inflight_lab.watch.request_probe import NOTED, Function, name_of, sender

_file, _practice, _looked_at = -1, 0, 0


def note(kind: str, *fields: Any) -> None:
    """Write one event: the time, the process, what happened."""
    global _looked_at
    process = os.getpid()
    with suppress(OSError):  # a full disk is no fault of the script's
        os.write(
            _file,
            b2a_base64(marshal.dumps((time.perf_counter(), process, kind, *fields))),
        )
    if (
        kind == "asked" and _looked_at != process
    ):  # a process that was forked has no thread that looks
        _looked_at = process
        start_new_thread(
            look, (note,)
        )  # not `threading`: a script may wait until its own threads have ended


def _send(send: Function, transport: Any, request: Any) -> Any:
    return NOTED[send.__name__](note, _practice, send, transport, request)


def _acquire(acquire: Function, semaphore: Any) -> Any:
    note("acquires", name_of(semaphore), sender())
    return acquire(semaphore)


def _gather(gather: Function, *things: Any, **options: Any) -> Any:
    outer = gather(*things, **options)
    outer.add_done_callback(_note_failure)
    return outer


def _note_failure(outer: Any) -> None:
    error = getattr(
        outer, "_exception", None
    )  # to call ``exception()`` would mark it as seen
    left = [
        name_of(child) for child in getattr(outer, "_children", ()) if not child.done()
    ]
    if error is not None and left:
        note("gave up", type(error).__name__, left)


def _unseen(library: str, original: Function, *args: Any, **options: Any) -> Any:
    if (
        library != "aiohttp" or "httpx_aiohttp" not in sys.modules
    ):  # httpx may send over it
        note("unseen", library)
    return original(*args, **options)


def _no_proxy(init: Function, *args: Any, proxy: Any = None, **options: Any) -> None:
    init(*args, proxy=None if _practice else proxy, **options)


HTTPX: dict[str, Function] = {
    "AsyncHTTPTransport.handle_async_request": _send,
    "AsyncHTTPTransport.__init__": _no_proxy,
    "HTTPTransport.handle_request": _send,
    "HTTPTransport.__init__": _no_proxy,
}
HOOKS: dict[str, dict[str, Function]] = {
    "asyncio": {"Semaphore.acquire": _acquire, "gather": _gather},
    "httpx": HTTPX,
    "httpx2": HTTPX,
    "httpx_aiohttp": {"AiohttpTransport.handle_async_request": _send},
    "aiohttp.client": {"ClientSession._request": partial(_unseen, "aiohttp")},
    "requests.sessions": {"Session.send": partial(_unseen, "requests")},
    "urllib.request": {"OpenerDirector.open": partial(_unseen, "urllib")},
}
"""By module: what is called instead of its functions, with the original one as first argument."""


def hook(module: Any, hooks: dict[str, Function]) -> None:
    """Replace what is to be replaced in ``module``."""
    try:
        for path, replacement in hooks.items():
            *owner, name = path.split(".")
            place = getattr(module, *owner) if owner else module
            setattr(place, name, _in_place_of(getattr(place, name), replacement))
    except (
        Exception
    ) as error:  # the script goes on, whatever a later release has changed
        print(
            f"watch: this {module.__name__} cannot be watched: {error!r}",
            file=sys.stderr,
        )


def _in_place_of(original: Function, replacement: Function) -> Function:
    @functools.wraps(original)
    def call(*args: Any, **options: Any) -> Any:
        return replacement(original, *args, **options)

    return call


def find_spec(
    name: str, path: object = None, target: object = None
) -> ModuleSpec | None:
    """This module is a finder: it finds the modules of HOOKS as usual, and hooks them once executed."""
    hooks = HOOKS.pop(name, None)
    if not hooks or not (spec := importlib.util.find_spec(name)) or not spec.loader:
        return None
    execute = spec.loader.exec_module

    def execute_and_hook(module: ModuleType) -> None:
        execute(module)
        hook(module, hooks)

    spec.loader.exec_module = execute_and_hook  # type: ignore[method-assign]
    return spec


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """In practice: refuse to connect to another machine, and to ask for its name."""
    match event, arguments:
        case (
            "socket.connect" | "socket.sendto" | "socket.sendmsg",
            (_, (host, *_)),
        ) | (
            "socket.getaddrinfo" | "socket.gethostbyname",
            (host, *_),
        ) if host and not is_loopback(
            host.decode() if isinstance(host, bytes) else host
        ):
            raise ConnectionRefusedError(
                f"--practice: nothing is sent to {host}, which is another machine"
            )


def install() -> None:
    """Note into the file, and send to the practice server's port, if any, that the environment names."""
    global _file, _practice
    _file = os.open(os.environ["INFLIGHT_LAB_WATCH"], os.O_WRONLY | os.O_APPEND)
    if _practice := int(os.environ["INFLIGHT_LAB_PRACTICE"]):
        sys.addaudithook(_stay_here)
        sys.addaudithook(OpenedFiles(note))
    for name in HOOKS.keys() & sys.modules.keys():
        hook(sys.modules[name], HOOKS.pop(name))
    sys.meta_path.insert(0, sys.modules[__name__])
