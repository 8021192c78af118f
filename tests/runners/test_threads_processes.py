"""Threads and processes: the same limit with other machinery."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import Any

import httpx
import nbformat
import pytest
from nbclient import NotebookClient

from inflight_lab import PracticeServer
from inflight_lab.runners import multiprocess, threaded
from tests.support.waiting import PATIENCE, Hold

URL = "http://127.0.0.1:9/get"
REFUSED = "Unexpected Status: Http status code is 429."
both = pytest.mark.parametrize(
    "rung", [threaded, multiprocess], ids=["threaded", "multiprocess"]
)


class InThread(threading.Thread):
    """Runs a function beside the test and keeps what it returned or raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.function, self.result = function, None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """The thread."""
        try:
            self.result = self.function()
        except BaseException as error:
            self.error = error

    def returned(self) -> Any:
        """Wait for the end."""
        self.join(PATIENCE * 2)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.result


def until(condition: Callable[[], bool]) -> None:
    """Come back as soon as ``condition()`` holds; fail if it never does."""
    deadline = time.monotonic() + PATIENCE * 2
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.005)


@both
@pytest.mark.parametrize("limit", [1, 3])
def test_the_server_sees_the_limit(
    rung: ModuleType, limit: int, server: PracticeServer, hold: Hold
) -> None:
    """More threads or processes than slots: the server holds exactly ``limit``
    requests, and never more.
    """
    run = InThread(lambda: rung.make_many_requests(server.url, 12, limit=limit))
    until(lambda: server.stats().in_flight >= limit)
    hold.release()
    assert [response.status_code for response in run.returned()] == [200] * 12
    assert (server.stats().peak_in_flight, server.stats().accepted) == (limit, 12)


@both
def test_outcomes_and_the_first_failure(
    rung: ModuleType, server: PracticeServer
) -> None:
    """Each failure in the place of its response, or the first one raised and the rest
    dropped.
    """
    server.quota, server.rate, server.period = "fixed-window", 4, 3600
    outcomes = rung.make_many_requests(server.url, 9, return_exceptions=True)
    assert sum(isinstance(outcome, httpx.Response) for outcome in outcomes) == 4
    assert [str(outcome) for outcome in outcomes].count(REFUSED) == 5
    server.reset()
    server.latency = 0.01
    with pytest.raises(ValueError, match=f"^{REFUSED}$"):
        rung.make_many_requests(server.url, 300)
    assert server.stats().started < 300


@both
def test_no_answer_is_an_outcome(rung: ModuleType) -> None:
    """A refused connection comes back as the exception that it is, out of another
    process too.
    """
    with PracticeServer() as gone:
        url = gone.url
    outcomes = rung.make_many_requests(url, 3, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [httpx.ConnectError] * 3


@both
def test_count_zero(rung: ModuleType) -> None:
    """No request asked for gives an empty list, and starts nothing."""
    assert rung.make_many_requests(URL, 0) == []


def test_threads_share_a_client_and_a_limiter_of_yours(
    server: PracticeServer, hold: Hold
) -> None:
    """Two pools under one semaphore keep its limit together; the client stays open."""
    limiter = threading.BoundedSemaphore(2)
    with httpx.Client() as client:
        runs = [
            InThread(
                lambda: threaded.make_many_requests(
                    server.url, 6, limit=9, limiter=limiter, client=client
                )
            )
            for _ in range(2)
        ]
        until(lambda: server.stats().in_flight >= 2)
        hold.release()
        assert [len(run.returned()) for run in runs] == [6, 6]
        assert not client.is_closed
    assert server.stats().peak_in_flight == 2


def test_a_process_that_dies_with_a_slot_does_not_hang_the_run(
    server: PracticeServer, hold: Hold
) -> None:
    """Killed while it holds the only slot: the others would wait for ever, so the run
    ends with an error.
    """
    run = InThread(
        lambda: multiprocess.make_many_requests(server.url, 12, limit=1, processes=2)
    )
    until(lambda: server.stats().in_flight == 1)
    victim = multiprocessing.active_children()[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        run.returned()


def test_from_a_notebook(server: PracticeServer) -> None:
    """Spawned processes work from a notebook's cell, where ``__main__`` is no file."""
    cell = (
        "import asyncio\n"
        f"url = {server.url!r}\n"
        "from inflight_lab.runners import multiprocess, threaded\n"
        "for rung in (threaded, multiprocess):\n"
        "    outcomes = await asyncio.to_thread(rung.make_many_requests, url, 5)\n"
        "    print(len(outcomes), outcomes[0].status_code)\n"
        "print(len(multiprocess.make_many_requests(url, 2, processes=2)))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=PATIENCE * 4, kernel_name="python3").execute()
    assert (
        "".join(output.get("text", "") for output in notebook.cells[0].outputs)
        == "5 200\n5 200\n2\n"
    )
