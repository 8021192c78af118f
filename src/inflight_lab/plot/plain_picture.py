"""The picture of a run that stays in a saved notebook, where no page draws it."""

from uuid import uuid4

from IPython.display import DisplayHandle, display

from inflight_lab.plot.drawing import draw_run
from inflight_lab.runs.run import Run


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
        picture = draw_run(run, mark=self.mark, name=self._name)
        self._display = display(picture, display_id=True)

    def update(self, run: Run) -> None:
        """Draw it again where it is displayed, if it is."""
        if self._display:
            self._display.update(draw_run(run, mark=self.mark, name=self._name))
