"""What stands beside a plain picture, for those that read a notebook's outputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inflight_lab.plot import plain_picture
from inflight_lab.plot.plain_picture import PLAYER, RECORDING, Place, PlainPicture
from inflight_lab.runs.recording import from_text
from inflight_lab.runs.run import Run

OVER = Run(now=0.5)
PLACE = Place("widget 7", "both", "rate")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The data and metadata of each output, as it is displayed."""
    outputs: list[dict[str, Any]] = []

    def display(data: Any, **more: Any) -> None:
        outputs.append(more | {"data": data})

    monkeypatch.setattr(plain_picture, "display", display)
    return outputs


def test_an_exporter_is_given_the_recording_and_its_place(
    shown: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it asks, under the lane's name, with what the player around it needs."""
    monkeypatch.setattr(plain_picture, "keep_recordings", True)
    PlainPicture(lambda: {"paced": OVER}).show(PLACE)
    (output,) = shown
    assert from_text(json.dumps(output["data"][RECORDING])) == {"paced": OVER}
    place = {"widget": "widget 7", "view": "both", "strip": "rate"}
    assert output["metadata"][PLAYER] == place


def test_a_saved_notebook_has_the_picture_alone(shown: list[dict[str, Any]]) -> None:
    """As an image and as SVG, in words, and nothing else."""
    PlainPicture(lambda: {"": OVER}).show(PLACE)
    (output,) = shown
    assert output["data"].keys() == {"text/plain", "text/html", "image/svg+xml"}
    assert output["metadata"].keys() == {plain_picture.STARTED}


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
    PlainPicture(lambda: {"": run}).show(PLACE)
    (output,) = shown
    assert RECORDING not in output["data"]
    assert "image/svg+xml" in output["data"]
