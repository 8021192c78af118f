"""Imports our modules; fails if that changes something elsewhere.

``python import_each.py PLATFORM "OURS ..." "THEIRS ..."``: what other packages change
as they are imported is not the rooms' doing, so theirs come first.  Printed is the
module by which the practice server listens on that platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import sys
import time
import warnings
from types import ModuleType
from typing import Any

import httpcore
import httpx

WATCHED: list[Any] = [
    *(asyncio, asyncio.events, asyncio.BaseEventLoop, time, signal, warnings),
    *(httpx, httpx.AsyncHTTPTransport, httpx.HTTPTransport),
    *(httpx.AsyncClient, httpx.Client, httpcore.AsyncConnectionPool),
]


def state() -> dict[str, object]:
    """What our modules may not change, by name."""
    found: dict[str, object] = {
        "warnings": [*warnings.filters],
        "path": [*sys.path],
        "hook": sys.excepthook,
        "logging": [logging.root.level, *logging.root.handlers],
        "environment": dict(os.environ),
        "signals": [*map(signal.getsignal, signal.valid_signals())],
    }
    for each in WATCHED:
        for name, value in vars(each).items():
            if not isinstance(value, ModuleType):  # a submodule is loaded, not changed
                found[f"{each.__name__}.{name}"] = value
    return found


if __name__ == "__main__":
    platform, ours, theirs = sys.argv[1:]
    for module in theirs.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    sys.platform = platform
    before = state()
    for module in ours.split():
        importlib.import_module(module)
    after = state()
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    assert not changed, f"an import changed {changed}"
    print(sys.modules["inflight_lab.lesson.server.practice_server"].Listener.__module__)
