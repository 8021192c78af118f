"""What a panel can be made of, and what it says of the rest."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
from tests.support.census import at_most, census
from tests.support.panels import TWO

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("runner", {}, "TypeError: runner must be a function, not called yet"),
        ("runner", TWO | {"b": len}, "TypeError: runner must take url and"),
        ("server", "http://x", "TypeError: server must be a PracticeServer(...)"),
        ("count", True, "TypeError: count must be an integer, 0 or more, got True"),
        ("limit", 0, "ValueError: limit must be 1 or more, got 0"),
        ("goals", [], "TypeError: goals must be functions of the Stats, by name, "),
        (
            "goals",
            {"a": True},
            "TypeError: goals must be plain functions of the Stats, ",
        ),
        ("goals", {"a": asyncio.sleep}, "plain functions of the Stats, got 'a'"),
        ("knobs", "limit", "TypeError: knobs must be names in a tuple, such as ("),
        ("knobs", ("lim",), "ValueError: knobs must be some of 'count', "),
        ("knobs", ("rate", "rate"), "ValueError: knobs must be some of 'count', "),
        ("strip", "429", "ValueError: strip must be one of 'in flight', "),
    ],
)
async def test_bad_arguments_are_refused(name: str, value: Any, error: str) -> None:
    """One line names the argument and says what to write; no server is started, and
    nothing is left.
    """
    good: dict[str, Any] = {
        "runner": semaphore.make_many_requests,
        "server": PracticeServer(),
    }
    before = census()
    with pytest.raises((TypeError, ValueError)) as caught:
        Panel(**(good | {name: value}))
    assert error in f"{caught.type.__name__}: {caught.value}"
    del caught
    gc.collect()  # a complaint of what was made half-way would be an error here
    assert at_most(census(), before)
