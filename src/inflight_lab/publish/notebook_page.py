"""A notebook whose cells have run, as one HTML file that needs no other."""

import importlib.metadata
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from inflight_lab.plot.player import page_parts
from inflight_lab.publish.cell_metadata import simulated_in
from inflight_lab.publish.contents import plain
from inflight_lab.publish.page_outputs import as_output, for_a_page, paragraph
from inflight_lab.publish.page_sections import with_section_links, with_table_headers
from inflight_lab.publish.toy import toy_parts

LiveLink = Callable[[str, str], str]
"""How a reader gets to the same notebook, running: HTML, with these words, for the
notebook of this name; empty if there is no way."""

LINK_TO_NOTEBOOK = re.compile(r"\]\((\w+)\.ipynb(?=[#)])")
LINK_TO_SOURCE = "](../src/inflight_lab/"
TEMPLATE = Path(__file__).with_name("notebook_page.html.j2")
STYLE = Path(__file__).with_name("notebook_page.css")
SCRIPT = Path(__file__).with_name("opened_as_a_file.js")
WIDE = re.compile(r"<table\b.*?</table>|<img\b[^>]*ifl-picture[^>]*>", re.DOTALL)
SCROLLING = r'<div class="scrolls" tabindex="0">\g<0></div>'
"""What is wider than a phone keeps letters that can be read, and scrolls alone; by
keyboard too."""

EXERCISE = "code-exercise-"
"""How the ids of cells begin that a learner completes."""
OPEN = "Open this live"
CHECK = "Open live to check yours"

NOTHING_RUNS = "Nothing runs on this page: each cell shows what it printed."
RUNS_PLAY = """Each cell shows what it printed. A run plays as it was recorded, or your
browser computes it; nothing is sent. In the live notebook, requests really go to the
practice server on your computer."""

PARTS = {"<inflight-run": page_parts, "<inflight-toy": toy_parts}
"""What a page needs once that has such an element."""


def as_html(document: Any, name: str, *, live: LiveLink, navigation: str = "") -> str:
    """The page of the notebook ``name``, a ``document`` whose cells have run.

    ``navigation`` is the HTML of the links at its top.
    """
    from nbconvert import HTMLExporter

    for cell in document.cells:
        put_on_a_page(cell, partial(live, name))
    elements = elements_in(document.cells)
    document.metadata["title"] = title_of(document, name)
    exporter = HTMLExporter(raw_template=TEMPLATE.read_text(encoding="utf-8"))
    resources = {
        "metadata": {"name": name},
        "style": STYLE.read_text(encoding="utf-8"),
        "note": note_about(document.cells, plays=bool(elements)),
        "open_live": live(name, OPEN),
        "navigation": navigation,
        "version": importlib.metadata.version("inflight-lab"),
        "script": SCRIPT.read_text(encoding="utf-8"),
    }
    html: str
    html, _ = exporter.from_notebook_node(document, resources)
    html = with_section_links(html)
    html = with_table_headers(html)
    html = WIDE.sub(SCROLLING, html)
    return with_parts(html, elements)


def title_of(document: Any, name: str) -> str:
    """What a tab of a browser shows: the first heading, or the name of the file."""
    first = document.cells[0].source if document.cells else ""
    heading = re.match("# (.+)", first)
    return f"{plain(heading[1])} - inflight-lab" if heading else name


def put_on_a_page(cell: Any, live: Callable[[str], str]) -> None:
    """Prepare a cell for the page: links, players, exercise links."""
    if cell.cell_type == "markdown":
        cell.source = with_links_to_pages(cell.source)
    elif cell.cell_type == "code":
        simulated = simulated_in(cell.metadata)
        cell.outputs = for_a_page(cell.outputs, live(OPEN), simulated=simulated)
        if cell.id.startswith(EXERCISE):
            cell.outputs.append(as_output(paragraph(live(CHECK))))


def with_links_to_pages(source: str) -> str:
    """Text whose links lead to the pages, and to the code beside them."""
    linked = LINK_TO_NOTEBOOK.sub(r"](\1.html", source)
    return linked.replace(LINK_TO_SOURCE, "](")


def elements_in(cells: Iterable[Any]) -> list[str]:
    """Which elements of ours the outputs have."""
    shown = [
        output.get("data", {}).get("text/html", "")
        for cell in cells
        for output in cell.get("outputs", [])
    ]
    return [each for each in PARTS if any(each in html for html in shown)]


def note_about(cells: Iterable[Any], *, plays: bool) -> str:
    """What readers should know first; nothing where there is only text."""
    if all(cell.cell_type != "code" for cell in cells):
        return ""
    return RUNS_PLAY if plays else NOTHING_RUNS


def with_parts(html: str, elements: Iterable[str]) -> str:
    """The page with what these elements need."""
    before, end, after = html.rpartition("</body>")
    return before + "".join(PARTS[each]() for each in elements) + end + after
