"""What a page shows of the outputs of a cell."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from inflight_lab.commands.publish.page_outputs import WIDGET, for_a_page
from inflight_lab.lesson.plot.plain_picture import PANEL, RECORDING, STARTED
from inflight_lab.lesson.runs.columns import to_recording
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.run import Level, Run, no_levels
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from tests.commands.publish.parsed import parsed
from tests.support.notebooks.notebook_tools import NOTEBOOKS, load

PANEL_SAYS = {"names": ["Ada", "Ben"], "count": 90, "sliders": ["count"]}


def picture_of(*names: str, started: int = 1) -> NotebookNode:
    """The output of a widget whose runs were recorded; its picture is in bold."""
    run = Run(
        levels=no_levels() | {"limit": [Level(0, 3), Level(0.5, 9)]},
        terms=[Terms(QuotaPolicy("sliding-window", 40), latency=0.3)],
        counts=Stats(started=99, accepted=90, refused=9),  # with retries
        announced=90,
        now=1.0,
    )
    data = {
        "text/html": f"<b>{' '.join(names)}</b>",
        RECORDING: to_recording(dict.fromkeys(names, run)),
    }
    metadata = {STARTED: started, PANEL: PANEL_SAYS}
    return new_output("display_data", data=data, metadata=metadata)


def widget(**data: str) -> NotebookNode:
    """The output of a widget, with what else it brings."""
    return new_output("display_data", data={WIDGET: {"model_id": "one"}} | data)


def shown(*outputs: NotebookNode, simulate: Sequence[str] = ()) -> list[str]:
    """The HTML of what a page shows of a cell with them."""
    metadata = {"inflight_lab": {"simulate": list(simulate)}}
    cell = new_code_cell(outputs=list(outputs), metadata=metadata)
    return [output.data["text/html"] for output in for_a_page(cell)]


def test_the_runs_of_a_widget_are_one_player() -> None:
    """They have one clock, and one picture for those who cannot play them; another
    widget has its own.
    """
    side_by_side, alone = shown(widget(), picture_of("Ada", "Ben"), picture_of("Cy"))
    assert side_by_side.startswith("<inflight-run>")
    assert "<b>Ada Ben</b>" in side_by_side
    assert side_by_side.count("application/json") == 1
    assert "<b>Cy</b>" in alone


def test_a_panel_can_be_simulated_with_its_own_settings() -> None:
    """The page is given what was set; the picture is there without JavaScript."""
    (html,) = shown(picture_of("Ada", "Ben"), simulate=["pause", "paced"])
    assert "<b>Ada Ben</b>" in html
    (toy,) = parsed(html).select("inflight-toy")
    settings = json.loads(str(toy["data-settings"]))
    assert settings == PANEL_SAYS | {"runners": ["pause", "paced"]}


def test_a_plot_without_requests_is_a_line_of_text() -> None:
    """An empty picture would only take room; the line says why there is none."""
    empty = new_output(
        "display_data", data={"text/html": "<img>"}, metadata={STARTED: 0}
    )
    assert shown(widget(), empty) == ["<p>Nothing was sent here.</p>"]


def test_another_widget_is_the_html_that_it_brings() -> None:
    """Without any it is left out: its bare text says nothing to a reader."""
    bare = widget(**{"text/plain": "IntSlider(value=3)"})
    assert shown(bare, widget(**{"text/html": "<pre>code</pre>"})) == [
        "<pre>code</pre>"
    ]


def test_other_outputs_stay() -> None:
    """What a cell printed, and tables, are there for every reader; not what is left of
    a progress bar that wiped itself.
    """
    printed = new_output("stream", text="30 answers\n")
    wiped = new_output("stream", name="stderr", text="     \r")
    cell = new_code_cell(outputs=[wiped, printed])
    assert for_a_page(cell) == [printed]


def test_the_notebooks_ask_for_what_there_is() -> None:
    """A page can simulate these runners alone, and knows no other wish."""
    wishes = [
        cell.metadata.get("inflight_lab", {})
        for path in NOTEBOOKS
        for cell in load(path).cells
    ]
    assert {name for wish in wishes for name in wish} <= {
        "simulate",
        "shows",
        "answers",
        "tries",
    }
    asked = {runner for wish in wishes for runner in wish.get("simulate", [])}
    assert asked <= {"naive", "semaphore", "pause", "paced"}
