"""Builds the whole series as one folder of files, for any web server.

``inflight-lab site FOLDER`` makes ``index.html``, where new readers arrive; a page for
each notebook, where its runs play as recordings; and in ``live/`` the notebooks to run
in a browser, with nothing to install.  Without that (``--no-lab``) it needs neither npm
nor Python 3.12, and the pages can be opened as files too.

Everything is made in a temporary folder and copied at the end, so a failure leaves
nothing behind.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from inflight_lab.publish import (
    browser_build,
    landing_page,
    live_links,
    needed,
)
from inflight_lab.publish.series import lay_out
from inflight_lab.publish.static_pages import copy_code, make_pages


class BadFolderError(ValueError):
    """A folder cannot be used.  The text says why, in one line."""


def build(folder: Path, *, notebooks: Path | None = None, with_lab: bool) -> None:
    """Make the site in ``folder``, which must be new or empty: nothing is overwritten.

    ``notebooks`` is a folder with notebooks for its pages, by default the series.
    Raises `BadFolderError`, and where the site cannot be made a ``RuntimeError`` or an
    ``OSError``; nothing is written then.
    """
    check_new_or_empty(folder)
    needed.check_for_pages()
    if with_lab:
        needed.check_for_the_lab()
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch, "site")
        site.mkdir()
        found = notebooks_in(notebooks or laid_out(Path(scratch, "series")))
        make_landing_page(found, site, with_lab=with_lab)
        if with_lab:
            browser_build.build(site / "live")
        copy_code(site)
        live = live_links.to_the_site if with_lab else live_links.to_a_command
        make_pages(found, site, live=live)
        shutil.copytree(site, folder, dirs_exist_ok=True)


def check_new_or_empty(folder: Path) -> None:
    """Raise `BadFolderError` if anything is there already."""
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_empty:
        raise BadFolderError(
            f"folder must be new or empty, got {folder}:"
            " choose another one, or delete this one first"
        )


def laid_out(folder: Path) -> Path:
    """The notebooks of the series, copied: what they write stays out of the package."""
    lay_out(folder)
    return folder / "notebooks"


def notebooks_in(folder: Path) -> list[Path]:
    """Those in the folder, in the order of their names."""
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise BadFolderError(
            f"--notebooks must be a folder with .ipynb files, got {folder}"
        )
    return found


def make_landing_page(notebooks: list[Path], site: Path, *, with_lab: bool) -> None:
    """Write the page where new readers arrive."""
    page = landing_page.landing_page(notebooks, with_lab=with_lab)
    (site / landing_page.NAME).write_text(page, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Make the site, and say how to look at it."""
    parser = argument_parser()
    options = parser.parse_args(arguments)
    folder = options.folder
    try:
        build(folder, notebooks=options.notebooks, with_lab=options.lab)
    except BadFolderError as error:
        parser.error(str(error))
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))
    print(f"{folder}: {megabytes_in(folder):.0f} MB.  {how_to_look(folder)}")


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
    parser.add_argument(
        "--notebooks",
        type=Path,
        help="a folder with notebooks to make pages of; default: those of the series",
    )
    return parser


def megabytes_in(folder: Path) -> float:
    """How large all its files are."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes) / 1e6


def how_to_look(folder: Path) -> str:
    """The command that serves it on this computer."""
    return f"To look at it: python3 -m http.server --directory {folder}"
