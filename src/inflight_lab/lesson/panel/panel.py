"""Run, Stop, sliders and a live plot around one runner, or several side by side."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from inflight_lab.lesson.cells import closed_on_rerun
from inflight_lab.lesson.engine.outcomes import Outcome
from inflight_lab.lesson.engine.runner import Runner
from inflight_lab.lesson.panel.blocked import BLOCKED, watch_for_blocks
from inflight_lab.lesson.panel.expected import spacing_of
from inflight_lab.lesson.panel.goals import Goal, check_goals
from inflight_lab.lesson.panel.lane import Lane, runners_by_name
from inflight_lab.lesson.panel.settings import (
    NAMES,
    OF_THE_SERVER,
    Settings,
    check_setting,
    fixed_for,
)
from inflight_lab.lesson.plot.modules import PRESENTABLE, script, style
from inflight_lab.lesson.plot.widget_page import WidgetPage
from inflight_lab.lesson.runs.run import Run
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.server.practice_server import PracticeServer

PAGE = Path(__file__).parent / "page"
STOPPING = "stopping …"


class Panel(Settings, anywidget.AnyWidget):
    """Runs ``runner(url, count)`` at the press of a button, and shows it live.

    The requests go to ``server``.

    >>> panel = Panel(semaphore.make_many_requests, server=server, count=60, limit=3)
    >>> panel  # as the last line of a cell, this shows it

    ``runner`` is any callable that takes these two and returns an awaitable: a rung of
    the ladder, the coroutine function that you have just written, a
    ``functools.partial``, a method or an object.  The panel passes these keywords if
    the runner takes them: ``client`` to draw the client's own count, ``limiter`` to
    change the limit while requests are in flight, and ``return_exceptions=True`` to get
    every outcome.

    Several runners by name, ``{"naive": ..., "semaphore": ...}``, run side by side with
    one click, on one clock.  The first one has ``server``, and each of the others has a
    copy of it.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended,
    for example ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda
    stats: stats.elapsed < 4}``.  ``goals_met`` then says by name which are met, and the
    page lists the last tries.  If a run was stopped, or its runner raised, it meets no
    goal: one that holds so far stays open, and is not in ``goals_met``.  ``elapsed``
    counts from the first request that was asked for to the end of the last, rounded as
    in the sentence above the picture.

    ``knobs`` names the settings that the page always shows; the others are behind the
    button "⋯".  ``count`` and ``limit`` are where their sliders begin.  ``count``,
    ``limit``, ``latency`` and ``rate`` are traits.  Set one, also during a run, and its
    slider moves, even beyond its end.  ``observe`` it, or ``jslink`` it to a widget of
    your own.  ``running`` and ``status`` can be observed too.  ``strip`` names the line
    below the requests: how many are "in flight", or the "rate" at which they are sent.

    After a run ``outcomes`` holds one response or exception per request, and ``error``
    what the runner raised, or None.  Of several runners these are the first one's;
    ``lanes`` has all, by name.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, and ``RuntimeError``
    where no event loop runs.
    """

    _esm = script(PAGE / "panel.js")
    _css = style(*PRESENTABLE, PAGE / "panel.css")

    running = traitlets.Bool(help="Whether requests are flying now.").tag(sync=True)
    notice = traitlets.Unicode(help="What no picture shows, or nothing.").tag(sync=True)
    status = traitlets.Unicode("ready", help="How things stand, in a line.")
    _lanes: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    _fixed: "traitlets.Dict[str, Any]" = traitlets.Dict(
        help="What never changes: which sliders always stand there, and the terms."
    ).tag(sync=True)
    _heard: "traitlets.Dict[str, int]" = traitlets.Dict(
        help="The last move of each input of a page that was dealt with, by its id."
    ).tag(sync=True)

    _page: WidgetPage | None = None

    def __init__(
        self,
        runner: Runner | Mapping[str, Runner],
        *,
        server: PracticeServer,
        count: int = 200,
        limit: int = 3,
        goals: Mapping[str, Goal] | None = None,
        knobs: Sequence[str] = ("limit",),
        strip: str = "in flight",
    ) -> None:
        self._loop = asyncio.get_running_loop()
        runners = runners_by_name(runner)
        if not isinstance(server, PracticeServer):
            raise TypeError(f"server must be a PracticeServer(...), got {server!r}")
        check_setting("count", count)
        check_setting("limit", limit)
        goals = {} if goals is None else goals
        check_goals(goals)
        fixed = fixed_for(server, knobs=knobs, strip=strip)
        self._task: asyncio.Task[None] | None = None
        self._initial = {
            "limit": limit,
            "count": count,
            **{name: getattr(server, name) for name in OF_THE_SERVER},
        }
        super().__init__(_fixed=fixed, **self._initial)
        self._page = WidgetPage(self, self._expected)
        self._page.picture.panel = {
            "names": list(runners),
            "sliders": list(knobs),
            "strip": strip,
            "quota": fixed["terms"]["quota"],
            "spacing": max(map(spacing_of, runners.values())),
            **self._initial,
        }
        self.lanes = self._make_lanes(runners, server, goals)
        self._show_lanes()
        self.observe(self._on_setting, list(NAMES))
        self.on_msg(lambda _, message, __: self._on_message(message))
        closed_on_rerun(self._clear_when_over)

    def start(self) -> asyncio.Task[None]:
        """Run in the background; returns the task at once.

        If it runs already, that task is returned and nothing else happens.
        """
        if self._task is None or self._task.done():
            self._begin()
            self._task = self._loop.create_task(self._go())
            self._task.add_done_callback(lambda _: self._ended())
        return self._task

    def stop(self) -> None:
        """Cancel what is in flight and send no more.  The run ends within a second."""
        if self.running:
            for lane in self.lanes.values():
                lane.stop()
            self._say_under_way()

    async def finished(self) -> None:
        """Wait until the run is over, however it ends.  Returns at once without a run.

        Afterwards the picture is drawn again, for front ends that only show what the
        waiting cell sends.
        """
        if self._task is not None:
            await asyncio.wait([self._task])
            if self._page:
                self._page.picture.update()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        await self.finished()
        if not self.running:  # nobody has pressed Run meanwhile
            self._forget()

    def _forget(self) -> None:
        for lane in self.lanes.values():
            lane.reset()
        self._show_lanes()
        for name, value in self._initial.items():
            setattr(self, name, value)
        self._say("ready")

    def close(self) -> None:
        """Stop, take it off the page, and stop the servers that were made for it."""
        if self._page:  # ipywidgets also closes what was refused and never made
            self.stop()
            self._page.close()
            for lane in self.lanes.values():
                if lane.server is not self.server:
                    lane.server.stop()
        super().close()

    @property
    def server(self) -> PracticeServer:
        """The server of the first runner."""
        return self._first.server

    @property
    def timeline(self) -> Timeline:
        """What the first runner's client saw."""
        return self._first.timeline

    @property
    def outcomes(self) -> list[Outcome]:
        """One response or exception per request of the first runner's last run."""
        return self._first.outcomes

    @property
    def error(self) -> BaseException | None:
        """What the first runner raised in the last run, or None."""
        return self._first.error

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the first runner's last run met, by name."""
        return self._first.goals_met

    @property
    def _first(self) -> Lane:
        return next(iter(self.lanes.values()))

    def _make_lanes(
        self,
        runners: Mapping[str, Runner],
        server: PracticeServer,
        goals: Mapping[str, Goal],
    ) -> dict[str, Lane]:
        """A lane for each runner; the first has ``server``, the others its twins."""
        assert self._page
        lanes: dict[str, Lane] = {}
        for name, runner in runners.items():
            own = server.twin() if lanes else server
            lanes[name] = Lane(name, runner, server=own, goals=goals, page=self._page)
        return lanes

    def _expected(self) -> dict[str, Run]:
        """What the picture shows until there is a run."""
        return {
            name: lane.expected(self.count, self.limit)
            for name, lane in self.lanes.items()
        }

    # A run

    def _begin(self) -> None:
        for lane in self.lanes.values():
            lane.begin(self.count, self.limit)
        self.running = True
        self._show_lanes()
        self._say_under_way()

    async def _go(self) -> None:
        watch = self._loop.create_task(
            watch_for_blocks(self._say_blocked, self._say_unblocked)
        )
        try:
            await asyncio.gather(*(lane.run() for lane in self.lanes.values()))
        finally:
            watch.cancel()

    def _ended(self) -> None:
        settings = {name: getattr(self, name) for name in NAMES}
        # All together, so that their pictures end at the same moment.
        ends = [lane.end(settings) for lane in self.lanes.values()]
        self._show_lanes()
        notices = [end.notice for end in ends if end.notice]
        self._say(" · ".join(end.status for end in ends), " · ".join(notices))
        self.running = False

    def _clear_when_over(self) -> None:
        """Drop the last run, because IPython's ``Out`` keeps the panel for good."""
        if self._task:
            self._task.add_done_callback(lambda _: self._clear())

    def _clear(self) -> None:
        for lane in self.lanes.values():
            lane.clear_result()
            lane.feed.clear()

    # What it says

    def _say(self, status: str, notice: str = "") -> None:
        """Set the status, and the notice on the page."""
        self.status = status
        self.notice = notice

    def _say_blocked(self) -> None:
        self._say(BLOCKED, BLOCKED)

    def _say_unblocked(self) -> None:
        if self.status == BLOCKED:
            self._say_under_way()

    def _say_under_way(self) -> None:
        stopping = any(lane.stopping for lane in self.lanes.values())
        self._say(STOPPING if stopping else "running")

    def _show_lanes(self) -> None:
        self._lanes = [lane.on_page() for lane in self.lanes.values()]

    # What is set: by a person, a cell, or a linked widget

    @traitlets.validate(*NAMES)
    def _check(self, proposal: Any) -> Any:
        """Raise ``TypeError`` or ``ValueError`` that says what is allowed."""
        check_setting(proposal["trait"].name, proposal["value"])
        return proposal["value"]

    def _on_setting(self, change: Any) -> None:
        self._loop.call_soon_threadsafe(self._apply, change.name)

    def _apply(self, name: str) -> None:
        """Make a setting take effect.  Of several values in a row the last counts."""
        for lane in self.lanes.values():
            if name == "limit":
                lane.set_limit(self.limit)
            elif name in OF_THE_SERVER:
                setattr(lane.server, name, getattr(self, name))

    # What a person does on a page

    def _on_message(self, message: dict[str, Any]) -> None:
        """It may come in another thread; all is done on the loop of the panel."""
        if "move" in message:
            self._loop.call_soon_threadsafe(self._obey, message)

    def _obey(self, message: dict[str, Any]) -> None:
        """Do what an input of a page asks for, and tell the page that it is done.

        marimo sends each message as an HTTP request of its own, so a move may arrive
        late, after the next one.  Then it does not count.
        """
        source = message["input"]
        latest = self._heard.get(source, 0)
        try:
            if message["move"] > latest:
                self._do(message)
        finally:
            self._heard = self._heard | {source: max(message["move"], latest)}

    def _do(self, message: dict[str, Any]) -> None:
        match message:
            case {"press": "run"}:
                self.start()
            case {"press": "stop"}:
                self.stop()
            case {"press": "reset"} if not self.running:
                self._forget()  # at once: Run may be the next message
            case {"press": "reset"}:
                # Kept, because the loop itself keeps only weak references to tasks.
                self._resetting = self._loop.create_task(self.reset())
            case {"set": name, "value": value} if name in NAMES:
                setattr(self, name, value)

    def _ipython_display_(self) -> None:
        assert self._page
        self._page.show()
