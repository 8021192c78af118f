"""Recorded runs that the page plays: nothing is sent, and no kernel is needed."""

from pathlib import Path

import anywidget
import traitlets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.plot import plain_picture
from inflight_lab.plot.drawing import draw_runs
from inflight_lab.plot.modules import PAGE, script, style
from inflight_lab.plot.plain_picture import PlainPicture
from inflight_lab.plot.player import page_parts, player_html
from inflight_lab.runs.recording import as_text, load

RECORDINGS = Path(__file__).parent / "recordings"
"""The folder of the runs that come with the package: for a lesson without a server."""


class Replay(anywidget.AnyWidget):
    """Plays the runs in the file ``path``; several are shown side by side.

    Press Play; you can pause them, slow them down, and drag them to any moment.
    Nothing is sent, and the page does all the work, so it also plays without a kernel,
    in a saved notebook or an exported page.  ``runs`` has the runs by name.

    `Panel.save_recording` and `LivePlot.save_recording` write such a file:

    >>> plot.save_recording("run.json")
    >>> Replay("run.json")

    Raises ``OSError`` if the file cannot be read, and ``ValueError`` if it is not a
    recording.
    """

    _esm = script(PAGE / "replay.js")
    _css = style()

    _recording = traitlets.Unicode().tag(sync=True)
    _mark = traitlets.Unicode(help="The class of the still picture.").tag(sync=True)

    def __init__(self, path: str | Path) -> None:
        self.runs = load(path)
        self._picture = PlainPicture(lambda: self.runs)
        super().__init__(_recording=as_text(self.runs), _mark=self._picture.mark)
        closed_on_rerun(self.close)

    def _ipython_display_(self) -> None:
        data, metadata = self._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        if plain_picture.keep_recordings:
            self._picture.show()  # an exporter makes a player of it
        else:
            display(self._without_kernel(), raw=True)

    def _without_kernel(self) -> dict[str, str]:
        """What plays where no widget lives; beside one it is hidden."""
        picture = draw_runs(self.runs, mark=self._picture.mark)
        html = player_html(self.runs, picture._repr_html_())
        return {"text/html": html + page_parts(), "text/plain": repr(picture)}
