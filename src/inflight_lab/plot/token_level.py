"""How many tokens were used in the last period of a quota."""

from inflight_lab.observation.timeline import Timeline
from inflight_lab.runs.levels import Point, level
from inflight_lab.runs.quota_policy import QuotaPolicy


class TokenLevel:
    """Reads from ``timeline`` how many tokens were used, if the quota counts them."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._last: int | None = None
        self.most = 0
        """The highest number that was read so far."""

    def read(self, policy: QuotaPolicy | None, now: float) -> list[Point]:
        """A point if the number has changed since the last reading."""
        if policy is None or not policy.tokens:
            return []
        used = self._timeline.recent_tokens()
        self.most = max(self.most, used)
        if used == self._last:
            return []
        self._last = used
        return [level(now, used)]
