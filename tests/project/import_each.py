"""Imports our modules one by one; fails at the first that changes something elsewhere.

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
    asyncio,
    asyncio.BaseEventLoop,
    time,
    signal,
    warnings,
    httpx,
    httpx.AsyncHTTPTransport,
    httpx.HTTPTransport,
    httpx.AsyncClient,
    httpx.Client,
    httpcore.AsyncConnectionPool,
]


def state() -> dict[str, object]:
    """What a module may not change, by name."""
    root = logging.getLogger()
    found: dict[str, object] = {
        "warnings": [*warnings.filters],
        "path": [*sys.path],
        "hook": sys.excepthook,
        "logging": [root.level, *root.handlers],
        "policy": asyncio.get_event_loop_policy(),
    }
    for each in WATCHED:
        for name, value in vars(each).items():
            if not isinstance(value, ModuleType):  # a submodule is loaded, not changed
                found[f"{each.__name__}.{name}"] = value
    for name, value in os.environ.items():
        found[f"environment {name}"] = value
    for number in signal.valid_signals():
        found[f"signal {number}"] = signal.getsignal(number)
    return found


def main(platform: str, ours: list[str], theirs: list[str]) -> None:
    """Import all of them."""
    for module in theirs:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    sys.platform = platform
    begin = state()
    for module in ours:
        importlib.import_module(module)
        now = state()
        changed = [name for name in begin | now if begin.get(name) != now.get(name)]
        assert not changed, f"{module} changed {changed}"
    print(sys.modules["inflight_lab.server"].PracticeServer.listen.__module__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(), sys.argv[3].split())
