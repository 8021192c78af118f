"""How the workers of pytest-xdist share the tests."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

SPREAD = ("tests/notebooks/", "tests/exercises/", "tests/recipes/", "tests/watch/")
"""Tests that share nothing and take long: each goes to the worker that is free."""
TOGETHER = ("tests/recipes/test_on_a_cluster.py", "tests/recipes/test_bundle.py")
"""Among those, files whose tests share something that takes long to make."""
WITH_BROWSER = "tests/browser/"
BROWSERS_AT_ONCE = 2
"""Two cores carry no more."""


def needs_browser(unit: str) -> bool:
    """Whether a file, or a test of SPREAD, is shared out as a browser test."""
    return unit.startswith(WITH_BROWSER)


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker: they share servers, browsers and what they make.

    Browser tests take longest and mostly wait, so half of the workers begin with them
    at once.  A worker that had one takes nothing else afterwards: Playwright keeps an
    event loop running in its thread.
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
        without = next(
            (each for each in self.workqueue if not needs_browser(each)), None
        )
        if node in self._browser_workers():
            return with_browser
        if len(self._browser_workers()) == BROWSERS_AT_ONCE:
            return without
        if node in self.nodes[: self.numnodes // 2]:
            return with_browser or without
        return without or with_browser

    def _browser_workers(self) -> list[WorkerController]:
        """The workers that have had a browser test."""
        return [
            node
            for node, units in self.assigned_work.items()
            if any(needs_browser(unit) for unit in units)
        ]
