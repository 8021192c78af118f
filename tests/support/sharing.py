"""How the workers of pytest-xdist share the tests."""

from __future__ import annotations

from typing import Literal

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

SPREAD = ("tests/notebooks/", "tests/exercises/", "tests/recipes/", "tests/watch/")
"""Tests that share nothing and take long: each goes to the worker that is free."""
TOGETHER = (
    "tests/notebooks/test_questions.py",
    "tests/notebooks/test_show_it_to_a_class.py",
    "tests/recipes/test_on_a_cluster.py",
)
"""Among those, files whose tests share something that takes long to make or import."""
WITH_BROWSER = "tests/browser/"
WAITING = (
    "tests/notebooks/test_run_all.py",
    "tests/notebooks/test_show_it_to_a_class.py",
)
"""Tests whose kernel waits most of the time."""
BROWSERS = 2
"""Workers that begin with browser tests: two cores carry no more browsers."""
WORKERS = 4
"""Workers that take what is no browser's: most tests wait for something."""
WAITERS = 2
"""Workers beside them that take nothing but WAITING."""


Kind = Literal["browser", "waiting", "usual"]


def kind_of(unit: str) -> Kind:
    """What a file, or a test of SPREAD, needs of a worker."""
    if unit.startswith(WITH_BROWSER):
        return "browser"
    return "waiting" if unit.startswith(WAITING) else "usual"


def kinds_for(worker: int) -> list[Kind]:
    """What a worker takes, first things first, by its place among the workers."""
    if worker < BROWSERS:
        return ["browser", "usual", "waiting"]
    return ["usual", "waiting"] if worker < WORKERS else ["waiting"]


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker: they share servers, browsers and what they make.

    Browser tests take longest, so the first workers begin with them, and take the
    others afterwards.  The other workers never have a browser.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SPREAD) and not nodeid.startswith(TOGETHER):
            return nodeid
        return super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        unit = self._next_unit(node)
        if unit is None:
            node.shutdown()
        else:
            self.workqueue.move_to_end(unit, last=False)
            super()._assign_work_unit(node)

    def _next_unit(self, node: WorkerController) -> str | None:
        """The first unit in the queue that suits the worker."""
        for kind in kinds_for(self.nodes.index(node)):
            unit = next(
                (each for each in self.workqueue if kind_of(each) == kind), None
            )
            if unit:
                return unit
        return None
