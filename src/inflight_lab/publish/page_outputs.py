"""What a page shows of a cell's outputs: runs that play, where there were widgets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from inflight_lab.plot.plain_picture import RECORDING, STARTED
from inflight_lab.plot.player import player_html
from inflight_lab.publish.printed_text import as_printed_at_last
from inflight_lab.publish.toy import toy_html
from inflight_lab.runs.recording import from_text
from inflight_lab.runs.run import Run
from inflight_lab.runs.terms import Terms

WIDGET = "application/vnd.jupyter.widget-view+json"
COMPUTED = "<p>Nobody has run this panel: what you see is computed.</p>"


def for_a_page(
    outputs: Sequence[Any], open_live: str, *, simulated: Sequence[str] = ()
) -> list[Any]:
    """The outputs as a page shows them, which has no widgets.

    The picture of a widget's runs becomes a player or, with the runners of
    ``simulated``, a simulated run; ``open_live`` stands below it, which is HTML.
    Another widget is shown as the HTML that it brings, if it does.  A line says where
    nothing was sent.  Of a progress bar, only its end is left.
    """
    shown: list[Any] = []
    for output in as_printed_at_last(outputs):
        if RECORDING in output.get("data", {}):
            shown.append(as_output(run_of(output, simulated) + paragraph(open_live)))
        elif is_without_requests(output):
            shown.append(as_output(f"<p>Nothing was sent here. {open_live}</p>"))
        elif not is_widget(output):
            shown.append(output)
        elif "text/html" in output.data:
            shown.append(as_output(output.data["text/html"]))
    return shown


def run_of(output: Any, simulated: Sequence[str]) -> str:
    """What was recorded, as HTML that plays."""
    still = output.data["text/html"]
    runs = from_text(json.dumps(output.data[RECORDING]))
    if simulated:
        return toy_html(settings_of(runs, simulated), still)
    player = player_html(runs, still)
    return COMPUTED + player if is_without_requests(output) else player


def settings_of(runs: Mapping[str, Run], runners: Sequence[str]) -> dict[str, Any]:
    """What was set when the runs began, as ``stage/toy.js`` takes it."""
    run = next(iter(runs.values()))
    limits = [level.value for each in runs.values() for level in each.levels["limit"]]
    terms = run.terms[0] if run.terms else Terms()
    settings: dict[str, Any] = {
        "runners": list(runners),
        "count": run.announced or run.counts.started,
        "quota": terms.quota._asdict() if terms.quota else None,
        "sliders": ["limit", "latency"] if limits else ["latency"],
    }
    if limits:
        settings["limit"] = int(limits[0])
    if terms.latency is not None:
        settings["latency"] = terms.latency
    return settings


def paragraph(html: str) -> str:
    """A paragraph; none if there is nothing in it."""
    return f"<p>{html}</p>" if html else ""


def as_output(html: str) -> Any:
    """An output that shows this HTML."""
    from nbformat.v4 import new_output

    return new_output("display_data", data={"text/html": html})


def is_widget(output: Any) -> bool:
    """Whether a kernel would draw it."""
    return WIDGET in output.get("data", {})


def is_without_requests(output: Any) -> bool:
    """Whether it is the picture of a run that has not begun."""
    metadata: dict[str, Any] = output.get("metadata", {})
    return metadata.get(STARTED) == 0
