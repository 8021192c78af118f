"""Slow motion: the same run, slow enough to follow each request."""

import inspect
from collections.abc import Iterator

from inflight_lab.engine.execution import TIMEOUT
from inflight_lab.engine.runner import Runner

SPEEDS = (1, 5, 20)
"""By how much a run may be slowed down; 1 is not at all."""

TIMES = ("period", "pause")
"""The keywords of the ladder's runners that are seconds."""


def stretched_times(runner: Runner, slow: float) -> dict[str, float]:
    """The runner's own times, multiplied by ``slow``; none if that is 1."""
    if slow == 1:
        return {}
    return {name: slow * seconds for name, seconds in _times_of(runner)}


def stretched_timeout(slow: float) -> float:
    """How many seconds the client waits for each step of a request."""
    return slow * TIMEOUT


def _times_of(runner: Runner) -> Iterator[tuple[str, float]]:
    parameters = inspect.signature(runner).parameters
    for name in TIMES:
        if name not in parameters:
            continue
        default = parameters[name].default
        if isinstance(default, int | float):
            yield name, default
