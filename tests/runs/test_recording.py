"""Runs as a text: what comes back is what was written."""

from __future__ import annotations

import pytest

from inflight_lab.runs import run as run_module
from inflight_lab.runs.events import Stats
from inflight_lab.runs.recording import as_text, from_text
from inflight_lab.runs.run import RequestEvent, Run

SENT = RequestEvent(0.01, "sent", 0, None)
SHORT = Run(events=[SENT], counts=Stats(started=1), now=0.02)


def test_what_is_written_comes_back_complete() -> None:
    """Each run by its name; one that went on meanwhile is over."""
    text = as_text({"Ada": Run(now=0.5, live=True), "": SHORT})
    assert from_text(text) == {"Ada": Run(now=0.5), "": SHORT}


def test_a_run_that_is_not_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has not begun, or whose beginning is gone."""
    with pytest.raises(ValueError, match="no run to record yet: start one first"):
        as_text({"": Run()})
    monkeypatch.setattr(run_module, "MAX_ROWS", 2)
    run = Run()
    run.append(Run(events=3 * [SENT], now=1.0))
    with pytest.raises(ValueError, match="too long to be recorded"):
        as_text({"": run})
