"""In the watched script's own process: notes what it does, and leaves all else alone.

Each function here takes an original and returns what is called in its place.
"""

import os
import sys
from functools import partial
from typing import Any

from inflight_lab.watch.event_file import EventFile
from inflight_lab.watch.events import Note, Unseen
from inflight_lab.watch.hooks_of_asyncio import asyncio_hooks
from inflight_lab.watch.import_hook import Function, HookingFinder, Hooks
from inflight_lab.watch.opened import OpenedFiles
from inflight_lab.watch.practice_guard import refuse_other_machines
from inflight_lab.watch.request_probe import (
    noting_send,
    noting_send_async,
)

EVENTS_VARIABLE = "INFLIGHT_LAB_WATCH"
"""Of the environment: the file of events."""
PRACTICE_VARIABLE = "INFLIGHT_LAB_PRACTICE"
"""The practice server's port; 0: requests go to the real API."""


def install() -> None:
    """Note from now on, as the environment says."""
    note = EventFile(os.environ[EVENTS_VARIABLE]).note
    practice_port = int(os.environ[PRACTICE_VARIABLE])
    if practice_port:
        sys.addaudithook(refuse_other_machines)
        sys.addaudithook(OpenedFiles(note))
    HookingFinder(hooks_by_module(note, practice_port)).install()


def hooks_by_module(note: Note, practice_port: int) -> dict[str, Hooks]:
    """What is replaced in which module."""
    send = partial(noting_send, note=note, port=practice_port)
    send_async = partial(noting_send_async, note=note, port=practice_port)
    httpx: Hooks = {
        "AsyncHTTPTransport.handle_async_request": send_async,
        "HTTPTransport.handle_request": send,
    }
    if practice_port:
        httpx["AsyncHTTPTransport.__init__"] = without_proxy
        httpx["HTTPTransport.__init__"] = without_proxy
    return {
        "asyncio": asyncio_hooks(note),
        "httpx": httpx,
        "httpx2": httpx,
        "httpx_aiohttp": {"AiohttpTransport.handle_async_request": send_async},
        "aiohttp.client": {
            "ClientSession._request": partial(noting_aiohttp, note=note)
        },
        "requests.sessions": {
            "Session.send": partial(noting_use, note=note, library="requests")
        },
        "urllib.request": {
            "OpenerDirector.open": partial(noting_use, note=note, library="urllib")
        },
    }


def without_proxy(init: Function) -> Function:
    """A transport's ``__init__`` that ignores a proxy: it would get what is sent."""

    def init_without_proxy(*args: Any, proxy: Any = None, **options: Any) -> None:
        init(*args, proxy=None, **options)

    return init_without_proxy


def noting_use(function: Function, *, note: Note, library: str) -> Function:
    """``function`` of a library whose requests cannot be watched: each use is noted."""

    def noted_function(*args: Any, **options: Any) -> Any:
        note(Unseen, library)
        return function(*args, **options)

    return noted_function


def noting_aiohttp(function: Function, *, note: Note) -> Function:
    """The same for aiohttp, unless httpx sends over it: those requests are seen."""
    noted_function = noting_use(function, note=note, library="aiohttp")

    def noted_unless_below_httpx(*args: Any, **options: Any) -> Any:
        if "httpx_aiohttp" in sys.modules:
            return function(*args, **options)
        return noted_function(*args, **options)

    return noted_unless_below_httpx
