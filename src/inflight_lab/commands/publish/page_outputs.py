"""Makes the outputs of a cell fit for a page: runs that play in place of widgets.

A cell's metadata may ask for a run that is simulated:

>>> {"inflight_lab": {"simulate": ["semaphore"]}}

The page then simulates its panel, with the panel's own settings, sliders, strip and
names, and with these runners of ``stage/simulate.js``.  Otherwise the page plays the
recorded run.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nbformat.v4 import new_output

from inflight_lab.lesson.plot.plain_picture import PANEL, RECORDING, STARTED
from inflight_lab.lesson.plot.recorded_runs import recording_html

WIDGET = "application/vnd.jupyter.widget-view+json"
COMPUTED = "<p>Nobody has run this panel: what you see is computed.</p>"


def for_a_page(cell: Any) -> list[Any]:
    """The outputs of a ``cell``, for a page without widgets.

    The picture of a widget's runs becomes a player or, if the cell asks for it, a
    simulated run.  Another widget becomes the HTML that it brings, if any.  A plot
    without requests becomes a line of text.
    """
    simulated = cell.metadata.get("inflight_lab", {}).get("simulate", [])
    shown: list[Any] = []
    for output in filter(is_seen, cell.outputs):
        if RECORDING in output.get("data", {}):
            shown.append(as_output(run_of(output, simulated)))
        elif is_without_requests(output):
            shown.append(as_output("<p>Nothing was sent here.</p>"))
        elif not is_widget(output):
            shown.append(output)
        elif "text/html" in output.data:
            shown.append(as_output(output.data["text/html"]))
    return shown


def run_of(output: Any, simulated: Sequence[str]) -> str:
    """The recorded run as HTML that plays."""
    still = output.data["text/html"]
    recording = output.data[RECORDING]
    if simulated:
        return toy_html({"runners": simulated, **output.metadata[PANEL]}, still)
    player = recording_html(recording, still)
    return COMPUTED + player if is_without_requests(output) else player


def toy_html(settings: Mapping[str, object], still: str = "") -> str:
    """A run that the page computes.  ``stage/toy.js`` says what the settings are.

    ``still`` is the HTML that stands there without JavaScript, and on paper.
    """
    given = escape(json.dumps(settings))
    picture = f'<div class="ifl-still">{still}</div>'
    return f'<inflight-toy data-settings="{given}">{picture}</inflight-toy>'


def paragraph(html: str) -> str:
    """A paragraph; none if there is nothing in it."""
    return f"<p>{html}</p>" if html else ""


def as_output(html: str) -> Any:
    """An output that shows this HTML."""
    return new_output("display_data", data={"text/html": html})


def is_seen(output: Any) -> bool:
    """Whether an output shows anything; a progress bar may have erased itself."""
    return output.output_type != "stream" or bool(output.text.strip())


def is_widget(output: Any) -> bool:
    """Whether an output is a widget, which takes a kernel."""
    return WIDGET in output.get("data", {})


def is_without_requests(output: Any) -> bool:
    """Whether an output is the picture of a run that has not begun."""
    metadata: dict[str, Any] = output.get("metadata", {})
    return metadata.get(STARTED) == 0
