"""Both sides' timelines, on a clock that a test sets."""

from __future__ import annotations

import pytest

from inflight_lab import Timeline
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
