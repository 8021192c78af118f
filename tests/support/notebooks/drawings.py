"""Gives the drawings of the notebooks the colours of the stage.

Start it with ``python -m tests.support.notebooks.drawings`` when a colour in
``stage.css`` has changed.  An image takes nothing from the page around it, so each has
both values, light and dark, in its own ``<style>``.
"""

from __future__ import annotations

import re
from pathlib import Path

from inflight_lab.lesson.plot.drawing.svg import COLOURS

DRAWINGS = sorted(Path(__file__).parents[3].glob("notebooks/images/*.svg"))

MEANINGS = {"accepted": "answered", "refused": "refused"}
"""What a class of the drawings is called on the stage."""

DARK = "@media (prefers-color-scheme: dark)"


def coloured(svg: str) -> str:
    """The drawing ``svg`` in the colours of the stage."""
    before, dark, after = svg.partition(DARK)
    for name, meaning in MEANINGS.items():
        before = _with_colour(before, name, COLOURS[meaning].light)
        after = _with_colour(after, name, COLOURS[meaning].dark)
    return before + dark + after


def _with_colour(rules: str, name: str, colour: str) -> str:
    return re.sub(rf"(\.{name} {{[^}}]*?)#\w+", rf"\g<1>{colour}", rules)


if __name__ == "__main__":
    for drawing in DRAWINGS:
        svg = drawing.read_text(encoding="utf-8")
        drawing.write_text(coloured(svg), encoding="utf-8")
