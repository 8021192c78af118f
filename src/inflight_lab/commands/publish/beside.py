"""The files beside the pages of the site, and the links to them.

One script and one style sheet draw the runs of all pages.  Beside them are the drawings
of the lessons, and the code that they link to; recipes and rungs are scripts that can
be saved and used.  In ``live/`` the notebooks run.
"""

import shutil
from html import escape
from pathlib import Path

from inflight_lab.commands.publish.series import LINKED_TO, PACKAGE, notebooks
from inflight_lab.commands.snippet.script import snippet
from inflight_lab.lesson.plot.modules import STAGE, script, style
from inflight_lab.recipes import RECIPES
from inflight_lab.runners import RUNGS, SHARED

SCRIPT = Path(__file__).with_name("page.js")
SHEETS = (STAGE / "controls.css", STAGE / "toy.css")
HEAD = """<link rel="stylesheet" href="stage.css">
<script defer src="stage.js"></script>"""
"""For the head of a page with runs.  A module would not load from a file."""

LAB = "live/lab/index.html"
"""JupyterLab in the site, beside the pages."""
HOW_TO_INSTALL = '<a href="index.html#install">how to install it</a>'


def write(folder: Path) -> None:
    """Write the files beside the pages into ``folder``, without ``live/``."""
    code = f'"use strict";\n(() => {{\n{script(SCRIPT)}}})();\n'
    (folder / "stage.js").write_text(code, encoding="utf-8")
    (folder / "stage.css").write_text(style(*SHEETS), encoding="utf-8")
    unused = shutil.ignore_patterns("__pycache__")
    for room in LINKED_TO:
        shutil.copytree(PACKAGE / room, folder / room, ignore=unused)
    write_scripts(folder)
    films = shutil.ignore_patterns("*.webp")  # the README's, in a clone
    shutil.copytree(notebooks() / "images", folder / "images", ignore=films)


def write_scripts(folder: Path) -> None:
    """Write each recipe and each rung as ``inflight-lab snippet`` prints it.

    The rung *paced* stays as it is, because a recipe has the same name.
    """
    for name in {*RECIPES, *RUNGS, *SHARED}:
        room = "recipes" if name in RECIPES else "runners"
        (folder / room / f"{name}.py").write_text(snippet(name), encoding="utf-8")


def address_in_site(notebook: str) -> str:
    """Where the site has this notebook running."""
    return f"{LAB}?path=notebooks/{notebook}.ipynb"


def to_the_site(notebook: str, words: str) -> str:
    """A link to the notebook in the browser build: HTML."""
    return f'<a href="{escape(address_in_site(notebook))}">{escape(words)}</a>'


def to_a_command(notebook: str, words: str) -> str:
    """The command that opens it, for a site without the browser build."""
    number, _, _ = notebook.partition("_")
    command = f"<code>inflight-lab --open {number}</code>"
    return f"{escape(words)}: {command} ({HOW_TO_INSTALL})"
