"""inflight_lab: send many HTTP requests from asyncio without being told 429 Too Many Requests."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inflight_lab.jupyter.nested_run import enable_nested_run
    from inflight_lab.limiter import AdjustableLimiter
    from inflight_lab.observation.timeline import Event, Stats, Timeline
    from inflight_lab.observation.transport import ObservedTransport
    from inflight_lab.panel.panel import Panel
    from inflight_lab.panel.replay import Replay
    from inflight_lab.plot.live_plot import LivePlot
    from inflight_lab.server import PracticeServer

__all__ = [
    "AdjustableLimiter",
    "Event",
    "LivePlot",
    "ObservedTransport",
    "Panel",
    "PracticeServer",
    "Replay",
    "Stats",
    "Timeline",
    "enable_nested_run",
]

_HOME = {
    "AdjustableLimiter": "limiter",
    "Event": "observation.timeline",
    "LivePlot": "plot.live_plot",
    "ObservedTransport": "observation.transport",
    "Panel": "panel.panel",
    "PracticeServer": "server",
    "Replay": "panel.replay",
    "Stats": "observation.timeline",
    "Timeline": "observation.timeline",
    "enable_nested_run": "jupyter.nested_run",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that ``import inflight_lab`` loads no widget and no server."""
    if name in _HOME:
        return getattr(importlib.import_module(f"inflight_lab.{_HOME[name]}"), name)
    raise AttributeError(f"module 'inflight_lab' has no attribute {name!r}")
