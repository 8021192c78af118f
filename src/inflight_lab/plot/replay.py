"""Recorded runs that the page plays: nothing is sent, and no kernel is needed."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.plot import plain_picture
from inflight_lab.plot.drawing import draw_runs
from inflight_lab.plot.modules import joined, without_comments
from inflight_lab.plot.plain_picture import Place, PlainPicture
from inflight_lab.plot.player import Recorded, page_parts, player_html, style
from inflight_lab.plot.widget import PLOT
from inflight_lab.runs.recording import as_text, load

RECORDINGS = PLOT / "recordings"
"""The folder of the runs that come with the package: for a lesson without a server."""


class Replay(anywidget.AnyWidget):
    """Plays the runs in the file ``path``; several are shown side by side.

    They start when they scroll into view, at their original speed.  You can pause them,
    slow them down, and drag them to any moment.  Nothing is sent, and the page does all
    the work, so it also plays without a kernel, in a saved notebook or an exported
    page.  ``runs`` has the runs by name; ``view`` is what is drawn: "both", "requests"
    or "lines".

    `Panel.save_recording` and `LivePlot.save_recording` write such a file:

    >>> plot.save_recording("run.json")
    >>> Replay("run.json")

    Raises ``OSError`` if the file cannot be read, and ``ValueError`` if it is not a
    recording.
    """

    _esm = without_comments(joined(PLOT / "js" / "player" / "replay.js"))
    _css = without_comments(style())

    view = traitlets.Enum(
        ("both", "requests", "lines"),
        "both",
        help="What is drawn: each request, lines over time, or both.",
    ).tag(sync=True)
    _recording = traitlets.Unicode().tag(sync=True)
    _mark = traitlets.Unicode(help="The class of the still picture.").tag(sync=True)

    def __init__(self, path: str | Path, *, view: str = "both") -> None:
        self.runs = load(path)
        self._picture = PlainPicture(lambda: self.runs)
        mark = self._picture.mark
        super().__init__(view=view, _recording=as_text(self.runs), _mark=mark)
        closed_on_rerun(self.close)

    def _ipython_display_(self) -> None:
        data, metadata = self._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        if plain_picture.keep_recordings:
            self._picture.show(Place(self.model_id, self.view, "in flight"))
        else:
            display(self._without_kernel(), raw=True)

    def _without_kernel(self) -> dict[str, Any]:
        """What plays where no widget lives; beside one it is hidden."""
        html = player_html([Recorded(self.runs)], self._still(), view=self.view)
        return {"text/html": html + page_parts(), "text/plain": self._in_words()}

    def _in_words(self) -> str:
        names = " and ".join(name for name in self.runs if name)
        return f"A recording of {names}" if names else "A recording"

    def _still(self) -> str:
        return draw_runs(self.runs, mark=self._picture.mark)._repr_html_()
