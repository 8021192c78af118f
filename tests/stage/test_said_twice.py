"""What Python and the page each say for themselves: it is the same."""

from __future__ import annotations

import json
from typing import Any

from inflight_lab import PracticeServer
from inflight_lab.panel.expected import HEADROOM
from inflight_lab.panel.settings import NAMES, fixed_for
from inflight_lab.plot.modules import STAGE
from inflight_lab.runs.events import outcome_of
from tests.support.deno import deno

STATUSES = range(200, 600)


def evaluated(file: str, name: str, expression: str) -> Any:
    """What an expression with something that a file of the stage exports comes to."""
    code = f"""
        import {{ {name} }} from "{STAGE.joinpath(file).as_uri()}";
        console.log(JSON.stringify({expression}));
    """
    done = deno("eval", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_know_the_same_refusals() -> None:
    """A dot is red where the counts of a plain picture say refused."""
    expression = f"{list(STATUSES)}.map(outcomeOf)"
    on_the_page = evaluated("run.js", "outcomeOf", expression)
    names = {"accepted": "answered"}
    here = [outcome_of("answered", status) or "" for status in STATUSES]
    assert on_the_page == [names.get(each, each) for each in here]


def test_each_setting_has_its_slider() -> None:
    """Who adds a setting of the panel's or a slider is told of the other."""
    sliders = evaluated(
        "controls.js", "settingsFor", "settingsFor().map(({ name }) => name)"
    )
    assert sorted(sliders) == sorted(NAMES)


def test_a_panel_may_begin_with_each_level_of_the_strip() -> None:
    """What has a button there is allowed as ``strip``."""
    for level in evaluated("strip.js", "LEVELS", "Object.keys(LEVELS)"):
        fixed = fixed_for(PracticeServer(), knobs=(), strip=level)
        assert fixed["strip"] == level


def test_both_pace_alike() -> None:
    """A paced run that the page computes leaves as much room as one that is sent."""
    assert evaluated("simulate.js", "HEADROOM", "HEADROOM") == HEADROOM
