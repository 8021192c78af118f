"""Sliders, buttons and the live plot around one runner, or several side by side."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import traitlets

from inflight_lab.arguments import checked, instance, one_of
from inflight_lab.engine.runner import Runner
from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.panel.blocked import BLOCKED, watch_for_blocks
from inflight_lab.panel.first_runner import OfFirstRunner
from inflight_lab.panel.goals import Goal, check_goals
from inflight_lab.panel.lane import Lane
from inflight_lab.panel.lanes import begin_together, lanes_for, runners_by_name
from inflight_lab.panel.settable import Settable
from inflight_lab.panel.settings import (
    SHARED,
    SOME_SETTINGS,
    STRIPS,
    knobs_of,
    page_of,
)
from inflight_lab.panel.shared_knobs import (
    differs_from_a_server,
    share_knobs,
    turn_on_all_panels,
)
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.runs.recording import save
from inflight_lab.runs.run import Run
from inflight_lab.server import PracticeServer

STOPPING = "stopping …"


class Panel(OfFirstRunner, Settable):
    """Runs ``runner(url, count)`` at the press of a button, and shows it live.

    The requests go to ``server``.

    >>> panel = Panel(semaphore.make_many_requests, server=server, count=60, limit=3)
    >>> panel  # as the last line of a cell, this shows it

    ``runner`` is any callable that takes these two and returns an awaitable: a rung of
    the ladder, the coroutine function that you have just written, a
    ``functools.partial``, a method or an object.  If it also takes one of these
    keywords, the panel passes it:
    ``client`` to draw the client's own count, ``limiter`` to change the limit while
    requests are in flight, ``return_exceptions=True`` to get every outcome.

    Several runners by name, ``{"naive": ..., "semaphore": ...}``, run side by side with
    one click, on the same time axis.  Each has a server of its own: the first one has
    ``server``, and the others have copies of it.

    ``goals`` are named conditions on the server's `Stats`, judged when a run has ended,
    for example ``{"no 429": lambda stats: stats.refused == 0, "under 4 s": lambda
    stats: stats.elapsed < 4}``; ``goals_met`` then says which are met, by name.  A run
    that was stopped, or whose runner raised, meets none: a goal that does not hold is
    missed, one that holds so far stays open and is not in ``goals_met``.  ``elapsed``
    is what the sentence above the picture says, rounded as there: from the first
    request that was asked for to the last answer that came back.

    ``knobs`` names the settings that always stand on the page; the others are under
    *More*.  ``strip`` is what the one strip below the requests shows: how many are "in
    flight", or the "rate" at which they are sent, against the quota.

    ``count``, ``limit`` and ``slow`` are where their controls begin, ``max_count`` and
    ``max_limit`` where the sliders end.  These three, ``latency``, ``rate`` and
    ``quota`` are traits: set one, also during a run, and its slider moves; ``observe``
    it, or ``jslink`` it to a widget of your own.  ``running`` and ``status`` can be
    observed too.

    After a run ``outcomes`` holds one response or exception per request, and ``error``
    what the runner raised, or None.  Of several runners these are the first one's;
    ``lanes`` has all, by name.

    In slow motion latency, quota, the runner's own pauses and the timeouts of the
    client it is given are all multiplied by ``slow``, and every request is drawn: the
    same run, slow enough to follow.  Goals are judged as if it were not slowed down.
    Panels on one server share its knobs, and while several run, the slow motion of the
    first.

    A run ends within a second of Stop, whatever the runner does: it is cancelled, asked
    again, then abandoned.  Only code that blocks (``time.sleep``, a loop without
    ``await``) has to return first.  A thread that the runner started goes on, and so
    does the plot, until the server has nothing more to do or the panel is closed.

    Make it in a notebook cell, on the event loop that runs there, and let that cell
    end: ``start`` and the buttons run in the background.  While another cell awaits
    something, the sliders may react only after it.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, before any server is
    started, and ``RuntimeError`` where no event loop runs.
    """

    lanes: "traitlets.Dict[str, Lane]" = traitlets.Dict(
        help="Each runner at work, by name."
    )

    @checked(
        server=instance(PracticeServer),
        goals=instance(Mapping, "functions of the Stats, by name"),
        knobs=SOME_SETTINGS,
        strip=one_of(*STRIPS),
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
        knobs: Sequence[str] = ("limit",),
        strip: str = "in flight",
    ) -> None:
        loop = asyncio.get_running_loop()
        runners = runners_by_name(runner)
        goals = goals or {}
        check_goals(goals)
        self._picture = PlainPicture(self._runs)
        self.lanes = lanes_for(
            runners, server, goals=goals, post=self._post, picture=self._picture
        )
        self._first = next(iter(self.lanes.values()))
        sliders = {"limit": limit, "count": count, "slow": slow}
        self._initial = sliders | knobs_of(server)
        self._strip = strip
        page = page_of(
            knobs,
            server,
            limits=[lane.limits for lane in self.lanes.values()],
            max_count=max_count,
            max_limit=max_limit,
            strip=strip,
        )
        super().__init__(
            loop,
            [lane.feed for lane in self.lanes.values()],
            status="ready",
            _page=page,
            **self._initial,
        )
        self._show_goals()
        self._apply_what_is_set()
        share_knobs(self)
        closed_on_rerun(self._clear_when_over)

    def stop(self) -> None:
        """Cancel what is in flight and send no more.  The run ends within a second."""
        if self.running:
            for lane in self.lanes.values():
                lane.stop()
            self._say_under_way()

    async def reset(self) -> None:
        """Stop, forget the last run, and put every slider back where it began."""
        self.stop()
        if self._task:
            await asyncio.wait([self._task])
        for lane in self.lanes.values():
            lane.reset()
        self._show_goals()
        for name, value in self._initial.items():
            setattr(self, name, value)
        self._say("ready")

    def save_recording(self, path: str | Path) -> None:
        """Write the last run to a file; `Replay` shows it without sending anything.

        Raises ``ValueError`` if there was none or it was too long, ``OSError`` if the
        file cannot be written.
        """
        save(path, self._runs())

    def close(self) -> None:
        """Stop, take it off the page, and stop the servers that were made for it."""
        super().close()
        for lane in self.lanes.values():
            if lane is not self._first:  # its server was given, and goes on
                lane.server.stop()

    def _runs(self) -> dict[str, Run]:
        return {name: lane.feed.run for name, lane in self.lanes.items()}

    def _begin(self) -> None:
        lanes = self.lanes.values()
        begin_together(lanes, self.count, limit=self.limit, slow=self.slow)
        self._show_goals()
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
        # All together, so that their time axes end at the same moment.
        ends = [lane.end() for lane in self.lanes.values()]
        self._show_goals()
        notices = [end.notice for end in ends if end.notice]
        self._say(" · ".join(end.status for end in ends), " · ".join(notices))
        super()._ended()

    def _say(self, status: str, notice: str = "") -> None:
        """Say how things stand, and on the page what no picture shows."""
        self.status = status
        self.notice = notice

    def _say_blocked(self) -> None:
        self._say(BLOCKED, BLOCKED)

    def _say_unblocked(self) -> None:
        if self.status == BLOCKED:
            self._say_under_way()

    def _say_under_way(self) -> None:
        if any(lane.stopping for lane in self.lanes.values()):
            self._say(STOPPING, STOPPING)
        else:
            self._say("running")

    def _show_goals(self) -> None:
        self._headings = [lane.heading() for lane in self.lanes.values()]

    def _apply(self, name: str) -> None:
        """Make a setting take effect.  Of several values in a row the last counts."""
        if name == "limit":
            for lane in self.lanes.values():
                lane.set_limit(self.limit)
        elif name in SHARED and differs_from_a_server(self, name):
            turn_on_all_panels(self.server, name, getattr(self, name))

    def _press(self, button: str) -> None:
        if button == "reset":
            # Kept, because the loop itself keeps only weak references to tasks.
            self._resetting = self._loop.create_task(self.reset())
        else:
            super()._press(button)

    def _clear_when_over(self) -> None:
        """Drop the last run: IPython's ``Out`` keeps the panel itself for good."""
        if self._task:
            self._task.add_done_callback(lambda _: self._clear())

    def _clear(self) -> None:
        for lane in self.lanes.values():
            lane.clear_result()
            lane.feed.clear()
