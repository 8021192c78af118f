"""How a quota and a pause are written: in integers, and never too much."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from inflight_lab.server.admission import Pause, policy_field


@pytest.mark.parametrize(
    ("rate", "period", "field"),
    [
        (100, 1.0, '"default";q=100;w=1'),
        (2.5, 1.5, '"default";q=2;w=2'),
        (0.3, 1.0, '"default";q=1;w=4'),
        (7, 50 * 0.14, '"default";q=7;w=7'),  # 7.000000000000001
    ],
)
def test_the_strictest_integers(rate: float, period: float, field: str) -> None:
    """The rate is rounded down and the window up; less than one request is one request
    in a longer window.
    """
    assert policy_field(rate, period) == field


@pytest.mark.parametrize(
    ("seconds", "whole", "milliseconds", "duration"),
    [
        (0.00001, 1, 1, "1ms"),
        (0.12, 1, 120, "120ms"),
        (8.64, 9, 8640, "8.64s"),
        (17.0000000001, 17, 17_000, "17s"),  # what a float adds
        (59.9996, 60, 60_000, "1m0s"),
        (86_400, 86_400, 86_400_000, "24h0m0s"),
    ],
)
def test_a_pause_from_now(
    seconds: float, whole: int, milliseconds: int, duration: str
) -> None:
    """Rounded up; the durations are those that Go writes, and OpenAI's headers have."""
    pause = Pause(seconds)
    assert pause.seconds == whole
    assert pause.milliseconds == milliseconds
    assert pause.duration == duration


def test_a_time_of_day_is_never_early() -> None:
    """As a number and as a date: the second in which the pause is over."""
    earliest = time.time() + 60
    pause = Pause(60)
    date = datetime.fromisoformat(pause.rfc3339)
    for moment in (pause.unix_time, date.timestamp()):
        assert earliest <= moment <= time.time() + 61
