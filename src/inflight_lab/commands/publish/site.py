"""Builds the whole series as one folder of files, for any web server.

``inflight-lab site FOLDER`` makes ``index.html``, where new readers arrive; a page for
each notebook, where its runs play as recordings; one for the public names; a wheel of
the package, to install; and in ``live/`` the notebooks to run in a browser.  Without
that (``--no-lab``) it needs neither npm nor Python 3.12, and the pages can be opened as
files too.

The notebooks run side by side, and each cell once.  If one fails, its page shows the
error, and the last line of the output names it; the site is made all the same.

Everything is made in a temporary folder and copied at the end, so a site that cannot be
made leaves nothing behind.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from inflight_lab.commands.publish import beside, browser_build, landing_page, reference
from inflight_lab.commands.publish.notebook_page import LiveLink, as_html
from inflight_lab.commands.publish.notebook_run import run_cells
from inflight_lab.commands.publish.series import lay_out
from inflight_lab.commands.publish.tries import with_tries

SIDE_BY_SIDE = 4
"""How many notebooks run at once.  They mostly wait, but each has a kernel."""


class BadFolderError(ValueError):
    """A folder cannot be used.  The text says why, in one line."""


def build(
    folder: Path, *, with_lab: bool, notebooks: Sequence[Path] | None = None
) -> list[str]:
    """Make the site in ``folder``, which must be new or empty: nothing is overwritten.

    Returns the cells that failed.  ``notebooks`` are those with a page; default: the
    series.  Raises `BadFolderError`, and `BuildError` or ``OSError`` if the site cannot
    be made; then nothing is written.
    """
    check_new_or_empty(folder)
    if with_lab:
        browser_build.check_tools()
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch, "site")
        site.mkdir()
        found = notebooks or laid_out(Path(scratch, "series"))
        failures = asyncio.run(make_all(found, site, with_lab=with_lab))
        shutil.copytree(site, folder, dirs_exist_ok=True)
    return failures


def check_new_or_empty(folder: Path) -> None:
    """Raise `BadFolderError` if anything is there already."""
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_empty:
        raise BadFolderError(
            f"folder must be new or empty, got {folder}:"
            " choose another one, or delete this one first"
        )


def laid_out(folder: Path) -> list[Path]:
    """A copy of the notebooks, so that their files stay out of the package."""
    lay_out(folder)
    return sorted(folder.glob("notebooks/*.ipynb"))


async def make_all(
    notebooks: Sequence[Path], site: Path, *, with_lab: bool
) -> list[str]:
    """Make the whole site; returns the cells that failed."""
    wheel = browser_build.pack_wheel(site)
    page = landing_page.landing_page(notebooks, wheel=wheel.name, with_lab=with_lab)
    (site / landing_page.NAME).write_text(page, encoding="utf-8")
    (site / f"{reference.NAME}.html").write_text(reference.page(), encoding="utf-8")
    beside.write(site)
    live = beside.to_the_site if with_lab else beside.to_a_command
    pages = make_pages(notebooks, site, live=live)
    if not with_lab:
        return await pages
    lab = asyncio.to_thread(browser_build.build, site / "live")
    failures, _ = await asyncio.gather(pages, lab)
    return failures


async def make_pages(
    notebooks: Sequence[Path], out: Path, *, live: LiveLink
) -> list[str]:
    """Make the page of each notebook in the folder ``out``, and print its name.

    ``live`` makes the link to the same notebook, running.  Returns the cells that
    failed, each with its notebook and its error in a line.
    """
    names = [notebook.stem for notebook in notebooks]
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def make_page(notebook: Path) -> list[str]:
        name = notebook.stem
        document = nbformat.read(notebook, as_version=4)
        document.cells = [*with_tries(document.cells)]
        async with turns:
            failures = await run_cells(document, notebook.parent)
        html = as_html(document, name, live=live, names=names)
        (out / f"{name}.html").write_text(html, encoding="utf-8")
        print(f"{name}.html", flush=True)
        return [f"{name}, {failure}" for failure in failures]

    # The last ones take longest, so they begin first.
    failures = await asyncio.gather(*map(make_page, reversed(notebooks)))
    return [failure for each in failures for failure in each]


def main(arguments: list[str]) -> None:
    """Make the site, and say how to look at it and which cells failed."""
    parser = argument_parser()
    options = parser.parse_args(arguments)
    folder = options.folder
    try:
        failures = build(folder, with_lab=options.lab)
    except BadFolderError as error:
        parser.error(str(error))
    except (browser_build.BuildError, OSError) as error:
        sys.exit(str(error))
    print(f"To look at it: python3 -m http.server --directory {folder}")
    if failures:
        cells = "1 cell" if len(failures) == 1 else f"{len(failures)} cells"
        print(f"{cells} failed, as the pages show: {'; '.join(failures)}")


def argument_parser() -> argparse.ArgumentParser:
    """What the command takes."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser("inflight-lab site", description=summary)
    parser.add_argument(
        "folder", type=Path, help="where to put the site: a new folder, or an empty one"
    )
    parser.add_argument(
        "--no-lab",
        dest="lab",
        action="store_false",
        help="leave out the part that runs the notebooks in the browser (31 MB)",
    )
    return parser
