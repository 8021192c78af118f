"""How the tests themselves wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from inflight_lab import Timeline
from tests.support.waiting import until


def test_a_wait_in_vain_says_what_was_there_instead() -> None:
    """Whoever meets the failure need not run the test again to see by how much."""
    timeline = Timeline()
    with pytest.raises(AssertionError, match=r"in_flight == 2; .*in_flight is 0"):
        asyncio.run(until(lambda: timeline.in_flight == 2, patience=0))


@pytest.mark.parametrize("condition", [bool, lambda: False])
def test_a_wait_for_anything_else_ends_too(condition: Callable[[], bool]) -> None:
    """It says what it waited for, as far as it knows."""
    with pytest.raises(AssertionError, match=r"did not happen: .*(bool|False)"):
        asyncio.run(until(condition, patience=0))
