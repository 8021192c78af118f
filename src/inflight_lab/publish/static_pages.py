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

from inflight_lab.publish import index_page
from inflight_lab.publish.series import PACKAGE, lay_out

WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"\]\((\w+)\.ipynb(?=[#)])")
TEMPLATE = """
{% extends "index.html.j2" %}{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_css %}<style>.highlight pre { white-space: pre-wrap; overflow-wrap: anywhere }</style>
{% endblock %}{% block body_header %}{{ super() }}<p class="jp-RenderedHTMLCommon"><em>
Nothing runs on this page: each cell shows what it printed. Where the text speaks of dots, sliders and
buttons, you see lines over time.</em></p>{% endblock %}
"""
"""Without the scripts from elsewhere; long lines of code wrap, on a phone and on paper."""
PANELS_END = "await __import__('inflight_lab.publish.static_pages', fromlist=['panels_end']).panels_end()"


def make_page(notebook: Path, out: Path, *, timeout: float = 120) -> Path:
    """Run ``notebook`` and write it as HTML into the folder ``out``; returns the file.

    ``timeout`` is in seconds, for each cell.  Raises what nbclient raises when a cell
    fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    cells = nbformat.read(notebook, as_version=4)
    resources = {"metadata": {"path": str(notebook.parent), "name": notebook.stem}}
    # The state of the widgets would make the page ask a CDN for what draws them.
    client = NotebookClient(
        cells, timeout=timeout, resources=resources, store_widget_state=False
    )
    # Nor does it play the Output widget: it would keep what an `interactive` prints off
    # the page, and send on the socket on which it waits for a reply, and then may not
    # notice the reply (pyzmq's edges).
    client.widget_registry.clear()
    client.extra_arguments = [
        "--log-level=ERROR"
    ]  # not that its sockets are not encrypted
    client.on_cell_executed = partial(_record_the_background, client)
    client.execute()
    for cell in cells.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](\1.html", cell.source).replace(
                "](../src/inflight_lab/", "]("
            )
        else:  # there is no live plot on paper: its plain picture follows it
            cell.outputs = [
                output
                for output in cell.outputs
                if WIDGET not in output.get("data", {})
            ]
    html, _ = HTMLExporter(raw_template=TEMPLATE).from_notebook_node(cells, resources)
    page = out / f"{notebook.stem}.html"
    page.write_text(html, encoding="utf-8")
    return page


async def _record_the_background(
    client: Any, cell: Any, cell_index: int, **_: Any
) -> None:
    """Wait until no panel runs, and take in the pictures that are drawn meanwhile."""
    request = client.kc.execute(PANELS_END, silent=True)
    while True:
        message = await client.kc.get_iopub_msg(timeout=client.timeout)
        kind, content = message["msg_type"], message["content"]
        if kind == "update_display_data":
            client.process_message(message, cell, cell_index)
        elif (
            content.get("execution_state") == "idle"
            and message["parent_header"].get("msg_id") == request
        ):
            return


async def panels_end() -> None:
    """In the kernel: come back when no panel or replay that the notebook has a name for is running."""
    from inflight_lab.panel.controls import Controlled

    ipython: Any = sys.modules["IPython"]
    for each in list(ipython.get_ipython().user_ns.values()):
        if isinstance(each, Controlled) and each.running:
            await asyncio.wait([each.start()])  # the task of the run that is under way


def main(argv: list[str]) -> None:
    """Make the pages of the series, or of another folder of notebooks."""
    parser = argparse.ArgumentParser(
        "inflight-lab pages", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "out", type=Path, help="the folder for the pages; made if it is not there"
    )
    parser.add_argument(
        "--notebooks", type=Path, help="a folder with notebooks; by default the series"
    )
    arguments = parser.parse_args(argv)
    index = arguments.out / index_page.NAME
    if index_page.is_somebody_elses(index):
        parser.error(
            f"out must be a folder without another index.html, got {arguments.out}"
        )
    with tempfile.TemporaryDirectory() as scratch:
        if not arguments.notebooks:  # what notebooks write stays out of the package
            lay_out(Path(scratch))
        notebooks = sorted(
            (arguments.notebooks or Path(scratch, "notebooks")).glob("*.ipynb")
        )
        if not notebooks:
            parser.error(
                f"--notebooks must be a folder with .ipynb files, got {arguments.notebooks}"
            )
        try:
            unused = shutil.ignore_patterns("__pycache__")
            shutil.copytree(
                PACKAGE / "runners",
                arguments.out / "runners",
                ignore=unused,
                dirs_exist_ok=True,
            )
        except OSError as error:
            parser.error(
                f"out must be a folder that can be written, got {arguments.out}: {error}"
            )
        for notebook in notebooks:
            print(make_page(notebook, arguments.out), flush=True)
        if index.stem not in {notebook.stem for notebook in notebooks}:
            print(index_page.make_index(notebooks, arguments.out))
