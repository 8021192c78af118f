"""How a pause is written: rounded up, in whatever unit and form."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from inflight_lab.server.dialects.times import duration, milliseconds, whole_seconds


class Written(NamedTuple):
    """A pause, and the three ways to write it from now."""

    seconds: float
    whole: int
    milliseconds: int
    duration: str


WRITTEN = [
    Written(0, 0, 0, "0s"),
    Written(0.00001, 1, 1, "1ms"),
    Written(0.12, 1, 120, "120ms"),
    Written(1, 1, 1000, "1s"),
    Written(8.64, 9, 8640, "8.64s"),
    Written(17.0000000001, 17, 17_000, "17s"),  # what a float adds
    Written(59.9996, 60, 60_000, "1m0s"),
    Written(86.4, 87, 86_400, "1m26.4s"),
    Written(360, 360, 360_000, "6m0s"),
    Written(3600, 3600, 3_600_000, "1h0m0s"),
    Written(86_400, 86_400, 86_400_000, "24h0m0s"),
]


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.duration)
def test_a_pause_from_now(row: Written) -> None:
    """The durations are those that Go writes, and OpenAI's headers have."""
    assert whole_seconds(row.seconds) == row.whole
    assert milliseconds(row.seconds) == row.milliseconds
    assert duration(row.seconds) == row.duration
