"""Runs in a file: what comes back is what was saved, and other files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inflight_lab.runs import run as run_module
from inflight_lab.runs.events import Stats
from inflight_lab.runs.recording import FORMAT, load, save
from inflight_lab.runs.run import RequestEvent, Run

SHORT = Run(
    events=[RequestEvent(0.01, "sent", 0, None)], counts=Stats(started=1), now=0.02
)


def test_what_is_saved_comes_back_complete(tmp_path: Path) -> None:
    """Each run by its name; one that went on as it was saved is over."""
    path = tmp_path / "run.json"
    save(path, {"Ada": Run(now=0.5, live=True), "": SHORT})
    assert load(path) == {"Ada": Run(now=0.5), "": SHORT}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a recording",
        "[]",
        "null",
        "[" * 100_000,
        b'{"format": "\xff"}',
        '{"format": "inflight-lab recording 1", "runs": {}}',
        json.dumps({"format": FORMAT}),
        json.dumps({"format": FORMAT, "runs": [1]}),
        json.dumps({"format": FORMAT, "runs": {"Ada": None}}),
        json.dumps({"format": FORMAT, "runs": {"Ada": {"now": 1}}}),
    ],
    ids=lambda text: str(text)[:30],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str | bytes) -> None:
    """One short line names the file."""
    path = tmp_path / "other.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    says = r"path must name a recording .*other\.json"
    with pytest.raises(ValueError, match=says) as error:
        load(path)
    assert len(str(error.value)) < 500


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is an error of its own."""
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.json")


def test_a_run_that_has_not_begun_is_not_saved(tmp_path: Path) -> None:
    """The error says what to do, and the old file stays."""
    path = tmp_path / "run.json"
    save(path, {"": SHORT})
    with pytest.raises(ValueError, match="no run to record yet: start one first"):
        save(path, {"": Run()})
    assert load(path) == {"": SHORT}


def test_a_run_that_was_too_long_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning is gone."""
    monkeypatch.setattr(run_module, "MAX_ROWS", 2)
    run = Run()
    run.append(Run(events=3 * [RequestEvent(0.1, "sent", 0, None)], now=1.0))
    with pytest.raises(ValueError, match="too long to be recorded"):
        save(tmp_path / "run.json", {"": run})
