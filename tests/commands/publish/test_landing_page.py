"""What the landing page says, and where it leads."""

from __future__ import annotations

import re

from inflight_lab.commands.cli import notebook_of
from inflight_lab.commands.publish import beside, landing_page
from inflight_lab.commands.publish.landing_page import entries_of
from tests.commands.publish.parsed import links, parsed
from tests.support.notebooks.notebook_tools import GLOSSARY, NOTEBOOKS, notebook

ALL = sorted(NOTEBOOKS[0].parent.glob("*.ipynb"))


def page_of(*, with_lab: bool = True) -> str:
    """The landing page of the series."""
    return landing_page.landing_page(ALL, wheel="this.whl", with_lab=with_lab)


def links_of(page: str) -> list[tuple[str, str]]:
    """The page that each link leads to, and its words."""
    return [(target.partition("#")[0], words) for target, words in links(parsed(page))]


def test_an_entry_has_number_title_and_outcome() -> None:
    """As they stand at the top of the notebook; the glossary has no number."""
    numbered, glossary = entries_of([notebook("02"), GLOSSARY]).values()
    assert numbered.page == "02_send_many_at_once.html"
    assert numbered.title == "02 Send many at once"
    assert numbered.outcome.startswith("You send 200 requests at once")
    assert not re.search("[*`]", numbered.outcome)
    assert glossary.title == "Glossary"


def test_it_links_to_every_page() -> None:
    """First those of the main line, then the others, each with what it promises."""
    titles = {entry.title for entry in entries_of(ALL).values()}
    listed = [target for target, title in links_of(page_of()) if title in titles]
    main_line = len(landing_page.MAIN_LINE)
    first, others = listed[:main_line], listed[main_line:-1]
    assert first == [f"{name}.html" for name in landing_page.MAIN_LINE]
    pages = [f"{path.stem}.html" for path in ALL]
    assert others == [page for page in pages if page not in first]
    assert "You send 200 requests at once" in page_of()


def test_an_error_is_looked_up_and_a_class_is_taught() -> None:
    """Each on a page of its own, which one finds without scrolling through the list."""
    assert ("questions.html", "Find your error") in links_of(page_of())
    assert ("show_it_to_a_class.html", "Show it to a class") in links_of(page_of())


def test_with_the_lab_it_opens_the_first_notebook() -> None:
    """Without, it speaks of no lab, but of the command that each page names."""
    lab = "live/lab/index.html?path=notebooks/00_start_here.ipynb"
    assert f'<a href="{lab}">' in page_of()
    without = page_of(with_lab=False)
    assert "Try it live" not in without
    assert 'href="live/' not in without
    assert "which command opens its notebook" in without


def test_it_brings_what_it_says_to_install() -> None:
    """A site has no repository's address: the package is a file beside the page."""
    assert '<a href="this.whl" download>' in page_of()
    assert 'pip install "./this.whl[lab]"\n' in page_of()


def test_a_notebook_can_be_opened_live() -> None:
    """By a link in the site, or by a command, which opens this one and no other."""
    for name in (path.stem for path in ALL):
        address = f"live/lab/index.html?path=notebooks/{name}.ipynb"
        assert beside.to_the_site(name, "Open") == f'<a href="{address}">Open</a>'
        command = beside.to_a_command(name, "Open")
        (opened,) = re.findall("<code>inflight-lab --open (.+?)</code>", command)
        assert notebook_of(opened) == f"notebooks/{name}.ipynb"
        assert '<a href="index.html#install">' in command
