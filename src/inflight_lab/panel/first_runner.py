"""What a panel of one runner says without naming it."""

from inflight_lab.engine.client import Outcome
from inflight_lab.observation.timeline import Timeline
from inflight_lab.panel.goals import Goal
from inflight_lab.panel.lane import Lane
from inflight_lab.server import PracticeServer


class OfFirstRunner:
    """The attributes of the first runner's lane, as attributes of the panel."""

    _first: Lane

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
        """One response or exception per request of the last run."""
        return self._first.outcomes

    @property
    def error(self) -> BaseException | None:
        """What the runner raised in the last run, or None."""
        return self._first.error

    @property
    def goals(self) -> dict[str, Goal]:
        """The conditions by which every run is judged, by name."""
        return self._first.goals.conditions

    @property
    def goals_met(self) -> dict[str, bool]:
        """Which goals the last run met, by name."""
        return self._first.goals_met
