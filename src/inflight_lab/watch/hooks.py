"""In the watched script's own process: notes what it does, and leaves all else alone.

Each function here returns what is replaced in which module of a library.
"""

import atexit
import os
import sys
from functools import partial
from typing import Any

from inflight_lab.watch.event_file import EventFile
from inflight_lab.watch.events import Note, Raised, Unseen
from inflight_lab.watch.hooks_of_aiolimiter import aiolimiter_hooks
from inflight_lab.watch.hooks_of_asyncio import asyncio_hooks
from inflight_lab.watch.import_hook import Function, HookingFinder, Hooks
from inflight_lab.watch.opened import OpenedFiles
from inflight_lab.watch.practice_guard import PracticeGuard
from inflight_lab.watch.probes import aiohttp_probe, httpx_probe, urllib3_probe

EVENTS_VARIABLE = "INFLIGHT_LAB_WATCH"
"""Of the environment: the file of events."""
PRACTICE_VARIABLE = "INFLIGHT_LAB_PRACTICE"
"""The practice server's port; 0: requests go to the real API."""


def install() -> None:
    """Note from now on, as the environment says."""
    note = EventFile(os.environ[EVENTS_VARIABLE]).note
    practice_port = int(os.environ[PRACTICE_VARIABLE])
    if practice_port:
        sys.addaudithook(PracticeGuard(practice_port))
        sys.addaudithook(OpenedFiles(note))
    atexit.register(note_last_error, note)
    HookingFinder(hooks_by_module(note, practice_port)).install()


def hooks_by_module(note: Note, practice_port: int) -> dict[str, Hooks]:
    """What is replaced in which module; with a port, all is sent there."""
    return {
        "asyncio": asyncio_hooks(note),
        "aiolimiter.leakybucket": aiolimiter_hooks(note),
        "httpx": httpx_hooks(note, practice_port, library="httpx"),
        "httpx2": httpx_hooks(note, practice_port, library="httpx2"),
        # Also what httpx sends over httpx-aiohttp.
        "aiohttp.connector": aiohttp_hooks(note, practice_port),
        **urllib3_hooks(note, practice_port),
        "urllib.request": {
            "OpenerDirector.open": partial(noting_use, note=note, library="urllib")
        },
    }


def httpx_hooks(note: Note, port: int, *, library: str) -> Hooks:
    """What is replaced in httpx, and in httpx2."""
    send = partial(httpx_probe.noting_send, note=note, library=library, port=port)
    send_async = partial(
        httpx_probe.noting_send_async, note=note, library=library, port=port
    )
    hooks: Hooks = {
        "AsyncHTTPTransport.handle_async_request": send_async,
        "HTTPTransport.handle_request": send,
    }
    if port:
        hooks["AsyncHTTPTransport.__init__"] = httpx_probe.without_proxy
        hooks["HTTPTransport.__init__"] = httpx_probe.without_proxy
    return hooks


def aiohttp_hooks(note: Note, port: int) -> Hooks:
    """What is replaced in aiohttp's connectors."""
    connect = partial(aiohttp_probe.noting_connect, note=note, port=port)
    hooks: Hooks = {"BaseConnector.connect": connect}
    if port:
        to_practice = partial(aiohttp_probe.connecting_to_practice, port=port)
        hooks["TCPConnector._create_connection"] = to_practice
        hooks["UnixConnector._create_connection"] = to_practice
    return hooks


def urllib3_hooks(note: Note, port: int) -> dict[str, Hooks]:
    """What is replaced in urllib3 and, to tell them apart, in requests."""
    pools: Hooks = {
        "HTTPConnectionPool.urlopen": partial(urllib3_probe.noting_urlopen, note=note),
        "HTTPConnectionPool._make_request": partial(
            urllib3_probe.noting_make_request, port=port
        ),
    }
    responses: Hooks = {
        "HTTPResponse.close": urllib3_probe.noting_release,
        "HTTPResponse.release_conn": urllib3_probe.noting_release,
        "HTTPResponse.read": urllib3_probe.noting_read,
        "HTTPResponse.read_chunked": urllib3_probe.noting_read_chunked,
    }
    connections: Hooks = {}
    if port:
        pools["HTTPConnectionPool._prepare_proxy"] = urllib3_probe.without_tunnel
        pools["HTTPSConnectionPool._prepare_proxy"] = urllib3_probe.without_tunnel
        to_practice = partial(urllib3_probe.connecting_to_practice, port=port)
        connections["HTTPConnection._new_conn"] = to_practice
        connections["HTTPSConnection.connect"] = urllib3_probe.connecting_in_plain
    return {
        "requests.adapters": {"HTTPAdapter.send": urllib3_probe.sending_for_requests},
        "urllib3.connection": connections,
        "urllib3.connectionpool": pools,
        "urllib3.response": responses,
    }


def note_last_error(note: Note) -> None:
    """At the end of the script: note the error that ended it, if one did."""
    error = getattr(sys, "last_value", None)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        is_missing = isinstance(error, ModuleNotFoundError)
        note(Raised, type(error).__name__, str(error.name) if is_missing else "")


def noting_use(function: Function, *, note: Note, library: str) -> Function:
    """``function`` of a library whose requests cannot be watched: each use is noted."""

    def noted_function(*args: Any, **options: Any) -> Any:
        note(Unseen, library)
        return function(*args, **options)

    return noted_function
