"""What can be set on a panel: a row each, for Python and for the page."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from inflight_lab.arguments import check, one_of
from inflight_lab.runs.columns import terms_as_json
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import VALIDATORS as KNOBS

OF_THE_SERVER = ("latency", "rate")
"""The settings that are the servers'."""

NAMES = ("limit", "count", *OF_THE_SERVER)

# A kernel in a page has no threads, and sends nothing while a cell blocks it.
SILENCE = 60 if sys.platform == "emscripten" else 5
"""Seconds without a message from a run that goes on: its kernel has gone."""


class Setting(NamedTuple):
    """A number that a slider sets, from ``min`` to ``max`` in steps."""

    name: str
    label: str
    min: float
    max: float
    step: float
    unit: str
    """What stands after the number."""


def fixed_for(
    server: PracticeServer, *, max_count: int, knobs: Sequence[str], strip: str
) -> dict[str, Any]:
    """What a page gets once: the settings, where they stand, and the terms of the API.

    Raises ``TypeError`` or ``ValueError`` for a bad argument of a panel.
    """
    check("max_count", max_count)
    _check_knobs(knobs)
    one_of("in flight", "rate").check("strip", strip)
    settings = _settings_for(server, max_count)
    return {
        "settings": [each._asdict() for each in settings],
        "knobs": list(knobs),
        "terms": terms_as_json(server.terms),
        "strip": strip,
        "silence": SILENCE,
    }


def _settings_for(server: PracticeServer, max_count: int) -> list[Setting]:
    """In the order in which the page shows them."""
    period = "" if server.period == 1 else f"{server.period:g} "
    return [
        Setting("limit", "limit", 1, 50, 1, ""),
        Setting("count", "requests", 1, max_count, 1, ""),
        Setting("latency", "latency", 0, 2, 0.05, "s"),
        Setting("rate", "rate", 1, 300, 1, f"/ {period}s"),
    ]


def check_setting(name: str, value: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless a setting may have this value."""
    if name in OF_THE_SERVER:
        KNOBS[name].check(name, value)
    else:
        check(name, value)


def _check_knobs(knobs: Sequence[str]) -> None:
    """Raise an error unless these are names of settings, each once."""
    if not isinstance(knobs, tuple | list):
        raise TypeError(
            "knobs must be names in a tuple, such as ('limit', 'latency'), "
            f"got {knobs!r}"
        )
    if not set(knobs) <= set(NAMES) or len(set(knobs)) < len(knobs):
        allowed = ", ".join(map(repr, NAMES))
        raise ValueError(f"knobs must be some of {allowed}, each once, got {knobs!r}")
