"""What Python and the page each say for themselves: it is the same."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.lesson.panel.expected import HEADROOM
from inflight_lab.lesson.panel.settings import NAMES, fixed_for
from inflight_lab.lesson.plot.modules import STAGE
from inflight_lab.lesson.runs.events import outcome_of
from inflight_lab.lesson.server.quotas import KINDS
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from tests.support.deno import deno
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import run

STATUSES = range(200, 600)
COUNT = 60
RATE = 20
RUNNERS = {
    "naive": naive.make_many_requests,
    "semaphore": semaphore.make_many_requests,
    "pause": semaphore_pause.make_many_requests,
    "paced": paced.make_many_requests,
}
SIMULATED = """%s.map(([runner, limit, latency]) => {
    const quota = stage.quotaOf({ rate: %s });
    const world = { way: 0, jitter: 0, work: 0 };
    const made = new stage.Simulation({ runner, limit, latency, quota, ...world });
    made.ask(%s);
    made.advance(Infinity);
    const { answered, refused } = made.run.ends;
    return [answered, refused].map((each) => each.upTo(Infinity)).concat(made.now);
})"""


def evaluated(file: str, expression: str) -> Any:
    """What an expression with what a file of the stage exports, ``stage``, comes to."""
    code = f"""
        import * as stage from "{STAGE.joinpath(file).as_uri()}";
        console.log(JSON.stringify({expression}));
    """
    done = deno("eval", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_know_the_same_refusals() -> None:
    """A dot is red where the counts of a plain picture say refused."""
    on_the_page = evaluated("run.js", f"{list(STATUSES)}.map(stage.outcomeOf)")
    names = {"accepted": "answered"}
    here = [outcome_of("answered", status) or "" for status in STATUSES]
    assert on_the_page == [names.get(each, each) for each in here]


def test_each_setting_has_its_slider() -> None:
    """Who adds a setting of the panel's or a slider is told of the other."""
    sliders = evaluated("controls.js", "stage.settingsFor().map(({ name }) => name)")
    assert sorted(sliders) == sorted(NAMES)


def test_a_panel_may_begin_with_each_level_of_the_strip() -> None:
    """What has a button there is allowed as ``strip``."""
    for level in evaluated("strip.js", "Object.keys(stage.LEVELS)"):
        fixed = fixed_for(PracticeServer(), knobs=(), strip=level)
        assert fixed["strip"] == level


def test_both_pace_alike() -> None:
    """A paced run that the page computes leaves as much room as one that is sent."""
    assert evaluated("simulate.js", "stage.HEADROOM") == HEADROOM


class Setting(NamedTuple):
    """None of them lies on a cliff: a little more or less changes little."""

    runner: str
    limit: int
    latency: float


SETTINGS = [
    Setting(runner, limit, latency)
    for latency in (0.25, 0.5)
    for runner, limit in (
        ("naive", COUNT),
        ("semaphore", 4),
        ("pause", 7),  # the last four take a free slot, and do not pause
        ("paced", 90),
        ("paced", 4),
    )
]


@cache
def simulated() -> dict[Setting, list[float]]:
    """What the simulator makes of them: answered, refused, and in how many seconds."""
    found = evaluated("simulate.js", SIMULATED % (json.dumps(SETTINGS), RATE, COUNT))
    return dict(zip(SETTINGS, found, strict=True))


async def sent_by(setting: Setting) -> tuple[int, float]:
    """How many the real runner gets answered, and in how many seconds."""
    way = network(latency=setting.latency)
    api: Any = SimulatedApi(way, quota("sliding-window", RATE))
    options: dict[str, Any] = {"client": api, "return_exceptions": True}
    if setting.runner == "paced":
        options["rate"] = RATE
    if setting.runner != "naive":
        options["limit"] = setting.limit
    loop = asyncio.get_running_loop()
    begun = loop.time()
    outcomes = await RUNNERS[setting.runner](URL, COUNT, **options)
    answered = sum(isinstance(each, httpx.Response) for each in outcomes)
    return answered, loop.time() - begun


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_simulator_is_as_the_runners_are(setting: Setting) -> None:
    """On a virtual clock as many are answered, and it takes as long."""
    answered, seconds = run(sent_by(setting))
    found = simulated()[setting]
    assert found[:2] == pytest.approx([answered, COUNT - answered], abs=1)
    assert found[2] == pytest.approx(seconds, rel=0.01)


TERMS = [
    ("sliding-window", 20, None),
    ("fixed-window", 20, None),
    ("token-bucket", 20, 5),
    ("token-bucket", 3, 40),
    ("gcra", 20, 1),
    ("gcra", 7, 6),
]
ARRIVALS = sorted(
    {round(base + 0.013 * number, 3) for base in (0, 1.1, 4) for number in range(60)}
)
DECIDED = """await import("%s").then(({ Run }) => %s.map((terms) => {
    const [shape, starts, rate, burst] = terms;
    const run = new Run();
    run.set(0, { quota: { shape, starts, rate, period: 1, burst, tokens: 0 } });
    return %s.map((time) => {
        const { isLetIn, gauge } = stage.admit(run, time);
        run.arrive(time, undefined, { status: isLetIn ? 200 : 429, gauge });
        return isLetIn;
    });
}))"""


@cache
def decided() -> list[list[bool]]:
    """Which arrivals the simulator's API lets in, for each of the quotas."""
    asked = []
    for kind, rate, burst in TERMS:
        counter = KINDS[kind](rate, 1, burst)
        asked.append([counter.shape, counter.starts, rate, burst or rate])
    run_file = STAGE.joinpath("run.js").as_uri()
    return evaluated("quota.js", DECIDED % (run_file, json.dumps(asked), ARRIVALS))


@pytest.mark.parametrize("index", range(len(TERMS)), ids=lambda each: str(TERMS[each]))
def test_a_simulated_api_refuses_as_the_server_does(index: int) -> None:
    """Of requests that come at the same times, each quota lets in the same ones."""
    kind, rate, burst = TERMS[index]
    counter = KINDS[kind](rate, 1, burst)
    expected = [counter.admit(time) == 0 for time in ARRIVALS]
    assert True in expected
    assert False in expected
    assert decided()[index] == expected
