"""Recorded runs as HTML that plays, in a page that no kernel stands behind.

The same JavaScript draws them as in the live plot.  It asks nothing of any server, so a
page also plays from the file system.  Without JavaScript, and on paper, readers see the
still picture.
"""

import json
from collections.abc import Mapping

from inflight_lab.lesson.plot.modules import PAGE, script, style
from inflight_lab.lesson.runs.columns import Columns, to_recording
from inflight_lab.lesson.runs.run import Run


def player_html(runs: Mapping[str, Run], still: str) -> str:
    """A player for ``runs``, side by side; ``still`` is the HTML of their picture.

    The page also needs `page_parts`, once.  Raises ``ValueError`` if a run cannot be
    recorded.
    """
    return recording_html(to_recording(runs), still)


def recording_html(recording: Columns, still: str) -> str:
    """A player for a ``recording``, as `to_recording` makes one."""
    text = json.dumps(recording, separators=(",", ":"))
    columns = text.replace("<", "\\u003c")  # no name ends the script
    return (
        f'<inflight-run>\n<div class="ifl-still">{still}</div>\n'
        f'<script type="application/json">{columns}</script>\n</inflight-run>'
    )


def page_parts() -> str:
    """The style and the script that a page with players needs once."""
    entry = script(PAGE / "element.js")
    return f'<style>\n{style()}</style>\n<script type="module">\n{entry}</script>'
