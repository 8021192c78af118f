"""Numbers and names that Python and the page must agree on."""

from __future__ import annotations

import json
from pathlib import Path

from inflight_lab.plot.history import HISTORY
from inflight_lab.plot.player import MOMENTS
from inflight_lab.runs.events import REFUSALS
from inflight_lab.runs.levels import BIN

NUMBERS = json.loads((Path(__file__).parent / "shared_numbers.json").read_text("utf-8"))


def test_python_has_the_numbers_of_the_page() -> None:
    """``js/shared_numbers.test.js`` holds JavaScript to the same file."""
    python = {
        "bin": BIN,
        "kept_seconds": HISTORY,
        "moments": list(MOMENTS),
        "refusals": list(REFUSALS),
    }
    assert python == NUMBERS
