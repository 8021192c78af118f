"""The picture of a run that stays in a saved notebook, where no page draws it."""

from typing import Any
from uuid import uuid4

from IPython.display import DisplayHandle, display

from inflight_lab.plot.drawing import draw_run
from inflight_lab.plot.drawing.svg import Picture
from inflight_lab.runs.run import Run

STARTED = "inflight_lab_started"
"""How many requests a picture has, in the metadata of the output that holds it."""


class PlainPicture:
    """Displays a run as an image, in one place.

    ``name`` is written on top.  ``mark`` is its class, by which a page finds it, to
    hide it.
    """

    def __init__(self, name: str = "") -> None:
        self.mark = f"ifl-{uuid4().hex}"
        self._name = name
        self._display: DisplayHandle | None = None

    def show(self, run: Run) -> None:
        """Display it here."""
        self._display = display(self._drawn(run), display_id=True, **about(run))

    def update(self, run: Run) -> None:
        """Draw it again where it is displayed, if it is."""
        if self._display:
            self._display.update(self._drawn(run), **about(run))

    def _drawn(self, run: Run) -> Picture:
        return draw_run(run, mark=self.mark, name=self._name)


def about(run: Run) -> dict[str, Any]:
    """What the output says of ``run``, for those that read a saved notebook."""
    return {"metadata": {STARTED: run.counts.started}}
