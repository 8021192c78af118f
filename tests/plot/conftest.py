"""What the room's tests share: both sides' timelines on a clock that is set, and the
outputs of a cell without a notebook.
"""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab import Timeline
from inflight_lab.plot import plain_picture, replay, widget_page
from tests.support.virtual_clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    """It began long before the run."""
    return SetClock(101.75)


@pytest.fixture
def server(clock: SetClock) -> Timeline:
    """What a server writes."""
    return Timeline(clock=clock, period=2.0)


@pytest.fixture
def client(clock: SetClock) -> Timeline:
    """What a client writes."""
    return Timeline(clock=clock, period=2.0)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Data and metadata of each output, in the order in which a page gets them; one
    that changes in place comes again.
    """
    outputs: list[dict[str, Any]] = []

    class Handle:
        """Of an output that may change."""

        def update(self, data: Any, **more: Any) -> None:
            """Change it."""
            display(data, **more)

    def display(data: Any, **more: Any) -> Handle:
        outputs.append(more | {"data": data})
        return Handle()

    for module in (plain_picture, replay, widget_page):
        monkeypatch.setattr(module, "display", display)
    return outputs
