"""Two things about widgets that ipywidgets leaves to us."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

AS_IT_IS = "mathjax_ignore"
"""The CSS class of texts in which JupyterLab looks for no formulas."""


def plain_label(text: str) -> Any:
    """A line of text that is shown as it is: else what stands between two dollars would become a formula."""
    return widgets.Label(text).add_class(AS_IT_IS)


def close_parts(widget: Any) -> None:
    """Close all that a widget consists of: ipywidgets keeps for good what is not closed by itself."""
    parts = [
        *getattr(widget, "children", ()),
        getattr(widget, "layout", None),
        getattr(widget, "style", None),
    ]
    for part in filter(None, parts):
        close_parts(part)
        part.close()
