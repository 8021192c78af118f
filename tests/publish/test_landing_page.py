"""What the landing page says, and where it leads."""

from __future__ import annotations

import re
from pathlib import Path

from inflight_lab.publish import landing_page, live_links
from inflight_lab.publish.contents import plain
from inflight_lab.publish.symptoms import SYMPTOMS
from tests.support.browser import ROOT
from tests.support.notebook_tools import GLOSSARY, NOTEBOOKS, load, notebook

ALL = [*NOTEBOOKS, GLOSSARY]
A_NAME = re.compile(r"\w*[A-Z]\w*[A-Z]\w*|[a-z]+_[a-z]+|\d{3,}")
"""With two capitals, an underscore or three digits: TCPConnector, 529."""
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
    assert others == sorted(others, key=lambda name: (name == "glossary.html", name))
    assert {*begin, *others} == {f"{path.stem}.html" for path in ALL}
    assert "You send 200 requests at once" in page_of(ALL)


def titles() -> set[str]:
    """How the pages are called."""
    entries = landing_page.entries_of(ALL).values()
    return {entry.title for entry in entries}


def test_it_links_to_nothing_that_is_not_there() -> None:
    """With two notebooks it links to these alone; a folder of somebody's own has no
    symptoms.
    """
    two = [notebook("02"), notebook("03")]
    targets = {target for target, _ in LINK.findall(page_of(two, with_lab=False))}
    assert targets == {f"{path.stem}.html" for path in two}
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


# ---- From a symptom to a passage


def test_every_symptom_leads_to_a_passage() -> None:
    """Each names a heading that its notebook has; there are many, and none twice."""
    symptoms = [each for kind in SYMPTOMS.values() for each in kind]
    headings = {path.stem: headings_of(path) for path in ALL}
    wrong = [each for each in symptoms if each.heading not in headings[each.notebook]]
    assert wrong == []
    assert len({each.seen for each in symptoms}) == len(symptoms) >= 20


def headings_of(path: Path) -> list[str]:
    """The headings in its text, as one reads them."""
    cells = [cell.source for cell in load(path).cells if cell.cell_type == "markdown"]
    return [plain(line) for line in re.findall(r"^#+ (.+)$", "\n".join(cells), re.M)]


def test_the_names_in_a_symptom_stand_on_its_page() -> None:
    """A search in the page finds the error, the class or the number of a message."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in ALL}
    missing = [
        (each.notebook, name)
        for kind in SYMPTOMS.values()
        for each in kind
        for name in A_NAME.findall(each.seen)
        if name not in pages[each.notebook]
    ]
    assert missing == []
