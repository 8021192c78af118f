"""A panel on the whole screen, and its keys: for showing it to a class."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Stage(anywidget.AnyWidget):
    """A button that lets the panel around it fill the screen, and the panel's keys.

    Space runs and stops, R resets, F fills the screen and Escape leaves it; arrows move the slider that
    has the focus: after a run has begun, the limit's.  While the focus is in the panel, JupyterLab's own
    single-key shortcuts do nothing, so that a slip deletes no cell.
    """

    _esm = Path(__file__).with_name("stage.js")
    _css = Path(__file__).with_name("stage.css")
