"""What stands beside a plain picture, for those that read a notebook's outputs."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab.lesson.plot import plain_picture
from inflight_lab.lesson.plot.plain_picture import RECORDING, STARTED, PlainPicture
from inflight_lab.lesson.runs.run import RequestEvent, Run
from tests.support.columns import from_recording

OVER = Run(now=0.5)
COMPUTED = Run(now=0.5, events=[RequestEvent(0.1, "sent", 0, None)])


def test_a_saved_notebook_has_the_picture_alone(shown: list[dict[str, Any]]) -> None:
    """As an image and as SVG, in words, and nothing else."""
    PlainPicture(lambda: {"": OVER}).show()
    (output,) = shown
    assert output["data"].keys() == {"text/plain", "text/html", "image/svg+xml"}
    assert output["metadata"].keys() == {STARTED}


def test_what_nobody_ran_is_computed(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture says so; an exporter is given it as a run of nothing sent."""
    monkeypatch.setattr(plain_picture, "keep_recordings", True)
    PlainPicture(lambda: {"": Run()}, lambda: {"": COMPUTED}).show()
    (output,) = shown
    assert "Computed, not run yet" in output["data"]["text/plain"]
    assert output["metadata"][STARTED] == 0
    assert from_recording(output["data"][RECORDING]) == {"": COMPUTED}


@pytest.mark.parametrize(
    "run",
    [Run(), Run(now=0.5, live=True), Run(now=0.5, whole=False)],
    ids=["not begun", "under way", "too long"],
)
def test_what_cannot_be_recorded_leaves_its_picture(
    run: Run, shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No export fails because of it."""
    monkeypatch.setattr(plain_picture, "keep_recordings", True)
    PlainPicture(lambda: {"": run}).show()
    (output,) = shown
    assert RECORDING not in output["data"]
    assert "image/svg+xml" in output["data"]
