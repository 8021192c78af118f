"""The picture of runs that stays in a saved notebook, where no page draws them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from IPython.display import DisplayHandle, display

from inflight_lab.lesson.plot.drawing import Picture, draw_runs
from inflight_lab.lesson.runs.columns import to_recording
from inflight_lab.lesson.runs.run import Run

STARTED = "inflight_lab_started"
"""Metadata key of an output: how many requests were sent; 0 for a computed picture."""

PANEL = "inflight_lab_panel"
"""Metadata key of a recording: what was set when its panel was made."""

RECORDING = "application/vnd.inflight-lab.recording+json"
"""The MIME type of a recording."""

keep_recordings = False
"""Whether each picture brings the recording of its run.

The site sets this in the kernel, because its pages play the run.  Saved notebooks do
not.
"""

Runs = Mapping[str, Run]
Expected = Callable[[], Runs]
"""Returns by name the runs that one would expect, if anybody can tell."""


class PlainPicture:
    """Displays the runs of a widget as an image, in one place.

    ``runs`` returns them by name.  Until one has begun, the image shows the runs that
    ``expected`` returns.  A page finds the image by its class ``mark``, and hides it.
    ``panel`` is kept with a recording.
    """

    panel: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, runs: Callable[[], Runs], expected: Expected = dict) -> None:
        self.mark = f"ifl-{uuid4().hex}"
        self._runs = runs
        self._expected = expected
        self._display: DisplayHandle | None = None

    def show(self) -> None:
        """Display it here, from now on."""
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
        started = sum(run.counts.started for run in runs.values())
        has_begun = any(run.now for run in runs.values())
        shown = runs if has_begun else self._expected() or runs
        metadata: dict[str, Any] = {STARTED: started}
        data = as_mime_types(draw_runs(shown, mark=self.mark, computed=not has_begun))
        if keep_recordings and all(_can_be_kept(run) for run in shown.values()):
            data[RECORDING] = to_recording(shown)
            metadata[PANEL] = dict(self.panel)
        return data, metadata


def as_mime_types(picture: Picture) -> dict[str, Any]:
    """The picture in the forms that a front end can choose from."""
    return {
        "text/plain": repr(picture),
        "text/html": picture._repr_html_(),
        "image/svg+xml": picture._repr_svg_(),
    }


def _can_be_kept(run: Run) -> bool:
    """Whether a run is over, and nothing of it was dropped."""
    return run.now > 0 and not run.live and run.whole
