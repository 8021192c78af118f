"""The picture of runs that stays in a saved notebook, where no page draws it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

from IPython.display import DisplayHandle, display

from inflight_lab.plot.drawing import draw_runs
from inflight_lab.plot.drawing.svg import Picture
from inflight_lab.runs.recording import as_text
from inflight_lab.runs.run import Run

STARTED = "inflight_lab_started"
"""Metadata key of an output: how many requests its picture shows."""

RECORDING = "application/vnd.inflight-lab.recording+json"
"""The MIME type of a recording."""

PLAYER = "inflight_lab_player"
"""Metadata key of an output that has a recording: where its run is played, as the
fields of a `Place`."""

keep_recordings = False
"""Whether the recording of each finished run stands beside its picture.

An exporter sets it, in the kernel; a saved notebook does not need them.
"""


class Place(NamedTuple):
    """Where a run is drawn."""

    widget: str
    """The widget's id: runs with the same one stand side by side, on one clock."""
    view: str
    strip: str
    """As `inflight_lab.plot.player.player_html` takes them."""


class PlainPicture:
    """Displays the runs of a widget as an image, in one place.

    ``runs`` returns them by name.  ``mark`` is the class of the image, by which a page
    finds it, to hide it.
    """

    def __init__(self, runs: Callable[[], Mapping[str, Run]]) -> None:
        self.mark = f"ifl-{uuid4().hex}"
        self._runs = runs
        self._place: Place | None = None
        self._display: DisplayHandle | None = None

    def show(self, place: Place) -> None:
        """Display it here, in place of what is drawn at ``place``."""
        self._place = place
        data, metadata = self._bundle()
        self._display = display(data, raw=True, display_id=True, metadata=metadata)

    def update(self) -> None:
        """Draw it again where it is displayed, if it is."""
        if self._display:
            data, metadata = self._bundle()
            self._display.update(data, raw=True, metadata=metadata)

    def _bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Data for a front end, and metadata for whoever reads the output later."""
        runs = self._runs()
        data = as_mime_types(draw_runs(runs, mark=self.mark))
        started = sum(run.counts.started for run in runs.values())
        metadata: dict[str, Any] = {STARTED: started}
        recording = recording_of(runs) if keep_recordings else None
        if recording and self._place:
            data[RECORDING] = recording
            metadata[PLAYER] = self._place._asdict()
        return data, metadata


def as_mime_types(picture: Picture) -> dict[str, Any]:
    """What a front end can choose from."""
    return {
        "text/plain": repr(picture),
        "text/html": picture._repr_html_(),
        "image/svg+xml": picture._repr_svg_(),
    }


def recording_of(runs: Mapping[str, Run]) -> dict[str, Any] | None:
    """Their recording as JSON; None if one is not over, or was too long."""
    for run in runs.values():
        is_over = run.now > 0 and not run.live
        if not is_over or not run.whole:
            return None
    recording: dict[str, Any] = json.loads(as_text(runs))
    return recording
