"""What the checks of a limiter find."""

from typing import NamedTuple

COULD_BE_JUDGED = "could be judged"
"""The only question that is answered about a limiter that fits no trial."""
RAISES_NOTHING = "runs without an error"


class CheckResult(NamedTuple):
    """What a check found; ``passed`` is None where there is nothing to pass."""

    passed: bool | None
    detail: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self._verdict, self.detail) if part)

    @property
    def short(self) -> str:
        """For a table of several: the verdict, or what comes before the comma."""
        return self._verdict or self.detail.partition(",")[0]

    @property
    def _verdict(self) -> str:
        if self.passed is None:
            return ""
        return "yes" if self.passed else "NO"


YES = CheckResult(True)


def raised(error: Exception) -> CheckResult:
    """An error that came out of a limiter; of a group, the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return CheckResult(False, f"it raised {error!r}")
