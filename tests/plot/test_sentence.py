"""The sentence about a run that is over: the page's words, from Python."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab import ObservedTransport, Timeline
from inflight_lab.plot.sentence import finished_sentence
from inflight_lab.plot.source import PlotSource
from inflight_lab.runs import recording
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.levels import level
from inflight_lab.runs.quota_policy import PolicyChange, QuotaPolicy
from inflight_lab.runs.run import RequestEvent, Run, no_levels
from tests.support.virtual_clock import SetClock

TABLE = json.loads((Path(__file__).parent / "sentences.json").read_text("utf-8"))
POLICY = QuotaPolicy("sliding-window", 7)


def run_of(brief: dict[str, Any]) -> Run:
    """A run, as the table describes it."""
    levels = no_levels()
    for line in levels.keys() & brief.get("levels", {}).keys():
        levels[line] = [level(*point) for point in brief["levels"][line]]
    policies = [change_of({"time": 0.0} | brief)]
    if "later" in brief:
        policies.append(change_of(brief["later"]))
    events = []
    for row in brief.get("events", []):
        time, what, request, detail = [*row, None][:4]
        events.append(RequestEvent(time, what, request, detail))
    return Run(
        levels=levels,
        events=events,
        policies=policies,
        counts=RunStats(**brief.get("counts", {})),
        dropped=Counter(),
        now=brief["now"],
        slow=brief.get("slow", 1),
        stopped=brief.get("stopped", False),
    )


def change_of(brief: dict[str, Any]) -> PolicyChange:
    """What is allowed from ``time`` on: a part of the table's run."""
    policy = POLICY._replace(**brief["quota"]) if "quota" in brief else None
    return PolicyChange(brief["time"], policy, brief.get("max_concurrent", 0))


@pytest.mark.parametrize("case", TABLE["over"], ids=lambda case: case["case"])
def test_a_finished_run_ends_in_the_pages_words(case: dict[str, Any]) -> None:
    """Each case of the table that JavaScript keeps to as well."""
    assert finished_sentence(run_of(case["run"])) == case["text"]


def test_the_quota_is_blamed_that_refused() -> None:
    """Not the one that stands at the end: it may have been changed since."""
    run = Run(
        events=[RequestEvent(1.0, "arrived", 0, 429)],
        policies=[PolicyChange(0.0, POLICY), PolicyChange(2.0, None)],
        counts=RunStats(started=9, accepted=7, refused=2, busiest_period=9),
        now=3.0,
    )
    words = "2 of 9 refused: 9 came in one second, 7 are allowed."
    assert finished_sentence(run) == words


@pytest.mark.anyio
async def test_the_reason_of_a_failure_comes_from_the_transport(tmp_path: Path) -> None:
    """Through the timeline and the source, and out of a recording again."""
    clock = SetClock(101.75)

    async def time_out(request: httpx.Request) -> httpx.Response:
        clock.now += 5.004
        raise httpx.ReadTimeout("", request=request)

    timeline = Timeline(clock=clock)
    source = PlotSource(None, timeline)
    transport = ObservedTransport(httpx.MockTransport(time_out), timeline=timeline)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("http://127.0.0.1/get")
    recording.save(tmp_path / "failed.json", {"alone": source.end()})
    run = recording.load(tmp_path / "failed.json")["alone"]
    words = "1 request failed: no answer within 5\N{NO-BREAK SPACE}s (ReadTimeout)."
    assert finished_sentence(run) == words
