"""How the workers of pytest-xdist share the tests."""

from __future__ import annotations

from itertools import filterfalse

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
BROWSERS_AT_ONCE = 2
"""Two cores carry no more."""


def needs_browser(unit: str) -> bool:
    """Whether a file, or a test of SPREAD, is shared out as a browser test."""
    return unit.startswith(WITH_BROWSER)


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker: they share servers, browsers and what they make.

    Browser tests take longest, so two workers begin with them, and take the others
    afterwards.  The other workers never have a browser.
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
        with_browser = next(filter(needs_browser, self.workqueue), None)
        if with_browser and node in self.nodes[:BROWSERS_AT_ONCE]:
            return with_browser
        others = filterfalse(needs_browser, self.workqueue)
        return next(others, None)
