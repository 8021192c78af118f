"""Three ways to send the same requests, recorded for the landing page.

The requests are real: they go to a practice server on this computer, when the page is
made.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from inflight_lab.engine.runner import Runner
from inflight_lab.panel.lane import Lane
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.publish.record_until_shown import record_until_shown
from inflight_lab.runners import naive, paced, semaphore
from inflight_lab.runs.events import Event
from inflight_lab.runs.run import Run
from inflight_lab.server import PracticeServer

COUNT = 100
"""How many requests each way sends: all find a connection in httpx's pool."""

RATE = 40
"""How many requests a second the API allows: slow computers can send these too."""

LATENCY = 0.3
"""Seconds from a request to its answer."""


class Way(NamedTuple):
    """A way to send many requests."""

    name: str
    runner: Runner
    limit: int
    """How many requests are in flight at most, where the runner has a limit."""
    says: str
    """What the page says of it.  Names in braces stand for numbers."""
    shows: Callable[["Figures"], bool]
    """Whether a run shows what the page says."""
    notebook: str
    """Where it is explained ..."""
    link: str
    """... and the words of the link there."""


class Figures(NamedTuple):
    """A run in the numbers of which the page speaks."""

    answered: int
    refused: int
    seconds: float
    used: float
    """Share of the quota: answers, out of what the API allows in that time."""


class WayRun(NamedTuple):
    """A run of a way."""

    way: Way
    run: Run
    events: list[Event]
    """What the server saw."""

    @property
    def shows(self) -> bool:
        """Whether it shows what the page says of the way."""
        return self.way.shows(self.figures)

    @property
    def sentence(self) -> str:
        """What the page says, with the numbers of this run."""
        return self.way.says.format(
            count=COUNT,
            limit=self.way.limit,
            refused=self.figures.refused,
            seconds=f"{self.figures.seconds:.1f}",
        )

    @property
    def ending(self) -> str:
        """What became of the requests, in a few words."""
        return f"{self.figures.answered} answered, {self.figures.refused} refused"

    @property
    def figures(self) -> Figures:
        """The numbers of which the page speaks."""
        counts = self.run.counts
        seconds = counts.elapsed
        allowed = RATE * max(1.0, seconds)
        used = counts.accepted / allowed
        return Figures(counts.accepted, counts.refused, seconds, used)


def refuses_most(figures: Figures) -> bool:
    """More than half are refused, and nothing else goes wrong."""
    came_back = figures.answered + figures.refused == COUNT
    return came_back and figures.refused > COUNT / 2


def wastes_the_quota(figures: Figures) -> bool:
    """All are answered, and more than half of the quota is left unused."""
    return figures.answered == COUNT and figures.used < 0.5


def uses_the_quota(figures: Figures) -> bool:
    """All are answered, and most of the quota is used, also on a slow computer."""
    return figures.answered == COUNT and figures.used > 0.7


WAYS = (
    Way(
        name="All at once",
        runner=naive.make_many_requests,
        limit=COUNT,
        says="Over in {seconds} seconds, but the API refuses {refused} of the {count}.",
        shows=refuses_most,
        notebook="02_send_many_at_once",
        link="What went wrong",
    ),
    Way(
        name="Semaphore",
        runner=semaphore.make_many_requests,
        limit=5,
        says="At most {limit} at a time: none is refused, but it takes {seconds}"
        " seconds, and most of the quota goes unused.",
        shows=wastes_the_quota,
        notebook="03_limit_with_a_semaphore",
        link="What it limits",
    ),
    Way(
        name="Paced",
        runner=partial(paced.make_many_requests, rate=RATE),
        limit=20,
        says="Evenly spaced, just below the quota: none is refused, and all {count} are"
        " answered after {seconds} seconds. Use this one.",
        shows=uses_the_quota,
        notebook="06_pace_to_the_quota",
        link="How to write it",
    ),
)


def record_all() -> list[WayRun]:
    """A run of each way; the next begins when the last has ended.

    Raises `NotShownError` if one of them never shows what the page says of it.
    """
    return [asyncio.run(record(way)) for way in WAYS]


async def record(way: Way) -> WayRun:
    """A run of this way that shows what the page says of it."""
    return await record_until_shown(
        partial(run_once, way), what_is_not_shown, name=way.name
    )


def what_is_not_shown(recorded: WayRun) -> str:
    """What the run shows instead of what the page says; empty if it shows that."""
    if recorded.shows:
        return ""
    seconds = f"{recorded.figures.seconds:.1f} seconds"
    return f"the page says something else than {recorded.ending} in {seconds}"


async def run_once(way: Way) -> WayRun:
    """Send the requests, to a server of their own."""
    server = PracticeServer(latency=LATENCY, quota="sliding-window", rate=RATE, seed=1)
    with server:
        picture = PlainPicture(dict)
        lane = Lane(way.runner, server, {}, lambda _: None, picture=picture)
        lane.begin(COUNT, way.limit)
        await lane.run()
        lane.end()
    events, _ = server.timeline.since(0)
    return WayRun(way, lane.feed.run, events)
