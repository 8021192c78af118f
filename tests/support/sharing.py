"""How the workers of pytest-xdist share the tests."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

SPREAD = (
    *(
        "tests/notebooks/",
        "tests/lesson/exercises/",
        "tests/recipes/",
        "tests/commands/watch/",
    ),
    "tests/browser/test_front_ends.py",
)
"""Tests that share nothing and take long: each goes to the worker that is free."""
TOGETHER = (
    "tests/notebooks/test_questions.py",
    "tests/recipes/test_on_a_cluster.py",
)
"""Among those, files whose tests share something that takes long to make or import."""
WITH_BROWSER = "tests/browser/"
BROWSERS = 2
"""Workers that take browser tests: two cores carry no more browsers."""
WORKERS = 6
"""Most tests wait for something, so two cores carry more of them."""


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker: they share servers, browsers and what they make.

    The units are in the order of their folders.  So the first workers begin with the
    browser tests, which take longest, and the others with what comes next.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SPREAD) and not nodeid.startswith(TOGETHER):
            return nodeid
        return super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        units = list(self.workqueue)
        if self.nodes.index(node) >= BROWSERS:
            units = [unit for unit in units if not unit.startswith(WITH_BROWSER)]
        if units:
            self.workqueue.move_to_end(units[0], last=False)
            super()._assign_work_unit(node)
        else:
            node.shutdown()
