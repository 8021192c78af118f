"""Runs in a file: what comes back is what was saved, and other files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inflight_lab.runs import run as run_module
from inflight_lab.runs.events import Stats
from inflight_lab.runs.recording import FORMAT, load, save
from inflight_lab.runs.run import RequestEvent, Run

SENT = RequestEvent(0.01, "sent", 0, None)
SHORT = Run(events=[SENT], counts=Stats(started=1), now=0.02)
NO_RECORDINGS = [
    "a recording",
    "[]",
    "[" * 100_000,
    b'{"format": "\xff"}',
    '{"format": "inflight-lab recording 1", "runs": {}}',
    json.dumps({"format": FORMAT, "runs": {"Ada": {"now": 1}}}),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


def test_what_is_saved_comes_back_complete(path: Path) -> None:
    """Each run by its name; one that went on as it was saved is over."""
    save(path, {"Ada": Run(now=0.5, live=True), "": SHORT})
    assert load(path) == {"Ada": Run(now=0.5), "": SHORT}


@pytest.mark.parametrize("text", NO_RECORDINGS, ids=lambda text: str(text)[:30])
def test_what_is_no_recording_is_refused(path: Path, text: str | bytes) -> None:
    """One short line names the file; one that is not there is an error of its own."""
    with pytest.raises(FileNotFoundError):
        load(path)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"name a recording .*run\.json") as error:
        load(path)
    assert len(str(error.value)) < 500


def test_a_run_that_is_not_whole_is_not_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has not begun, or whose beginning is gone; the old file stays."""
    save(path, {"": SHORT})
    with pytest.raises(ValueError, match="no run to record yet: start one first"):
        save(path, {"": Run()})
    monkeypatch.setattr(run_module, "MAX_ROWS", 2)
    run = Run()
    run.append(Run(events=3 * [SENT], now=1.0))
    with pytest.raises(ValueError, match="too long to be recorded"):
        save(path, {"": run})
    assert load(path) == {"": SHORT}
