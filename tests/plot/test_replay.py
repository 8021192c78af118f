"""A recording shown again: what the page plays, with a kernel and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inflight_lab import Replay
from inflight_lab.plot import plain_picture, replay
from inflight_lab.plot.plain_picture import RECORDING
from inflight_lab.plot.replay import RECORDINGS
from inflight_lab.runs.events import Stats
from inflight_lab.runs.recording import from_text, save
from inflight_lab.runs.run import RequestEvent, Run

SHORT = Run(
    events=[RequestEvent(0.01, "sent", 0, None)], counts=Stats(started=1), now=0.02
)
RUNS = {"short": SHORT, "long": Run(counts=Stats(started=2), now=0.05)}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A file with two short runs."""
    save(tmp_path / "two.json", RUNS)
    return tmp_path / "two.json"


@pytest.fixture
def shown(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """What it displays itself, too."""
    monkeypatch.setattr(replay, "display", plain_picture.display)
    return shown


def test_the_page_has_all_of_it(two: Path) -> None:
    """It is a trait, which is also saved with a notebook: no message has to come."""
    shown_again = Replay(two)
    assert shown_again.runs == RUNS
    state = shown_again.get_state()
    assert from_text(state["_recording"]) == RUNS
    shown_again.close()


def test_it_leaves_what_plays_without_a_kernel(
    two: Path, shown: list[dict[str, Any]]
) -> None:
    """A second output has the recording, all that plays it, and a picture by which the
    living widget finds it, to hide it.
    """
    shown_again = Replay(two)
    shown_again._ipython_display_()
    widget, without = (output["data"] for output in shown)
    assert "application/vnd.jupyter.widget-view+json" in widget
    html = without["text/html"]
    assert "customElements.define" in html
    assert f"class=&quot;{shown_again._mark}&quot;" in html
    assert "short: 1 request" in without["text/plain"]
    shown_again.close()


def test_an_exporter_makes_one_player_of_all_its_runs(
    two: Path, shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given one recording, as it is by a panel with two lanes."""
    monkeypatch.setattr(plain_picture, "keep_recordings", True)
    shown_again = Replay(two)
    shown_again._ipython_display_()
    _, picture = shown
    assert list(picture["data"][RECORDING]["runs"]) == ["short", "long"]
    shown_again.close()


def test_the_recording_that_comes_with_the_package() -> None:
    """Today's code reads it, and every request in it has an outcome."""
    shown_again = Replay(RECORDINGS / "pause_and_paced.json")
    for run in shown_again.runs.values():
        ended = sum(event.request_count for event in run.events if event.outcome)
        assert ended == run.counts.started > 0
    shown_again.close()
