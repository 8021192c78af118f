"""One runner at work: its server, what both sides saw, its goals, and the plot of it all."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from inflight_lab.engine.run import GRACE, TIMEOUT, Run
from inflight_lab.engine.runner import Runner, takes
from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.live_plot import Feed
from inflight_lab.plot.points import Message, PlotSource
from inflight_lab.runs.events import Stats
from inflight_lab.server import PracticeServer

Goal = Callable[[Stats], bool]

MARKS = {None: "○", True: "✔", False: "✘"}
"""What stands before a goal that is open, met or missed."""

MOST = 100_000
"""So many rows and messages of a run are kept for a recording: minutes, at full speed."""

_under_way: list["Lane"] = []
"""Those that run now: of several on one server, the first sets the slow motion."""


class Lane:
    """Runs ``runner`` against ``server`` as often as asked, and keeps what came of the last time.

    ``post`` is given what the page is to draw.
    """

    def __init__(
        self,
        runner: Runner,
        server: PracticeServer,
        goals: Mapping[str, Goal],
        post: Callable[[Message], None],
        *,
        name: str = "",
    ) -> None:
        self.runner, self.server, self.goals, self.name = (
            runner,
            server.start(),
            dict(goals),
            name,
        )
        self.timeline = Timeline(period=server.period)
        self.forget()
        self.slow = 1.0
        self.adjustable, self._observed = (
            takes(runner, "limiter"),
            takes(runner, "client"),
        )
        client = self.timeline if self._observed else None
        self._post = post
        self.feed = Feed(
            PlotSource(server.timeline, client, lambda: server.quota_policy),
            self._send,
            name,
        )
        self._run: Run | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What stands above the plot: the name, and every goal with whether it is met."""
        met = {name: self.goals_met.get(name) for name in self.goals}
        goals = [
            [f"{MARKS[met[name]]} {name}{self._why.get(name, '')}", met[name]]
            for name in self.goals
        ]
        return {"name": self.name, "goals": goals}

    def begin(self, count: int, limit: int, *, slow: float = 1) -> None:
        """Make ready for a run, ``slow`` times as slow as usual, and start the plot."""
        self.feed.stop()  # that of the last run, so that its end is not noted in this one
        self.forget()
        if not is_busy(self.server):
            self.server.reset()
            self.server.slow = slow
        _under_way.append(self)
        self.slow, self.timeline.period = self.server.slow, self.server.timeline.period
        more = slowed_down(self.runner, self.slow) if self.slow != 1 else {}
        self._run = Run(
            self.runner,
            self.server.url,
            count,
            limit=limit,
            timeline=self.timeline,
            more=more,
            timeout=self.slow * TIMEOUT,
        )
        self.feed.start(numbered=self.slow != 1)
        if self.adjustable:
            self.feed.set_limit(limit)
        if not self._observed:
            self.server.timeline.start(count)

    async def run(self) -> None:
        """The run that was begun; its plot is left running."""
        assert self._run
        try:
            await self._run.outcomes()
        finally:
            # The server learns a moment later that a client hung up; the picture should
            # end with that.
            for _ in range(10):
                if self.server.timeline.in_flight:
                    await asyncio.sleep(0.02)

    def end(self) -> str:
        """Judge the goals and stop the plot; returns the run in a few words."""
        assert self._run
        run, self._run = self._run, None
        self.outcomes, self.error = run.result
        _under_way.remove(self)
        self._stop_plot(follow=not self._observed and bool(run.stopped or self.error))
        if not is_busy(self.server):
            self.server.slow = 1
        self._judge_goals(finished=not (run.stopped or self.error))
        return self._sum_up(run)

    def stop(self) -> None:
        """Cancel what is in flight and send no more."""
        if self._run:
            self._run.stop()

    def set_limit(self, limit: int) -> None:
        """Change the limit of the run that is under way, if its runner takes a limiter."""
        if self._run and self._run.limiter:
            self._run.limiter.limit = limit
            self.feed.set_limit(limit)

    def recorded(self) -> list[Message]:
        """The messages of the last run.  Raises ``ValueError`` if there are none, or too many."""
        if not self._noted:
            raise ValueError("there is no run to record yet: start one first")
        if self._noted > MOST:
            raise ValueError(
                f"the run is too long to be recorded: it brought more than {MOST:,} rows"
            )
        return self._messages

    def reset(self) -> None:
        """As before the first run."""
        self.feed.stop()
        self.forget()
        if not is_busy(self.server):
            self.server.reset()
        self.feed.clear()

    def forget(self) -> None:
        """Let go of what the last run brought."""
        self.outcomes, self.error = [], None
        self.goals_met: dict[str, bool] = {}
        self._why: dict[str, str] = {}
        self._messages: list[Message] = []
        self._noted = 0
        self.timeline.reset()

    def _send(self, message: Message) -> None:
        """To the page and, where there is anything new in it, into the recording."""
        self._post(message)
        if "reset" not in message and (
            message["series"] or message["rows"] or not message["live"]
        ):
            self._noted += 1 + len(message["rows"])
            if self._noted <= MOST:
                self._messages.append(message)

    def _stop_plot(self, waiting: int = 0, *, follow: bool = True) -> None:
        """Now, or with ``follow`` once the server has nothing to do: after Stop threads go on."""
        stats, alone = self.server.stats(), not is_busy(self.server)
        if follow and alone and (stats.in_flight or stats.waiting != waiting):
            asyncio.get_running_loop().call_later(
                2 * GRACE, self._stop_plot, stats.waiting
            )
        elif not self._run:  # else the next one has begun
            if alone and not self._observed:
                self.server.timeline.cancel_waiting()
            self.feed.stop()

    def _judge_goals(self, *, finished: bool) -> None:
        """By the server's numbers.  A run that was cut short meets no goal: what holds so far stays open."""
        stats = self.server.stats()
        stats = replace(stats, elapsed=stats.elapsed / self.slow)
        for name, goal in self.goals.items():
            try:
                met = bool(goal(stats))
            except BaseException as error:
                met, self._why[name] = False, f": {in_words(error)}"
            if finished or not met:
                self.goals_met[name] = met

    def _sum_up(self, run: Run) -> str:
        stats = self.timeline.stats() if self._observed else self.server.stats()
        text = f"{len(self.outcomes)} outcomes in {stats.elapsed:.1f} s"
        lost = stats.waiting + stats.in_flight + stats.cancelled
        if self.error and not (
            run.stopped and isinstance(self.error, asyncio.CancelledError)
        ):
            text = f"the runner raised {in_words(self.error)}"
        elif run.stopped:
            text = f"stopped: {text}, {lost} {'cancelled' if self._observed else 'not answered by then'}"
        else:
            text = f"done: {text}"
        if run.abandoned:
            what = "of its tasks went on when cancelled (a bare except does that), and were abandoned"
            text += f"; {run.abandoned} {what}"
        return f"{self.name}: {text}" if self.name else text


def is_busy(server: PracticeServer) -> bool:
    """Whether a lane of any panel runs on ``server`` now."""
    return any(lane.server is server for lane in _under_way)


def in_words(error: BaseException) -> str:
    """The class and the text of ``error``, whatever its ``__str__`` does, and no more than fits a line."""
    try:
        text = str(error)
    except BaseException:
        text = "(which cannot be printed)"
    return f"{type(error).__name__}: {text[:500]}"


def slowed_down(runner: Runner, slow: float) -> dict[str, float]:
    """The runner's own times, ``slow`` times as long: those of the ladder are ``period`` and ``pause``."""
    parameters = inspect.signature(runner).parameters
    times = {
        name: parameters[name].default
        for name in ("period", "pause")
        if name in parameters
    }
    return {
        name: slow * time
        for name, time in times.items()
        if isinstance(time, int | float)
    }
