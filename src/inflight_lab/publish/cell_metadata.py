"""Reads a cell's metadata: how its page should show it.

>>> {"inflight_lab": {"simulate": ["semaphore"]}}

``simulate``: its panel becomes a simulated run on the page, with the panel's own
settings, and sends as these runners do: some of `SIMULATED`, side by side.  Without it,
the page plays the run that was recorded.

``shows``: what is true when the cell has run; only the tests ask.
"""

from collections.abc import Mapping
from typing import Any

from inflight_lab.arguments import one_of

KEY = "inflight_lab"
SIMULATED = ("naive", "semaphore", "pause", "paced")
"""The runners that ``stage/simulate.js`` knows."""


def simulated_in(metadata: Mapping[str, Any]) -> list[str]:
    """The runners that a page should simulate for a cell; none where it should not.

    Raises ``TypeError`` or ``ValueError`` that names what is wrong and what is allowed.
    """
    entry = metadata.get(KEY, {})
    for name in entry:
        one_of("simulate", "shows").check(f"a name in {KEY}", name)
    runners: list[str] = entry.get("simulate", [])
    for runner in runners:
        one_of(*SIMULATED).check("each of simulate", runner)
    return runners
