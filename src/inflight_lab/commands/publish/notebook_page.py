"""A notebook whose cells have run, as one HTML page."""

import importlib.metadata
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from inflight_lab.commands.publish import beside
from inflight_lab.commands.publish.page_outputs import as_output, for_a_page, paragraph
from inflight_lab.commands.publish.tries import to_choose_from

LiveLink = Callable[[str, str], str]
"""How a reader gets to the same notebook, running: HTML, with these words, for the
notebook of this name."""

HOME = '<a href="index.html">All notebooks</a>'
MARKDOWN = re.compile(r"[*`]|\[(.+?)\]\(.+?\)")
"""Emphasis, code and links: of these only the words are kept."""
LINK_TO_NOTEBOOK = re.compile(r"\]\((\w+)\.ipynb(?=[#)])")
LINK_TO_SOURCE = "](../src/inflight_lab/"
TEMPLATE = Path(__file__).with_name("notebook_page.html.j2")
STYLE = Path(__file__).with_name("notebook_page.css")

CONTENTS = "<!-- contents -->"
"""Where the template has room for the links to a page's sections."""
SECTION = re.compile(r'<h2 id="(?P<id>[^"]*)">(?P<title>.*?)</h2>')
HEADING_OR_WIDE = re.compile(
    r'<h[1-4] id="(?P<id>[^"]*)"'
    r"|(?:<p><em>(?P<caption>[^\n]*)</em></p>\s*)?<table>(?P<rows>.*?)</table>"
    r"|<(?P<plays>inflight-run|inflight-toy)\b"
    r"|<table\b.*?</table>|<img\b[^>]*ifl-picture[^>]*>",
    re.DOTALL,
)
HEADER = re.compile(r"<th(?! scope)(?=[ >])")
FIRST_CELL = re.compile(r"(<tr>\s*)<td([^>]*)>(.*?)</td>", re.DOTALL)
CODE = re.compile("<code>(.*?)</code>")
PART_OF_CODE = re.compile(r"((?<!\d)\.|[_(])(?=\w)")
"""A narrow column may break a name after these, but not within a word or a number."""
PART_OR_UNIT = re.compile(
    r"<(pre|script|style)\b.*?</\1>|<[^>]*>|(?<=\d) (?=%|m?s\b)", re.DOTALL
)
"""Parts that stay as they are, or the space before a unit, where no line may end."""
SHORT = 24
"""Code of at most so many letters is broken in tables only."""
ANCHOR = re.compile('<a class="anchor-link" [^>]*>[^<]*</a>')
"""A heading's link to itself; the sections are linked at the top."""
SCROLLING = (
    '<div class="scrolls" tabindex="0" role="group" aria-labelledby="{name}">'
    "{part}</div>"
)
"""A part that is wider than a phone scrolls alone, so its letters stay readable.  It
scrolls by keyboard too, so it needs a name: the heading above it."""

FOLDED = '<details class="answer"><summary>Answer, with the run</summary>'
EXERCISE = "code-exercise-"
"""How the ids of cells begin that a learner completes."""
FIRST_RUN = "first-run"
"""The id of the cell with which a page begins, if that is a run."""
OPEN = "Open this live"
CHECK = "Open live to check yours"

NOTHING_RUNS = "Nothing runs on this page: each cell shows what it printed."
RUNS_PLAY = "The runs below are recorded or computed, nothing is sent: press ▶ or Run."


def as_html(
    document: Any, name: str, *, live: LiveLink, names: Collection[str] = ()
) -> str:
    """The page of the notebook ``name``, a ``document`` whose cells have run.

    ``names`` are all notebooks with a page, in their order.  The page links to the ones
    before and after it.
    """
    navigation = " ".join([HOME, *links_to_the_next(name, names)])
    title = document.cells[0]
    for cell in document.cells:
        put_on_a_page(cell, partial(live, name))
    document.metadata["title"] = title_of(document, name)
    ordered = [*to_choose_from(with_a_run_first(document.cells))]
    noted = next((cell for cell in ordered if cell.id == FIRST_RUN), title)
    document.cells = list(folded(ordered))
    exporter = HTMLExporter(raw_template=TEMPLATE.read_text(encoding="utf-8"))
    resources = {
        "metadata": {"name": name},
        "beside": beside.HEAD,
        "style": STYLE.read_text(encoding="utf-8"),
        "note": note_about(document.cells),
        "title_cell": title.id,
        "noted_cell": noted.id,
        "open_live": live(name, OPEN),
        "navigation": navigation,
        "version": importlib.metadata.version("inflight-lab"),
    }
    html: str
    html, _ = exporter.from_notebook_node(document, resources)
    html = ANCHOR.sub("", html)
    html = CODE.sub(with_its_breaks, html)
    html = PART_OR_UNIT.sub(
        lambda found: "&nbsp;" if found[0] == " " else found[0], html
    )
    lists_its_sections = f"]({name}.html#" in title.source
    contents = "" if lists_its_sections else section_links(html)
    html = html.replace(CONTENTS, contents)
    return with_wide_parts(html)


def put_on_a_page(cell: Any, live: Callable[[str], str]) -> None:
    """Prepare a cell for the page: links, players, exercise links, no hidden code."""
    if cell.cell_type == "markdown":
        cell.source = with_links_to_pages(cell.source)
    elif cell.cell_type == "code":
        is_hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        cell.metadata["transient"] = {"remove_source": is_hidden}
        cell.outputs = for_a_page(cell)
        if cell.id.startswith(EXERCISE):
            cell.outputs.append(as_output(paragraph(live(CHECK))))


def with_a_run_first(cells: Sequence[Any]) -> list[Any]:
    """The cells in the order in which a page shows them.

    If a page begins with a run, the first screen has the title, the first paragraph,
    what to do or to predict, and the run.  Below are the texts about the run, then its
    code, and the rest of the first cell.
    """
    title, *others = cells
    opening = title.source.split("\n\n")[:2]
    before = [*takewhile(is_introduction, others)]
    run, *after = others[len(before) :] or [title]
    if len(opening) < 2 or not plays(run):
        return [*cells]
    about = [*takewhile(is_introduction, after)]
    above = new_markdown_cell("\n\n".join(opening), id="opening")
    shown = new_code_cell(run.source, id=FIRST_RUN, outputs=run.outputs)
    shown.metadata["transient"] = {"remove_source": True}
    title.source = title.source.removeprefix(above.source)
    run.outputs = []
    return [above, *before, shown, *about, run, title, *after[len(about) :]]


def is_introduction(cell: Any) -> bool:
    """Whether it is a text without a heading."""
    return cell.cell_type == "markdown" and not cell.source.startswith("#")


def folded(cells: Sequence[Any]) -> Iterator[Any]:
    """The cells, with what answers a prediction folded away.

    These cells have ``{"inflight_lab": {"answers": true}}`` in their metadata.  Readers
    predict what the first one does, so its code stays in sight.
    """
    for answers, group in groupby(cells, is_answer):
        if not answers:
            yield from group
            continue
        first, *others = group
        if first.cell_type == "code":
            yield new_code_cell(first.source, execution_count=first.execution_count)
            first.metadata["transient"] = {"remove_source": True}
        yield new_raw_cell(FOLDED)
        yield first
        yield from others
        yield new_raw_cell("</details>")


def is_answer(cell: Any) -> bool:
    """Whether it answers a prediction."""
    return bool(cell.metadata.get("inflight_lab", {}).get("answers"))


def with_its_breaks(code: re.Match[str]) -> str:
    """Code in a text, with the places where a line may end."""
    parts = PART_OF_CODE.sub(r"\g<0><wbr>", code[1])
    kind = ' class="long"' if len(code[1]) > SHORT else ""
    return f"<code{kind}>{parts}</code>"


def with_links_to_pages(source: str) -> str:
    """Text with links to the pages, and to the code beside them."""
    linked = LINK_TO_NOTEBOOK.sub(r"](\1.html", source)
    return linked.replace(LINK_TO_SOURCE, "](")


def links_to_the_next(name: str, names: Collection[str]) -> list[str]:
    """The links to the pages that are numbered one lower and one higher, as HTML."""
    number, _, _ = name.partition("_")
    if not number.isdecimal():
        return []
    wanted = {
        f"{int(number) - 1:02}": "Previous",
        f"{int(number) + 1:02}": "Next",
    }
    return [
        f'<a href="{other}.html">{wanted[other[:2]]}: {other[:2]}</a>'
        for other in names
        if other[:2] in wanted
    ]


def plain(markdown: str) -> str:
    """The words alone."""
    return MARKDOWN.sub(lambda found: found[1] or "", markdown)


def title_of(document: Any, name: str) -> str:
    """The title in a browser's tab: the first heading, or the name of the file."""
    heading = re.match("# (.+)", document.cells[0].source)
    return f"{plain(heading[1])} - inflight-lab" if heading else name


def note_about(cells: Sequence[Any]) -> str:
    """The note at the top of a page; empty if the page has no code."""
    if all(cell.cell_type != "code" for cell in cells):
        return ""
    return RUNS_PLAY if any(map(plays, cells)) else NOTHING_RUNS


def plays(cell: Any) -> bool:
    """Whether it shows a run."""
    return any(
        "<inflight-" in output.get("data", {}).get("text/html", "")
        for output in cell.get("outputs", [])
    )


def section_links(html: str) -> str:
    """The sections of the page as a list of links, folded: HTML."""
    links = [
        f'<li><a href="#{section["id"]}">{section["title"]}</a></li>'
        for section in SECTION.finditer(html)
    ]
    return (
        '<nav class="contents" aria-label="This page"><details>'
        f"<summary>On this page</summary><ol>{''.join(links)}</ol>"
        "</details></nav>"
    )


def with_wide_parts(html: str) -> str:
    """Name the tables, pictures and runs of a page, and let tables and pictures scroll.

    Each is named by the heading above it; a table by a line in italics, if one stands
    above it.  The first row and column of our tables are headers, so that a screen
    reader says what each cell is about.
    """
    heading = ""

    def named(found: re.Match[str]) -> str:
        nonlocal heading
        if found["id"]:
            heading = found["id"]
            return found[0]
        rows = found["rows"]
        part = found[0]
        if found["plays"]:
            return f'{part} role="group" aria-labelledby="{heading}"'
        if rows:
            caption, name = found["caption"], f' aria-labelledby="{heading}"'
            begin = (
                f"<table><caption>{caption}</caption>" if caption else f"<table{name}>"
            )
            part = f"{begin}{with_headers(rows)}</table>"
        return SCROLLING.format(name=heading, part=part)

    return HEADING_OR_WIDE.sub(named, html)


def with_headers(rows: str) -> str:
    """The rows of a table, whose first row and column are headers."""
    columns = HEADER.sub('<th scope="col"', rows)
    return FIRST_CELL.sub(r'\1<th scope="row"\2>\3</th>', columns)
