"""The settings of a panel, for which ``stage/controls.js`` has the sliders."""

import sys
from collections.abc import Sequence
from typing import Any

import traitlets

from inflight_lab.lesson.arguments import check, one_of
from inflight_lab.lesson.runs.columns import terms_as_json
from inflight_lab.lesson.server.knobs import VALIDATORS as KNOBS
from inflight_lab.lesson.server.practice_server import PracticeServer


class Settings(traitlets.HasTraits):
    """The settings as traits.  If one is called as a knob, it sets that knob."""

    limit = traitlets.Any(help="How many may be in flight at once.").tag(sync=True)
    count = traitlets.Any(help="How many requests a run sends.").tag(sync=True)
    latency = traitlets.Any(help="Seconds that an answer takes.").tag(sync=True)
    rate = traitlets.Any(help="Requests allowed per period.").tag(sync=True)


NAMES = tuple(Settings.class_own_traits())
OF_THE_SERVER = tuple(name for name in NAMES if name in KNOBS)
"""The settings that are knobs of the server."""

# A kernel in a page has no threads, and sends nothing while a cell blocks it.
SILENCE = 60 if sys.platform == "emscripten" else 5
"""Seconds without a message from a run that goes on: its kernel has gone."""


def fixed_for(
    server: PracticeServer, *, knobs: Sequence[str], strip: str
) -> dict[str, Any]:
    """What a page gets once: the sliders to show, the strip, and the API's terms.

    Raises ``TypeError`` or ``ValueError`` for a bad argument of a panel.
    """
    _check_knobs(knobs)
    one_of("in flight", "rate").check("strip", strip)
    return {
        "knobs": list(knobs),
        "terms": terms_as_json(server.terms),
        "strip": strip,
        "silence": SILENCE,
    }


def check_setting(name: str, value: object) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless a setting may have this value."""
    if name in OF_THE_SERVER:
        KNOBS[name].check(name, value)
    else:
        check(name, value)


def _check_knobs(knobs: Sequence[str]) -> None:
    """Raise an error unless ``knobs`` are names of settings, each once."""
    if not isinstance(knobs, tuple | list):
        raise TypeError(
            "knobs must be names in a tuple, such as ('limit', 'latency'), "
            f"got {knobs!r}"
        )
    if not set(knobs) <= set(NAMES) or len(set(knobs)) < len(knobs):
        allowed = ", ".join(map(repr, NAMES))
        raise ValueError(f"knobs must be some of {allowed}, each once, got {knobs!r}")
