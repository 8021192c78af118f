"""Reads timelines while they are written, and says what is new of a run."""

from dataclasses import replace

from inflight_lab.arguments import number
from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.latency_reader import AskLatency, LatencyReader
from inflight_lab.plot.own_time import OwnTime
from inflight_lab.plot.quota_changes import AskMaxConcurrent, AskPolicy, QuotaChanges
from inflight_lab.plot.run_reader import RunReader, Settings, Sides
from inflight_lab.runs.run import Run


class PlotSource:
    """Says what is new in a server's and a client's timeline since it was last asked.

    Either of the two may be None, if it is not observed.  ``policy`` returns how the
    server counts, or None, ``max_concurrent`` how many it lets in at once, or None, and
    ``latency`` how many seconds its answers take, or None.

    A run begins here, and again with each `begin`.  Its times are in its own seconds:
    as if it had not been slowed down.

    Raises ``TypeError`` if there is no timeline at all.
    """

    def __init__(
        self,
        server: Timeline | None,
        client: Timeline | None,
        policy: AskPolicy = lambda: None,
        *,
        max_concurrent: AskMaxConcurrent = lambda: None,
        latency: AskLatency = lambda: None,
    ) -> None:
        self._sides = Sides(server, client)
        self._ask_policy = policy
        self._ask_max_concurrent = max_concurrent
        self._ask_latency = latency
        self.begin()

    def begin(self, *, slow: float = 1.0, unlimited: bool = False) -> None:
        """A new run begins now.  What happened before is no part of it.

        ``slow`` is by how much everything is slowed down, and ``unlimited`` says that
        it is known to have no limit.
        """
        time = OwnTime(self._sides.main.clock, slow=slow)
        quota = QuotaChanges(self._ask_policy, self._ask_max_concurrent, slow=slow)
        settings = Settings(quota, LatencyReader(self._ask_latency))
        self._reader = RunReader(self._sides, settings, time, unlimited=unlimited)
        self._ended: Run | None = None

    def end(self) -> Run:
        """The last news: what happens from now on is no part of the run."""
        news = replace(self.read(), live=False)
        self._ended = news.standing()
        return news

    def note_stop(self) -> None:
        """The run is being stopped before its end."""
        self._reader.stopped = True

    @property
    def now(self) -> float:
        """Seconds since the run began, or that it took."""
        return self._ended.now if self._ended else self._reader.now

    def set_limit(self, limit: float) -> None:
        """The limit is ``limit`` from now on.

        Raises an error unless it is a finite number, 0 or more.
        """
        number(0).check("limit", limit)
        self._reader.set_limit(limit)

    def read(self) -> Run:
        """What is new, and how the run stands."""
        return self._ended.standing() if self._ended else self._reader.read()
