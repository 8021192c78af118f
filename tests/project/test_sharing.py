"""How several workers share the tests; here they only note what they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.sharing import SPREAD, ByFile, needs_browser

ROOT = Path(__file__).parents[2]
TESTS = [
    *(f"tests/engine/test_execution.py::test_{number}" for number in range(5)),
    *(f"tests/notebooks/test_run_all.py::test_all[{number}]" for number in range(9)),
    *(f"tests/plot/test_drawing.py::test_{number}" for number in range(4)),
    *(f"tests/browser/test_flow.py::test_{number}" for number in range(7)),
    *(f"tests/browser/test_marimo.py::test_{number}" for number in range(3)),
    *(f"tests/browser/test_vscode.py::test_{number}" for number in range(2)),
]


class Config:
    """pytest's configuration, as far as the scheduler asks for it."""

    def __init__(self, workers: int) -> None:
        self.option = self
        self.loadscopereorder = True
        self._workers = workers

    def getvalue(self, name: str) -> list[str]:
        """The workers that were asked for."""
        assert name == "tx"
        return ["popen"] * self._workers


class Worker:
    """A worker that ends one test after the other."""

    def __init__(self, number: int) -> None:
        self.gateway = self
        self.id = f"gw{number}"
        self.shutting_down = False
        self.waiting: list[int] = []
        self.ended: list[str] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        """What the scheduler gives it."""
        assert not self.shutting_down
        self.waiting += indices

    def shutdown(self) -> None:
        """It is given nothing more."""
        self.shutting_down = True


def share(tests: list[str], workers: int) -> list[Worker]:
    """The workers, once all have done what they were given."""
    sharing: Any = ByFile(Config(workers))  # type: ignore[arg-type]
    crew = [Worker(number) for number in range(workers)]
    for worker in crew:
        sharing.add_node(worker)
    for worker in crew:
        sharing.add_node_collection(worker, tests)
    sharing.schedule()
    while busy := [worker for worker in crew if worker.waiting]:
        for worker in busy:
            index = worker.waiting.pop(0)
            worker.ended.append(tests[index])
            sharing.mark_test_complete(worker, index)
    return crew


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(
    "tests",
    [TESTS, TESTS[:18], TESTS[18:], TESTS[:1], TESTS[-1:]],
    ids=["all", "no browser", "browsers", "one", "one in a browser"],
)
def test_every_test_runs_once_and_those_in_a_browser_come_first(
    tests: list[str], workers: int
) -> None:
    """Whatever there is to do, and however many workers share it, two have a browser
    at most, and never return to it after something else.
    """
    crew = share(tests, workers)
    assert sorted(test for worker in crew for test in worker.ended) == sorted(tests)
    for worker in crew:
        without_browser = [not needs_browser(test) for test in worker.ended]
        assert without_browser == sorted(without_browser)
    assert sum(any(map(needs_browser, worker.ended)) for worker in crew) <= 2


def test_two_of_four_workers_begin_with_a_browser() -> None:
    """Those tests take longest, so they wait for no others; afterwards all four share
    what is left.
    """
    crew = share(TESTS, 4)
    first = [needs_browser(worker.ended[0]) for worker in crew]
    last = [needs_browser(worker.ended[-1]) for worker in crew]
    assert first == [True, True, False, False]
    assert last == [False, False, False, False]


def test_a_file_stays_in_one_piece_unless_its_tests_share_nothing() -> None:
    """Tests of a file share what they built; the long ones go to whoever is free."""
    assert all((ROOT / folder).is_dir() for folder in SPREAD)
    homes: dict[str, set[int]] = {}
    for number, worker in enumerate(share(TESTS, 4)):
        for test in worker.ended:
            homes.setdefault(test.partition("::")[0], set()).add(number)
    spread = [path for path, workers in homes.items() if len(workers) > 1]
    assert spread == ["tests/notebooks/test_run_all.py"]
