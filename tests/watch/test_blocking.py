"""Which line of a script blocks its event loop, and when that is worth a word."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from inflight_lab.watch import blocking
from inflight_lab.watch.blocking import (
    Position,
    current_frames,
    position_of,
    sample_stacks,
)
from inflight_lab.watch.events import Blocked
from inflight_lab.watch.findings.blocking import blocked_event_loop
from tests.support.watching import PROCESS, Made, log_of

LIBRARY = """
async def awaited(): return position_of(sys._getframe())
def called(): return position_of(sys._getframe())
"""


@pytest.mark.anyio
async def test_what_a_library_does_while_it_is_awaited_is_not_the_scripts_fault() -> (
    None
):
    """What it does where the script calls it and waits, is."""
    library: dict[str, Any] = {"position_of": position_of, "sys": sys}
    exec(compile(LIBRARY, "<library>", "exec"), library)
    callback, line = await library["awaited"]()
    assert callback is not None
    assert line == ""
    assert library["called"]().line.startswith(f"{Path(__file__).name}:")


def test_outside_of_a_loop_nothing_is_blocked() -> None:
    """A synchronous script has no loop that could stand still."""
    assert position_of(sys._getframe()) == (None, "")


def test_callbacks_of_uvloop_have_no_frame() -> None:
    """The script's own stands for them: each call is one, and its line is known."""
    uvloop = pytest.importorskip("uvloop")

    def here() -> Position:
        return position_of(sys._getframe())

    async def main() -> list[Position]:
        return [here(), here()]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        one, other = runner.run(main())
    assert None not in (one.callback, other.callback)
    assert one.callback is not other.callback
    assert one.line.startswith(f"{Path(__file__).name}:")


@pytest.mark.parametrize("collects", [True, False])
def test_no_garbage_is_collected_while_frames_are_taken(
    collects: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script would hang at its end if it were (python/cpython#106883); its own choice
    stays.
    """
    during = []
    monkeypatch.setattr(
        sys, "_current_frames", lambda: during.append(gc.isenabled()) or {}
    )
    try:
        gc.enable() if collects else gc.disable()
        assert current_frames() == {}
        assert (during, gc.isenabled()) == ([False], collects)
    finally:
        gc.enable()


def test_each_thread_has_a_frame() -> None:
    """That of the caller is its own."""
    frame = current_frames()[threading.get_ident()]
    assert frame.f_code.co_name == "current_frames"


class Sample(NamedTuple):
    """What one sample finds in thread 5: one callback or another, at a line."""

    callback: str
    line: str = "my_script.py:7"
    seconds: float = 0.01
    """Since the sample before."""
    worked: float = 0.001
    """Of those, by the processor."""


class NoSampleIsLeftError(Exception):
    """The end of a test."""


def noted(samples: list[Sample], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is noted of these: the thread, when it began, the seconds and the line."""
    frames = {name: sys._getframe(depth) for depth, name in enumerate("ab")}
    events: list[Any] = []
    now = cpu = 100.0
    coming = iter(samples)
    sample = Sample("a")

    def sleep(_: float) -> None:
        nonlocal now, cpu, sample
        found = next(coming, None)
        if found is None:
            raise NoSampleIsLeftError
        sample = found
        now += sample.seconds
        cpu += sample.worked

    def position(_: FrameType) -> Position:
        return Position(frames[sample.callback], sample.line)

    monkeypatch.setattr(blocking.time, "sleep", sleep)
    monkeypatch.setattr(blocking.time, "perf_counter", lambda: now)
    monkeypatch.setattr(blocking.time, "process_time", lambda: cpu)
    monkeypatch.setattr(blocking, "current_frames", lambda: {5: frames["a"]})
    monkeypatch.setattr(blocking, "position_of", position)
    with pytest.raises(NoSampleIsLeftError):
        sample_stacks(lambda kind, *fields: events.append((kind, *fields)))
    monkeypatch.undo()
    assert all(kind is Blocked for kind, *_ in events)
    return [
        (thread, round(at, 3), round(s, 3), line) for _, thread, at, s, line in events
    ]


def test_a_line_is_noted_from_its_second_sample_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For as long as the same callback runs; one that awaits a library is not noted."""
    samples = [
        Sample("a"),
        Sample("a", seconds=0.012),
        Sample("a", line="my_script.py:8"),
        Sample("a", line=""),
        Sample("b"),
        Sample("b"),
    ]
    assert noted(samples, monkeypatch) == [
        (5, 100.01, 0.012, "my_script.py:7"),
        (5, 100.01, 0.01, "my_script.py:8"),
        (5, 100.052, 0.01, "my_script.py:7"),
    ]


@pytest.mark.parametrize(
    ("worked", "events"),
    [(0.5, [(5, 100.52, 0.5, "my_script.py:7")]), (0.029, [])],
)
def test_a_call_that_keeps_all_threads_waiting(
    worked: float, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seen once, at its end; the processor's time tells it from other delays."""
    samples = [Sample("a"), Sample("b", seconds=0.51, worked=worked)]
    assert noted(samples, monkeypatch) == events


def blocked(stops: list[float], line: str = "my_script.py:7") -> list[Blocked]:
    """A line that blocks the loop for so many seconds each time."""
    return [
        Blocked(0.5, PROCESS, 5, began=number, seconds=seconds, line=line)
        for number, seconds in enumerate(stops)
    ]


class Case(NamedTuple):
    """Stops of a run of 10 seconds, and what is said about them."""

    stops: list[float]
    facts: str


CASES = {
    "often": Case([0.2] * 3, "it stood still 3 times, 0.6 s in all, at my_script.py:7"),
    "once": Case([0.6], "it stood still once, 0.6 s in all, at my_script.py:7"),
    "too little": Case([0.16] * 3, ""),
    "too short": Case([0.015] * 70, ""),
    "not counting short ones": Case(
        [0.3] * 2 + [0.015], "it stood still 2 times, 0.6 s in all, at my_script.py:7"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_blocked_event_loop(case: Case) -> None:
    """Once for long or several times, and for more than a twentieth of the run."""
    finding = blocked_event_loop(log_of([Made(took=10)], *blocked(case.stops)))
    assert (finding.facts if finding else "") == case.facts


def test_once_for_a_moment_is_nothing() -> None:
    """A quarter of a second, be the run ever so short."""
    assert blocked_event_loop(log_of([Made(took=1)], *blocked([0.25]))) is None
    assert blocked_event_loop(log_of([Made(took=1)], *blocked([0.26])))


def test_the_line_that_blocks_for_longest_is_named() -> None:
    """What was sampled several times in one call counts as one stop."""
    often = blocked([0.1] * 4, "my_script.py:5")
    long = [event._replace(began=0) for event in blocked([0.3] * 2)]
    finding = blocked_event_loop(log_of([Made(took=1)], *often, *long))
    assert finding
    assert finding.facts == "it stood still once, 0.6 s in all, at my_script.py:7"


def test_a_loop_that_is_blocked_between_requests_is_not_named() -> None:
    """What nothing waits for costs nothing."""
    log = log_of([Made(took=0.4), Made(asked=9.0)], *blocked([0.3] * 5))
    assert blocked_event_loop(log) is None


@pytest.mark.parametrize(("sent_at", "is_found"), [("a.py:5", False), ("a.py:4", True)])
def test_making_clients_blocks_the_loop_too(sent_at: str, is_found: bool) -> None:
    """Then they are the finding, unless the line that blocks is the one that sends."""
    requests = [Made(n * 0.1, 0.09, client=n, line=sent_at) for n in range(20)]
    stops = [
        Blocked(n * 0.1 + 0.05, PROCESS, 1, n * 0.1, 0.03, "a.py:4") for n in range(20)
    ]
    assert bool(blocked_event_loop(log_of(requests, *stops))) == is_found
