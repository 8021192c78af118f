"""The notebooks as pages to read, whose plots play what was recorded.

Every notebook is run, and what it showed is written as one HTML file, with a player of
its run where the live plot was.  The pages need no server, no kernel and nothing from
the network.

``jupyter nbconvert --execute`` comes close, but it hears only the cell that is running,
so the picture of a run that a panel does in the background would stay empty; and its
pages load scripts from elsewhere.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from inflight_lab.publish.contents import entry_of
from inflight_lab.publish.notebook_file import read_notebook
from inflight_lab.publish.notebook_page import LiveLink, as_html
from inflight_lab.publish.page_navigation import navigation_of
from inflight_lab.publish.series import LINKED_TO, PACKAGE


def make_pages(notebooks: Sequence[Path], out: Path, *, live: LiveLink) -> None:
    """Make the page of each notebook in the folder ``out``, and print its name.

    Raises what `make_page` raises.
    """
    navigation = navigation_of(notebooks)
    for notebook in notebooks:
        links = navigation[notebook.stem]
        page = make_page(notebook, out, live=live, navigation=links)
        print(page.name, flush=True)


def make_page(
    notebook: Path,
    out: Path,
    *,
    live: LiveLink,
    navigation: str = "",
    timeout: float = 120,
) -> Path:
    """Run ``notebook``, write it as HTML into the folder ``out``, and return the file.

    ``live`` makes the link to the same notebook, running; ``navigation`` is the HTML of
    the links at the top.  ``timeout`` is in seconds, for each cell and each further
    recording.  Raises what `read_notebook` and `run_notebook` raise.
    """
    from inflight_lab.publish.executed_notebook import run_notebook

    document = read_notebook(notebook)
    run_notebook(document, notebook.parent, name=notebook.stem, timeout=timeout)
    document.metadata.title = entry_of(notebook).title
    page = out / f"{notebook.stem}.html"
    html = as_html(document, notebook.stem, live=live, navigation=navigation)
    page.write_text(html, encoding="utf-8")
    return page


def copy_code(out: Path) -> None:
    """Put the files beside the pages that link to them."""
    unused = shutil.ignore_patterns("__pycache__")
    for room in LINKED_TO:
        shutil.copytree(PACKAGE / room, out / room, ignore=unused, dirs_exist_ok=True)
