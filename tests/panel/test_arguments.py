"""What a panel can be made of, and what it says of the rest."""

from __future__ import annotations

import gc
from typing import Any, NamedTuple

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
from tests.support.census import at_most, census
from tests.support.panels import TWO

pytestmark = pytest.mark.anyio


class Bad(NamedTuple):
    """An argument, and how the error begins."""

    name: str
    value: Any
    error: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad("runner", {}, "TypeError: runner must be a function, not called yet"),
        Bad("runner", TWO | {"b": len}, "TypeError: runner must take url and"),
        Bad("server", "http://x", "TypeError: server must be a PracticeServer(...)"),
        Bad("count", -5, "ValueError: count must be 0 or more, got -5"),
        Bad("count", True, "TypeError: count must be an integer, 0 or more, got True"),
        Bad("limit", 0, "ValueError: limit must be 1 or more, got 0"),
        Bad("limit", 2.5, "TypeError: limit must be an integer, 1 or more, got 2.5"),
        Bad("goals", [], "TypeError: goals must be functions of the Stats, by name, "),
        Bad("goals", {"fast": True}, "TypeError: goals must be plain functions of "),
        Bad("knobs", "limit", "TypeError: knobs must be names in a tuple, such as ("),
        Bad("knobs", ("lim",), "ValueError: knobs must be some of 'count', "),
        Bad("knobs", ("rate", "rate"), "ValueError: knobs must be some of 'count', "),
        Bad("strip", "429", "ValueError: strip must be one of 'in flight', "),
    ],
    ids=lambda bad: f"{bad.name} {bad.value}"[:30],
)
async def test_bad_arguments_are_refused(bad: Bad) -> None:
    """One line names the argument and says what to write; no server is started, and
    nothing is left.
    """
    good: dict[str, Any] = {
        "runner": semaphore.make_many_requests,
        "server": PracticeServer(),
    }
    before = census()
    with pytest.raises((TypeError, ValueError)) as caught:
        Panel(**(good | {bad.name: bad.value}))
    assert f"{caught.type.__name__}: {caught.value}".startswith(bad.error)
    del caught
    gc.collect()  # a complaint of what was made half-way would be an error here
    assert at_most(census(), before)
