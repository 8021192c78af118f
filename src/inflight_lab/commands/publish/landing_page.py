"""The page where strangers arrive: dots, a button, and where to go on."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from jinja2 import Environment

from inflight_lab.commands.publish import beside
from inflight_lab.commands.publish.notebook_page import plain
from inflight_lab.commands.publish.page_outputs import toy_html

NAME = "index.html"
HERE = Path(__file__).parent
TEMPLATE = HERE / "landing_page.html.j2"
STYLES = (HERE / "notebook_page.css", HERE / "landing_page.css")
"""The style of all pages, and of this one."""

ABOUT = "How to send many HTTP requests from Python's asyncio without a 429."

START = "00_start_here"
MAIN_LINE = (
    START,
    "01_run_the_script_that_fails",
    "02_send_many_at_once",
    "03_limit_with_a_semaphore",
    "04_pause_at_the_limit",
    "05_tell_concurrency_from_rate",
    "06_pace_to_the_quota",
    "07_survive_refusals",
    "08_take_it_home",
)
"""The main line, in its order."""
FOR_TEACHERS = "show_it_to_a_class"
QUESTIONS = "questions"

COUNT = 100
RATE = 20
OPENING = {
    "opens": True,
    "count": COUNT,
    "limit": 10,
    "latency": 1.2,
    "quota": {"rate": RATE},
    "runners": ["naive"],
    "choices": ["naive", "semaphore", "pause", "paced"],
    "sliders": ["limit", "latency"],
}
"""A hundred at once, then the limit under your finger, then a pace."""

IN_WORDS = f"""<p>{COUNT} requests at once, to an API that allows {RATE} in any second:
{RATE} are answered, {COUNT - RATE} are refused. With at most 10 in flight, and
answers after 1.2 seconds, all {COUNT} are answered within 13 seconds; evenly paced,
within 7.</p>"""
"""The text in its place, without JavaScript and on paper."""


def landing_page(notebooks: Sequence[Path], *, wheel: str, with_lab: bool) -> str:
    """The page, as HTML, with links to the pages of ``notebooks``, the whole series.

    Beside it are the file ``wheel``, to install from, and the browser build if
    ``with_lab``.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    entries = entries_of(notebooks)
    return template.render(
        about=ABOUT,
        style="\n".join(sheet.read_text(encoding="utf-8") for sheet in STYLES),
        beside=beside.HEAD,
        toy=toy_html(OPENING, IN_WORDS),
        first=[entries[name] for name in MAIN_LINE],
        others=[entry for name, entry in entries.items() if name not in MAIN_LINE],
        lab=beside.address_in_site(START) if with_lab else "",
        wheel=wheel,
        teaching=entries[FOR_TEACHERS],
        questions=entries[QUESTIONS],
    )


class Entry(NamedTuple):
    """A notebook in the list of all."""

    page: str
    title: str
    """With the notebook's number, where it has one."""
    outcome: str


def entries_of(notebooks: Sequence[Path]) -> dict[str, Entry]:
    """The entry of each notebook, by its name, in that order."""
    return {notebook.stem: entry_of(notebook) for notebook in notebooks}


def entry_of(notebook: Path) -> Entry:
    """The title of a notebook, and the paragraph below: what one gets from it."""
    first = nbformat.read(notebook, as_version=4).cells[0].source
    heading, outcome, *_ = first.split("\n\n")
    number, _, _ = notebook.stem.partition("_")
    title = plain(heading.removeprefix("# "))
    if number.isdecimal():
        title = f"{number} {title}"
    return Entry(f"{notebook.stem}.html", title, plain(outcome))
