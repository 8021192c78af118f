"""What a server allows during one run, whenever that changes."""

from collections.abc import Callable

from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy

UNLIMITED_PERIOD = 1.0
"""Seconds in which requests are counted where there is no quota."""

AskPolicy = Callable[[], QuotaPolicy | None]
AskMaxConcurrent = Callable[[], int | None]


class QuotaChanges:
    """Asks what the server allows, in the seconds of a run that is ``slow``."""

    def __init__(
        self, ask_policy: AskPolicy, ask_most: AskMaxConcurrent, *, slow: float
    ) -> None:
        self._ask_policy = ask_policy
        self._ask_max_concurrent = ask_most
        self._slow = slow
        self._last = PolicyChange(0.0, None)
        self._has_read = False
        self.policy = self._current_policy()
        """That of the last reading; None without a quota."""

    def read(self, now: float) -> list[PolicyChange]:
        """What is allowed from ``now`` on, if that has changed since the last reading.

        What the first reading finds has stood from the beginning.
        """
        self.policy = self._current_policy()
        since = now if self._has_read else 0.0
        self._has_read = True
        change = PolicyChange(since, self.policy, self._ask_max_concurrent() or 0)
        is_new = change._replace(time=self._last.time) != self._last
        self._last = change
        return [change] if is_new else []

    @property
    def period(self) -> float:
        """Seconds in which requests are counted."""
        return self.policy.period if self.policy else UNLIMITED_PERIOD

    def has_kind(self, kind: str) -> bool:
        """Whether there is a quota of this ``kind``."""
        return self.policy is not None and self.policy.kind == kind

    def _current_policy(self) -> QuotaPolicy | None:
        policy = self._ask_policy()
        if policy is None or self._slow == 1:
            return policy
        return policy._replace(period=round(policy.period / self._slow, 6))
