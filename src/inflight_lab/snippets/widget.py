"""The snippet maker as a widget: choices, the code for them, and a Copy button."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from inflight_lab.snippets import snippet


class SnippetMaker(anywidget.AnyWidget):
    """Begins with the whole script.

    ``code`` is what it shows, ``error`` what is wrong with the choices.
    """

    _esm = Path(__file__).with_name("widget.js")
    _css = Path(__file__).with_name("widget.css")
    code = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(code=snippet())
        self.on_msg(self._choose)

    def _choose(self, _: object, choices: dict[str, Any], buffers: object) -> None:
        try:
            self.code, self.error = snippet(**choices), ""
        except (TypeError, ValueError) as error:
            self.error = str(error)
