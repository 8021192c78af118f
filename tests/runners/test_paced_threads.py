"""The pacer for threads: the quota is kept, in turn, and nobody is stuck.

Its rules are tried on a clock that is set, with threads that are only played; the rest
with real ones.
"""

from __future__ import annotations

import heapq
import inspect
import math
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab import PracticeServer
from inflight_lab.runners import paced_threads
from inflight_lab.runners.paced_threads import ThreadPacer
from tests.support.notebook_tools import code_cell, notebook
from tests.support.waiting import PATIENCE

SPACING = 0.05 * ThreadPacer.HEADROOM
"""Seconds between two requests, for 20 a second."""


class Exit(NamedTuple):
    """When a thread leaves the pacer, and how."""

    at: float
    thread: int
    error: type[BaseException] | None


class Threads:
    """A clock that is set, and threads that enter a pacer one after the other.

    While one of them waits, the others leave when their answers are there.
    """

    def __init__(self, pacer: ThreadPacer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self._pacer = pacer
        self._current = 0
        self._arrived = math.inf
        self._late = 0.0
        self._exits: list[Exit] = []
        monkeypatch.setattr(paced_threads, "time", self)
        monkeypatch.setattr(paced_threads, "threading", self)
        self.Condition = partial(Turn, pass_time=self._wait)

    def perf_counter(self) -> float:
        """The time, for the pacer; a thread's first look is when it arrived."""
        arrived, self._arrived = self._arrived, math.inf
        return min(arrived, self.now)

    def get_ident(self) -> int:
        """The thread that runs now, for the pacer."""
        return self._current

    def send(
        self,
        latency: float = 0.0,
        *,
        arrived: float | None = None,
        error: type[BaseException] | None = None,
    ) -> float:
        """Send a request from a new thread; return when it went.

        The thread has waited since ``arrived``, or comes now.
        """
        self._current += 1
        self._arrived = self.now if arrived is None else arrived
        self._pacer.__enter__()
        exit_ = Exit(self.now + latency, self._current, error)
        heapq.heappush(self._exits, exit_)
        self._run_until(self.now)
        return self.now

    def send_all(self, count: int, latency: float = 0.0) -> list[float]:
        """Send so many requests whose threads come now; return when they went."""
        arrived = self.now
        return [self.send(latency, arrived=arrived) - arrived for _ in range(count)]

    def idle(self, seconds: float) -> None:
        """Let so much time pass while nobody wants to send."""
        self._run_until(self.now + seconds)

    def stall(self, seconds: float) -> None:
        """Let the next thread that waits wake up so much too late."""
        self._late += seconds

    def _wait(self, seconds: float) -> None:
        """Until another thread leaves, or the time is over."""
        late, self._late = self._late, 0.0
        until = self.now + seconds + late
        next_exit = self._exits[0].at if self._exits else until
        self._run_until(until if late else min(until, next_exit))

    def _run_until(self, moment: float) -> None:
        running = self._current
        while self._exits and self._exits[0].at <= moment:
            leaving = heapq.heappop(self._exits)
            self.now = max(self.now, leaving.at)
            self._current = leaving.thread
            self._pacer.__exit__(leaving.error)
        self._current = running
        self.now = max(self.now, moment)


class Turn(threading.Condition):
    """The turn of a played thread: it waits by the clock that is set."""

    def __init__(
        self, lock: threading.Lock, *, pass_time: Callable[[float], None]
    ) -> None:
        super().__init__(lock)
        self._pass_time = pass_time

    def wait(self, timeout: float | None = None) -> bool:
        """Let the others leave meanwhile."""
        assert timeout is not None, "no other thread is in line"
        self.release()
        self._pass_time(timeout)
        self.acquire()
        return False


def test_requests_are_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """One spacing apart from the first on, 1.25 % wider than the quota's."""
    threads = Threads(ThreadPacer(20), monkeypatch)
    expected = [number * SPACING for number in range(60)]
    assert threads.send_all(60, latency=0.3) == pytest.approx(expected)


def test_idle_time_earns_no_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rest they are spaced from the first on."""
    threads = Threads(ThreadPacer(20), monkeypatch)
    threads.send()
    threads.idle(100)
    expected = [number * SPACING for number in range(10)]
    assert threads.send_all(10) == pytest.approx(expected)


@pytest.mark.parametrize("burst", [1, 3, 8])
def test_a_delay_is_made_up_only_in_part(
    burst: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a thread wakes up 2 s too late, so many go at once, and then one by one."""
    threads = Threads(ThreadPacer(20, burst=burst), monkeypatch)
    threads.send()
    threads.stall(2)
    sent = threads.send_all(12)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[: burst - 1] == [0] * (burst - 1)
    assert gaps[burst - 1 :] == pytest.approx([SPACING] * (12 - burst))


def test_less_than_one_request_in_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half in 0.1 s is one in 0.2 s: after a delay they still go one by one."""
    threads = Threads(ThreadPacer(0.5, 0.1), monkeypatch)
    threads.send()
    threads.stall(1.5)
    for earlier, later in pairwise(threads.send_all(7)):
        assert later - earlier >= 0.2 - 1e-9


def test_long_answers_do_not_slow_it_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes five periods reached the API in the first one of them."""
    threads = Threads(ThreadPacer(20), monkeypatch)
    threads.send(5)
    threads.idle(5)
    sent = threads.send_all(200, latency=5)
    assert sent[-1] == pytest.approx(199 * SPACING)


def test_what_is_not_answered_yet_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers take longer than a period, and a delay is made up: the quota holds."""
    threads = Threads(ThreadPacer(5, burst=30), monkeypatch)
    threads.send(3)
    threads.idle(3)
    threads.stall(4)
    sent = threads.send_all(30, latency=3)
    assert all(
        later - earlier >= 1 for earlier, later in zip(sent, sent[5:], strict=False)
    )


def test_one_lost_answer_does_not_slow_it_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed in a moment says nothing of how long answers take."""
    threads = Threads(ThreadPacer(20), monkeypatch)
    threads.send(0.4)
    threads.idle(1)
    threads.send(0.001, error=httpx.ConnectError)
    threads.idle(1)
    sent = threads.send_all(100, latency=0.4)
    assert sent[-1] == pytest.approx(99 * SPACING)


class Sent(NamedTuple):
    """A request: seconds to the API, how much longer its answer takes than the
    quickest, and how it ends.
    """

    there: float
    longer: float
    error: type[BaseException] | None


def sent_over(there: st.SearchStrategy[float]) -> st.SearchStrategy[Sent]:
    """Requests of any fate."""
    longer = st.one_of(st.floats(0, 0.2), st.floats(0, 5))
    return st.builds(Sent, there, longer, st.sampled_from([None, None, TimeoutError]))


BATCH = st.lists(sent_over(st.floats(0, 2)), min_size=1, max_size=30)
STALL = st.tuples(st.just("stall"), st.floats(0, 1.5))
IDLE = st.tuples(st.just("idle"), st.one_of(st.floats(0, 0.1), st.floats(0, 3)))
QUICKEST = st.sampled_from([0.02, 0.4, 0.9])
"""Seconds that the quickest answer takes: less than the period."""
HISTORY = st.lists(st.one_of(BATCH, STALL, IDLE), min_size=1, max_size=20)


@pytest.mark.parametrize("examples", [100, pytest.param(3000, marks=pytest.mark.full)])
def test_no_window_holds_more_than_the_quota(examples: int) -> None:
    """Late, overtaken, lost or stalled: the API counts no more than the quota in any
    one period.
    """

    @settings(max_examples=examples)
    @given(HISTORY, QUICKEST, st.integers(1, 20), st.floats(1, 30))
    def holds(history: list[Any], quickest: float, rate: int, burst: float) -> None:
        arrivals: list[float] = []
        with pytest.MonkeyPatch.context() as monkeypatch:
            threads = Threads(ThreadPacer(rate, burst=burst), monkeypatch)
            arrivals.append(threads.send(quickest))  # it has seen the shortest latency
            threads.idle(quickest)
            for event in history:
                if isinstance(event, list):
                    arrivals += arrivals_of(threads, event, quickest)
                else:
                    what, seconds = event
                    getattr(threads, what)(seconds)
        arrivals.sort()
        for first, one_too_many in zip(arrivals, arrivals[rate:], strict=False):
            assert one_too_many - first >= 1 - 1e-9

    holds()


def arrivals_of(threads: Threads, batch: list[Sent], quickest: float) -> list[float]:
    """Send all of it from threads that come at once; return when the API got it."""
    begin = threads.now
    arrivals: list[float] = []
    for there, longer, error in batch:
        latency = there + quickest + longer
        went = threads.send(latency, arrived=begin, error=error)
        arrivals.append(went + there)
    return arrivals


# With real threads.

QUOTA = {"quota": "sliding-window", "rate": 60, "period": 2.0}
IMPORTS = """
import bisect
import threading
import time
from typing import Any
"""
SIXTEEN_WITH_REQUESTS = """
import sys
from concurrent.futures import ThreadPoolExecutor
import requests
sys.modules["httpx"] = sys.modules["inflight_lab"] = None
from pasted import ThreadPacer

pacer = ThreadPacer(60, 2)
session = requests.Session()

def get(_):
    with pacer:
        return session.get(sys.argv[1]).status_code

with ThreadPoolExecutor(16) as pool:
    print({status for status in pool.map(get, range(130))})
"""


def test_sixteen_threads_keep_the_quota() -> None:
    """Two batches share a pacer: more than two windows' worth, and none is refused."""
    with PracticeServer(latency=0.05, **QUOTA) as server:
        pacer = ThreadPacer(60, 2)

        def send(count: int) -> list[httpx.Response | BaseException]:
            return paced_threads.make_many_requests(
                server.url, count, limit=8, limiter=pacer
            )

        with ThreadPoolExecutor(2) as pool:
            answers = [len(each) for each in pool.map(send, [65, 65])]
        assert answers == [65, 65]
        assert (server.stats().accepted, server.stats().refused) == (130, 0)
        assert server.stats().busiest_period <= 60


def paste_the_class(folder: Path) -> None:
    """Write the class, and nothing else of the lesson, into an empty file."""
    source = inspect.getsource(ThreadPacer)
    (folder / "pasted.py").write_text(f"{IMPORTS}\n{source}", "utf-8")


def test_the_class_alone_works_with_requests(tmp_path: Path) -> None:
    """Pasted into an empty file, where neither httpx nor this package is found."""
    paste_the_class(tmp_path)
    (tmp_path / "run.py").write_text(SIXTEEN_WITH_REQUESTS, "utf-8")
    with PracticeServer(latency=0.05, **QUOTA) as server:
        run = subprocess.run(
            [sys.executable, "-W", "error", "run.py", server.url],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
        )
        assert (run.stderr, run.stdout) == ("", "{200}\n")
        assert (server.stats().accepted, server.stats().refused) == (130, 0)


def until(condition: Callable[[], bool]) -> None:
    """Come back as soon as ``condition()`` holds; fail if it never does."""
    deadline = time.monotonic() + PATIENCE * 2
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.001)


def test_first_come_first_served() -> None:
    """However many wait, they go in the order in which they came."""
    pacer = ThreadPacer(1000, 1)
    went: list[int] = []

    def send(number: int) -> None:
        with pacer:
            went.append(number)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(30)]
    with pacer._lock:  # the line does not move
        pacer._due = time.perf_counter() + 0.5
    for number, thread in enumerate(threads):
        thread.start()
        until(lambda number=number: len(pacer._line) + len(went) == number + 1)
    for thread in threads:
        thread.join(PATIENCE)
    assert went == list(range(30))


INTERRUPTED = """
import threading
from pasted import ThreadPacer

pacer = ThreadPacer(1, 3600)
pacer.wait()
threading.Thread(target=pacer.wait, daemon=True).start()
while not pacer._line:
    pass
try:
    print("waiting", flush=True)
    pacer.wait()
except KeyboardInterrupt:
    print("left", len(pacer._line), "in line")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
def test_ctrl_c_ends_the_wait_of_the_main_thread(tmp_path: Path) -> None:
    """It leaves the line, though another thread is ahead of it for an hour."""
    paste_the_class(tmp_path)
    script = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert script.stdout
    assert script.stdout.readline() == "waiting\n"
    script.send_signal(signal.SIGINT)
    printed, _ = script.communicate(timeout=PATIENCE * 2)
    assert (printed, script.returncode) == ("left 1 in line\n", 0)


def test_a_failure_inside_leaves_it_usable() -> None:
    """An error passes through the block, and the next one may go."""
    pacer = ThreadPacer(1000, 1)
    with pytest.raises(httpx.ConnectError), pacer:
        raise httpx.ConnectError("refused")
    pacer.wait()


def test_entering_twice_is_an_error() -> None:
    """A thread that is inside would wait for itself; the pacer serves it afterwards."""
    pacer = ThreadPacer(1, 1)
    with pacer, pytest.raises(RuntimeError, match="already inside the pacer"):
        pacer.wait()
    assert pacer._line == []


def test_leaving_in_another_thread_is_an_error() -> None:
    """With words that say what to do; the thread that entered can still leave."""
    pacer = ThreadPacer(1000, 1)
    with ThreadPoolExecutor(1) as pool, pacer:
        left = pool.submit(pacer.__exit__, None)
        with pytest.raises(RuntimeError, match="in the thread that entered it"):
            left.result()
    pacer.wait()


def test_only_a_pacer_may_take_the_place_of_the_pace() -> None:
    """A semaphore would drop the pace, and nobody would see it before the 429s."""
    message = r"^limiter must be a ThreadPacer\(\.\.\.\), or None, got <"
    with pytest.raises(TypeError, match=message):
        paced_threads.make_many_requests(
            "http://127.0.0.1:9/get",
            100,
            limiter=threading.Semaphore(3),  # type: ignore[arg-type]
        )


PRINTED = "from inflight_lab.runners.paced_threads import ThreadPacer"
"""In place of the file that the command prints."""


def test_processes_share_a_pacer_that_a_manager_keeps(tmp_path: Path) -> None:
    """The script that notebook 10 shows: all are answered, and no faster than that."""
    shown = code_cell(notebook("10"), "text-without-script")
    (script,) = re.findall(r"```python\n(.*?)\n```", shown, re.S)
    (tmp_path / "paced_threads.py").write_text(PRINTED, "utf-8")
    with PracticeServer(latency=0.05) as server:
        urls = f"URLS = [{server.url!r}] * 30"
        script, changed = re.subn("^URLS = .*", urls, script, flags=re.M)
        assert changed == 1
        (tmp_path / "script.py").write_text(script, "utf-8")
        run = subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 4,
        )
        assert (run.stderr, run.stdout) == ("", f"{[200] * 30}\n")
        assert server.stats().accepted == 30
        assert server.stats().elapsed > 1  # 30 at 1,000 a minute; without a pacer 0.4 s
