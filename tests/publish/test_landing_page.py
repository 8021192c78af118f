"""What the landing page says, and where it leads."""

from __future__ import annotations

import re
from pathlib import Path

from inflight_lab.publish import landing_page, live_links
from inflight_lab.publish.contents import entries_of
from tests.support.browser import ROOT
from tests.support.notebook_tools import (
    CLASS,
    GLOSSARY,
    NOTEBOOKS,
    QUESTIONS,
    notebook,
)

ALL = [*NOTEBOOKS, GLOSSARY, QUESTIONS, CLASS]
LINK = re.compile(r'<a href="([^"#]+)[^"]*">([^<]+)</a>')


def page_of(notebooks: list[Path], *, with_lab: bool = True) -> str:
    """The landing page for these notebooks."""
    return landing_page.landing_page(notebooks, with_lab=with_lab)


# ---- Where it leads


def test_it_links_to_every_page() -> None:
    """First those to begin with, then the others, each with what it promises."""
    listed = [
        target for target, title in LINK.findall(page_of(ALL)) if title in titles()
    ]
    first = len(landing_page.FIRST)
    begin, others = listed[:first], listed[first:-1]
    assert begin == [f"{name}.html" for name in landing_page.FIRST]
    pages = [f"{path.stem}.html" for path in ALL]
    assert others == [page for page in pages if page not in begin]
    assert "You send 200 requests at once" in page_of(ALL)


def titles() -> set[str]:
    """How the pages are called."""
    entries = entries_of(ALL).values()
    return {entry.title for entry in entries}


def test_it_links_to_nothing_that_is_not_there() -> None:
    """With two notebooks it links to these alone."""
    two = [notebook("02"), notebook("03")]
    targets = {target for target, _ in LINK.findall(page_of(two, with_lab=False))}
    assert targets == {f"{path.stem}.html" for path in two}


def test_an_error_is_looked_up_on_the_page_of_questions() -> None:
    """Where the series has it; a folder of somebody's own does not."""
    link = '<a href="questions.html">Find your error</a>'
    assert link in page_of(ALL)
    assert "Find your error" not in page_of([GLOSSARY])


def test_with_the_lab_it_opens_the_first_notebook() -> None:
    """Without, it speaks of no lab, but of the command that each page names; how to
    install that is the README's.
    """
    lab = "live/lab/index.html?path=notebooks/00_start_here.ipynb"
    assert f'<a href="{lab}">' in page_of(ALL)
    without = page_of(ALL, with_lab=False)
    assert "Try it live" not in without
    assert 'href="live/' not in without
    assert "which command opens its notebook" in without
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n{landing_page.INSTALL}\n" in readme


def test_a_notebook_can_be_opened_live() -> None:
    """By a link in the site, or by the command; one that the series does not have, by
    neither.
    """
    name = notebook("03").stem
    address = f"live/lab/index.html?path=notebooks/{name}.ipynb"
    assert live_links.to_the_site(name) == f'<a href="{address}">Open this live</a>'
    command = live_links.to_a_command(name)
    assert "<code>uv run inflight-lab --open 03</code>" in command
    assert '<a href="index.html#install">' in command
    assert live_links.to_the_site("mine") == live_links.to_a_command("mine") == ""
