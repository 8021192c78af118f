"""What a panel needs in front of a class: the whole screen, and a keyboard."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Stage(anywidget.AnyWidget):
    """A button that lets the panel around it fill the screen, and the panel's keys.

    Space runs and stops, R resets, F fills the screen and Escape leaves it; arrows move the slider that
    has the focus, which after a run began is the limit's.  While the focus is in the panel, the front
    end's own shortcuts for single keys are silent: no cell is deleted by a slip.
    """

    _esm = Path(__file__).with_name("stage.js")
    _css = Path(__file__).with_name("stage.css")
