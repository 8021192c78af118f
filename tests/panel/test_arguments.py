"""What a panel can be made of, and what it says of the rest."""

from __future__ import annotations

import asyncio
import functools
import gc
from typing import Any, NamedTuple

import pytest

from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import semaphore
from tests.support.census import at_most, census
from tests.support.panels import OpenPanel

pytestmark = pytest.mark.anyio


async def only_url(url: str) -> None:
    """No runner: the panel passes a count as well."""


class Bad(NamedTuple):
    """An argument, and how the error begins."""

    name: str
    value: Any
    error: str


TWO = {"one": semaphore.make_many_requests, "two": only_url}


@pytest.mark.parametrize(
    "bad",
    [
        Bad("runner", None, "TypeError: runner must be a function, not called yet"),
        Bad("runner", {}, "TypeError: runner must be a function, not called yet"),
        Bad("runner", TWO, "TypeError: runner must take url and count"),
        Bad(
            "server",
            "http://127.0.0.1",
            "TypeError: server must be a PracticeServer(...), got 'http://127.0.0.1'",
        ),
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


class Sender:
    """Its object is a runner, and so is its method."""

    async def __call__(self, url: str, count: int, *, client: Any) -> list[Any]:
        """Send them."""
        return list(await semaphore.make_many_requests(url, count, client=client))

    def send(self, url: str, count: int, **options: Any) -> Any:
        """What it returns can be awaited."""
        return asyncio.ensure_future(self(url, count, client=options["client"]))


@pytest.mark.parametrize("runner", [Sender(), functools.partial(Sender().send)])
async def test_what_is_a_runner(
    server: PracticeServer, open_panel: OpenPanel, runner: Any
) -> None:
    """Whatever takes url and count and returns something to await; its keywords are
    found as well.
    """
    panel = open_panel(runner, count=9)
    await panel.start()
    assert panel.status.startswith("done: 9 results in")
    assert panel.timeline.stats().accepted == server.stats().accepted == 9
