"""The lanes of a panel: one for each of its runners."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from inflight_lab.engine.runner import Runner, check_runner
from inflight_lab.panel.goals import Goal
from inflight_lab.panel.lane import Lane
from inflight_lab.plot.feed import Message
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.server import PracticeServer

PostFrom = Callable[[int, Message], None]
"""Sends the page a message from the lane of that number."""


def runners_by_name(runner: Runner | Mapping[str, Runner]) -> dict[str, Runner]:
    """The runners by name; a single one is called ``""``.

    Raises ``TypeError`` if there is none, or something that is not a runner.
    """
    runners = dict(runner) if isinstance(runner, Mapping) else {"": runner}
    for each in runners.values() or [runner]:
        check_runner(each)
    return runners


def lanes_for(
    runners: Mapping[str, Runner],
    server: PracticeServer,
    *,
    goals: Mapping[str, Goal],
    post: PostFrom,
    picture: PlainPicture,
) -> dict[str, Lane]:
    """A lane for each runner; the first has ``server``, the others its twins."""
    lanes = {}
    for number, (name, runner) in enumerate(runners.items()):
        own = server.twin() if number > 0 else server
        lanes[name] = Lane(
            runner, own, goals, partial(post, number), picture=picture, name=name
        )
    return lanes


def begin_together(
    lanes: Collection[Lane], count: int, *, limit: int, slow: float
) -> None:
    """Make all ready for a run; if one cannot be, none is."""
    try:
        for lane in lanes:
            lane.begin(count, limit, slow=slow)
    except BaseException:
        for lane in lanes:
            lane.abandon()
        raise
