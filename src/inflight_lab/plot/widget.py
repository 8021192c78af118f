"""A widget whose page draws runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.plot.feed import Feed, Message
from inflight_lab.plot.plain_picture import Place, PlainPicture

PLOT = Path(__file__).parent
"""The folder of the stylesheet and the JavaScript."""


class RunWidget(anywidget.AnyWidget):
    """A widget whose page draws what its ``feeds`` send: one for each lane."""

    view = traitlets.Enum(
        ("both", "requests", "lines"),
        "both",
        help="What is drawn: each request, lines over time, or both.",
    ).tag(sync=True)

    feeds: Sequence[Feed] = ()
    _picture: PlainPicture
    _strip = "all"
    """Which strips stand below the requests: "all", or the only one's name."""

    def __init__(self, feeds: Sequence[Feed], **traits: Any) -> None:
        super().__init__(**traits)
        self.feeds = feeds
        self.on_msg(lambda _, message, __: self.on_message(message))
        closed_on_rerun(self.close)

    def on_message(self, message: Message) -> None:
        """A page has sent this, perhaps from another thread."""
        if "hello" in message:
            for feed in self.feeds:
                feed.send_all()

    def stop(self) -> None:
        """End what goes on, if anything does."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop, and take it off the page."""
        if self.feeds:  # ipywidgets also closes what was refused and never made
            self.stop()
            for feed in self.feeds:
                feed.stop()
            self.layout.close()  # which ipywidgets would keep for good
        super().close()

    def _ipython_display_(self) -> None:
        data, metadata = self._repr_mimebundle_() or ({}, {})
        display(data, metadata=metadata, raw=True)
        self._picture.show(Place(self.model_id, self.view, self._strip))
