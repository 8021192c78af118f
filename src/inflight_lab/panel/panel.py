"""Sliders, buttons and the live plot around any runner, or around several side by side."""

import asyncio
import inspect
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import traitlets

from inflight_lab.arguments import VALIDATORS, checked, instance, one_of
from inflight_lab.engine.client import Outcome
from inflight_lab.engine.runner import Runner, check_runner
from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.controls import Controlled
from inflight_lab.panel.lane import Goal, Lane
from inflight_lab.panel.recording import save
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import QUOTAS
from inflight_lab.server.knobs import VALIDATORS as KNOBS

BLOCKED = "blocked: the runner or a cell holds up the event loop (time.sleep?); Stop waits until it returns"

SLOW = (1, 5, 20)
SHARED = {name: KNOBS[name] for name in ("latency", "rate", "quota")}
SETTINGS = {
    "limit": VALIDATORS["limit"],
    "count": VALIDATORS["count"],
    "slow": one_of(*SLOW),
    **SHARED,
}
"""What may be set on the panel; the shared ones are the server's, on every panel that it has."""

_panels: WeakSet["Panel"] = WeakSet()
"""All that are open: those on one server show the same knobs."""


def _of_the_first(name: str, doc: str) -> Any:
    return property(lambda panel: getattr(panel._first, name), doc=doc)


class Panel(Controlled):
    """Runs ``runner(url, count)`` against ``server`` at the press of a button, and shows it live.

    ``runner`` is whatever can be called with those two and returns something to await:
    one of the ladder, the coroutine function you have just written, a
    ``functools.partial``, a method, an object.  What it takes beyond them is used:
    ``client`` to draw the client's own count, ``limiter`` to change the limit while
    requests fly, ``return_exceptions`` to lose no outcome.

    Several runners by name, ``{"naive": ..., "semaphore": ...}``, run side by side from
    one click, on one axis of time, each against a server of its own: the first has
    ``server``, the others its twins.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended,
    for example ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda
    stats: stats.elapsed < 4}``; ``goals_met`` then says which are met, by name.  A run
    that was stopped, or whose runner raised, meets none: a goal that does not hold is
    missed, one that holds so far stays open and is not in ``goals_met``.

    ``count``, ``limit`` and ``slow`` are where their controls begin, ``max_count`` and
    ``max_limit`` where the sliders end.  These three, ``latency``, ``rate`` and
    ``quota`` are traits: set one, also during a run, and its slider moves; ``observe``
    it, or ``jslink`` it to a widget of your own.  ``running`` and ``status`` can be
    observed too.

    After a run ``outcomes`` holds one response or exception per request, and ``error``
    what the runner raised, or None.  Of several runners these are the first one's;
    ``lanes`` has all, by name.

    In slow motion latency, quota, the runner's own pauses and the timeouts of the
    client it is given all take so many times as long, and every request is drawn: the
    same run, slow enough to follow.  Goals are judged as if it were not.  Panels on one
    server share its knobs, and while several run, the slow motion of the first.

    A run ends within a second of Stop, whatever the runner does: it is cancelled, asked
    again, then abandoned.  Only code that blocks (``time.sleep``, a loop without
    ``await``) has to return first.  A thread that the runner started goes on, and so
    does the plot, until the server has nothing more to do or the panel is closed.

    Make it in a notebook cell, on the event loop that runs there, and let that cell
    end: ``start`` and the buttons run in the background, and while a cell awaits,
    sliders may have to wait as well.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before any server is
    started, and ``RuntimeError`` where no event loop runs.
    """

    lanes: "traitlets.Dict[str, Lane]" = traitlets.Dict(
        help="Each runner at work, by name."
    )
    limit, count, slow, latency, rate, quota = (
        traitlets.Any().tag(sync=True) for _ in SETTINGS
    )

    server: PracticeServer = _of_the_first("server", "What answers the first runner.")
    timeline: Timeline = _of_the_first(
        "timeline", "What the first runner's client saw."
    )
    outcomes: list[Outcome] = _of_the_first(
        "outcomes", "One response or exception per request."
    )
    error: BaseException | None = _of_the_first(
        "error", "What the runner raised in the last run, if it did."
    )
    goals: dict[str, Goal] = _of_the_first(
        "goals", "The conditions by which every run is judged, by name."
    )
    goals_met: dict[str, bool] = _of_the_first(
        "goals_met", "Which goals the last run met, by name."
    )

    @checked(
        server=instance(PracticeServer),
        goals=instance(Mapping, "functions of the Stats, by name"),
    )
    def __init__(
        self,
        runner: Runner | Mapping[str, Runner],
        *,
        server: PracticeServer,
        count: int = 200,
        limit: int = 3,
        slow: int = 1,
        goals: Mapping[str, Goal] | None = None,
        max_count: int = 1000,
        max_limit: int = 50,
    ) -> None:
        loop = asyncio.get_running_loop()
        runners = dict(runner) if isinstance(runner, Mapping) else {"": runner}
        for each in runners.values() or [runner]:
            check_runner(each)
        for name, goal in (goals or {}).items():
            if not callable(goal) or inspect.iscoroutinefunction(goal):
                raise TypeError(
                    f"goals must be plain functions of the Stats, got {name!r}: {goal!r}"
                )
        for name, each in runners.items():
            own = server.twin() if self.lanes else server
            post = partial(self._post, len(self.lanes))
            self.lanes[name] = Lane(each, own, goals or {}, post, name=name)
        self._first = next(iter(self.lanes.values()))
        self._at_first = {"limit": limit, "count": count, "slow": slow}
        self._at_first |= {name: getattr(server, name) for name in SHARED}
        super().__init__(
            loop,
            [lane.feed for lane in self.lanes.values()],
            status="ready",
            _page={
                "adjustable": any(lane.adjustable for lane in self.lanes.values()),
                "quotas": QUOTAS,
                "slow": SLOW,
                "period": server.period,
                "most": {
                    "limit": max_limit,
                    "count": max_count,
                    "latency": 2.0,
                    "rate": 300,
                },
            },
            **self._at_first,
        )
        self._show_goals()
        # It may change in any thread.
        self.observe(
            lambda change: loop.call_soon_threadsafe(self._apply, change.name),
            list(self._at_first),
        )
        _panels.add(self)
        closed_on_rerun(self._discard)

    def stop(self) -> None:
        """Cancel what is in flight and send no more.  The run ends within a second."""
        if self.running:
            self.status = "stopping …"
            for lane in self.lanes.values():
                lane.stop()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        if self._task:
            await asyncio.wait([self._task])
        for lane in self.lanes.values():
            lane.reset()
        self._show_goals()
        for name, value in self._at_first.items():
            setattr(self, name, value)
        self.status = "ready"

    def save_recording(self, path: str | Path) -> None:
        """Write the last run to a file, for `Replay` to show again without sending anything.

        Raises ``ValueError`` if there was none or it was too long, ``OSError`` if the
        file cannot be written.
        """
        save(path, {name: lane.recorded() for name, lane in self.lanes.items()})

    @traitlets.validate(*SETTINGS)
    def _check(self, proposal: Any) -> Any:
        """Raise ``TypeError`` or ``ValueError`` that says what is allowed."""
        name = proposal["trait"].name
        SETTINGS[name].check(name, proposal["value"])
        return proposal["value"]

    def _discard(self) -> None:
        """The cell was run again.  IPython's ``Out`` keeps the panel for good, so it lets go of the rest."""
        if self._task:
            self._task.add_done_callback(self._forget)

    def _forget(self, _: object) -> None:
        for lane in self.lanes.values():
            lane.forget()

    def close(self) -> None:
        """Stop, take it off the page, and stop the servers that were made for it."""
        super().close()
        for lane in list(self.lanes.values())[
            1:
        ]:  # the first one's server was given, and serves on
            lane.server.stop()

    def _begin(self) -> None:
        for lane in self.lanes.values():
            lane.begin(self.count, self.limit, slow=self.slow)
        self._show_goals()
        self.status = "running"

    async def _go(self) -> None:
        watch = self._loop.create_task(self._watch_for_blocks())
        try:
            await asyncio.gather(*(lane.run() for lane in self.lanes.values()))
        finally:
            watch.cancel()

    def _ended(self) -> None:
        ended = [
            lane.end() for lane in self.lanes.values()
        ]  # all at one time, so that their axes end alike
        self._show_goals()
        self.status = " · ".join(ended)
        super()._ended()

    async def _watch_for_blocks(self) -> None:
        """Say so, from another thread, while the loop does not turn: no button is heard then."""
        while sys.platform != "emscripten":  # where there are no threads
            alarm = threading.Timer(1.5, setattr, (self, "status", BLOCKED))
            alarm.daemon = True
            alarm.start()
            try:
                await asyncio.sleep(0.5)
            finally:
                alarm.cancel()
            if self.status == BLOCKED:
                self.status = "running"

    def _show_goals(self) -> None:
        self._lanes = [lane.shown for lane in self.lanes.values()]

    def _apply(self, name: str) -> None:
        """Set by a person, a cell, another panel or a linked widget.  Of several in a row the last counts."""
        value = getattr(self, name)
        if name == "limit":
            for lane in self.lanes.values():
                lane.set_limit(value)
        elif name in SHARED and any(
            getattr(lane.server, name) != value for lane in self.lanes.values()
        ):
            for panel in list(_panels):  # else another panel has turned it
                if panel.server is self.server:
                    for lane in panel.lanes.values():
                        setattr(lane.server, name, value)
                    setattr(panel, name, value)

    def _press(self, button: str) -> None:
        if button == "reset":
            self._resetting = self._loop.create_task(self.reset())
        else:
            super()._press(button)
