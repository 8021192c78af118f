"""The notebooks as pages to read without running.

``inflight-lab pages OUT`` runs every notebook and writes what it showed as one HTML
file each, with the plain picture where the live plot was, and ``index.html``, which
lists them.  The pages need no server, no kernel and nothing from the network.

``jupyter nbconvert --execute`` comes close, but it hears only the cell that is running,
so the picture of a run that a panel does in the background would stay empty; and its
pages load scripts from elsewhere.
"""

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from inflight_lab.plot.plain_picture import STARTED
from inflight_lab.publish import index_page
from inflight_lab.publish.series import LINKED_TO, PACKAGE, lay_out

WIDGET = "application/vnd.jupyter.widget-view+json"
LINK_TO_NOTEBOOK = re.compile(r"\]\((\w+)\.ipynb(?=[#)])")
LINK_TO_SOURCE = "](../src/inflight_lab/"
TEMPLATE = Path(__file__).with_name("notebook_page.html.j2")
STYLE = Path(__file__).with_name("notebook_page.css")
WIDE = re.compile(r"<table\b.*?</table>|<img\b[^>]*ifl-picture[^>]*>", re.DOTALL)
SCROLLING = r'<div class="scrolls" tabindex="0">\g<0></div>'
"""What is wider than a phone keeps letters that can be read, and scrolls alone; by
keyboard too."""
NOT_RUN = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"text/html": "<p>Nothing was sent here. Open the notebook to run it.</p>"},
}
"""What stands where a panel waits for somebody who presses Run."""
WAIT_FOR_PANELS = f"""
import importlib
await importlib.import_module({__name__!r}).panels_end()
"""
"""What the kernel runs after each cell, silently."""


def make_page(notebook: Path, out: Path, *, timeout: float = 120) -> Path:
    """Run ``notebook``, write it as HTML into the folder ``out``, and return the file.

    ``timeout`` is in seconds, for each cell.  Raises what nbclient raises when a cell
    fails.
    """
    import nbformat

    document = nbformat.read(notebook, as_version=4)
    document.metadata.title = index_page.entry_of(notebook).title
    resources = {"metadata": {"path": str(notebook.parent), "name": notebook.stem}}
    run_cells(document, resources, timeout=timeout)
    page = out / f"{notebook.stem}.html"
    page.write_text(as_html(document, resources), encoding="utf-8")
    return page


def as_html(document: Any, resources: dict[str, Any]) -> str:
    """The page of a ``document`` whose cells have run."""
    from nbconvert import HTMLExporter

    for cell in document.cells:
        if cell.cell_type == "markdown":
            cell.source = with_links_to_pages(cell.source)
        else:
            cell.outputs = as_read(cell.outputs)
    exporter = HTMLExporter(raw_template=TEMPLATE.read_text(encoding="utf-8"))
    style = STYLE.read_text(encoding="utf-8")
    html, _ = exporter.from_notebook_node(document, resources | {"style": style})
    return WIDE.sub(SCROLLING, html)


def run_cells(document: Any, resources: dict[str, Any], *, timeout: float) -> None:
    """Run all cells of ``document``, which takes in what they show."""
    from nbclient import NotebookClient

    # The state of the widgets would make the page ask a CDN for what draws them.
    client = NotebookClient(
        document, timeout=timeout, resources=resources, store_widget_state=False
    )
    # Nor does it play the Output widget: it would keep what an `interactive` prints off
    # the page, and send on the socket on which it waits for a reply, and then may not
    # notice the reply (pyzmq's edges).
    client.widget_registry.clear()
    # No warning that the kernel's sockets are not encrypted.
    client.extra_arguments = ["--log-level=ERROR"]
    client.on_cell_executed = partial(_record_the_background, client)
    client.execute()


def with_links_to_pages(source: str) -> str:
    """Text whose links lead to the pages, and to the code beside them."""
    linked = LINK_TO_NOTEBOOK.sub(r"](\1.html", source)
    return linked.replace(LINK_TO_SOURCE, "](")


def as_read(outputs: list[Any]) -> list[Any]:
    """The outputs without widgets: a page has none.

    A plot's picture follows its widget, and other widgets are HTML too.  In the place
    of pictures in which nothing happened there is a line that says so.
    """
    from nbformat import from_dict

    kept = []
    for output in outputs:
        data = output.get("data", {})
        is_widget = data.pop(WIDGET, None) is not None
        if is_without_requests(output):
            if NOT_RUN not in kept:
                kept.append(from_dict(NOT_RUN))
        elif not is_widget or "text/html" in data:
            kept.append(output)
    return kept


def is_without_requests(output: Any) -> bool:
    """Whether it is the picture of a run that has not begun."""
    metadata: dict[str, Any] = output.get("metadata", {})
    return metadata.get(STARTED) == 0


async def _record_the_background(
    client: Any, cell: Any, cell_index: int, **_: Any
) -> None:
    """Wait until no panel runs, and take in the pictures that are drawn meanwhile."""
    request = client.kc.execute(WAIT_FOR_PANELS, silent=True)
    while True:
        message = await client.kc.get_iopub_msg(timeout=client.timeout)
        if message["msg_type"] == "update_display_data":
            client.process_message(message, cell, cell_index)
        elif _ends(message, request):
            return


def _ends(message: dict[str, Any], request: str) -> bool:
    """Whether the kernel says with ``message`` that it is done with ``request``."""
    if message["content"].get("execution_state") != "idle":
        return False
    answered: str | None = message["parent_header"].get("msg_id")
    return answered == request


async def panels_end() -> None:
    """In the kernel: wait until no panel or replay is running that has a name."""
    from inflight_lab.panel.controls import Controlled

    ipython: Any = sys.modules["IPython"]
    for value in list(ipython.get_ipython().user_ns.values()):
        if isinstance(value, Controlled) and value.running:
            under_way = value.start()  # the task of the run: it starts no other
            await asyncio.wait([under_way])


def main(argv: list[str]) -> None:
    """Make the pages of the series, or of another folder of notebooks."""
    parser = argument_parser()
    arguments = parser.parse_args(argv)
    out = arguments.out
    if index_page.is_somebody_elses(out / index_page.NAME):
        parser.error(f"out must be a folder without another index.html, got {out}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.notebooks
        if not folder:  # what notebooks write stays out of the package
            lay_out(Path(scratch))
            folder = Path(scratch, "notebooks")
        notebooks = sorted(folder.glob("*.ipynb"))
        if not notebooks:
            parser.error(
                f"--notebooks must be a folder with .ipynb files, got {folder}"
            )
        try:
            copy_code(out)
        except OSError as error:
            parser.error(
                f"out must be a folder that can be written, got {out}: {error}"
            )
        make_pages(notebooks, out)


def argument_parser() -> argparse.ArgumentParser:
    """What the command takes."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser("inflight-lab pages", description=summary)
    parser.add_argument(
        "out",
        type=Path,
        help="the folder for the pages; made if it is not there",
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        help="a folder with notebooks; by default the series",
    )
    return parser


def copy_code(out: Path) -> None:
    """Put the files beside the pages that link to them."""
    unused = shutil.ignore_patterns("__pycache__")
    for room in LINKED_TO:
        shutil.copytree(PACKAGE / room, out / room, ignore=unused, dirs_exist_ok=True)


def make_pages(notebooks: list[Path], out: Path) -> None:
    """Make the page of each notebook, and the index, and print their names."""
    for notebook in notebooks:
        print(make_page(notebook, out), flush=True)
    names = {f"{notebook.stem}.html" for notebook in notebooks}
    if index_page.NAME not in names:
        print(index_page.make_index(notebooks, out))
