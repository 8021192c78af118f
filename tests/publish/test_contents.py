"""What is said of a notebook where several are listed, and where its page leads."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from inflight_lab.publish.contents import entries_of, navigation_of
from tests.support.notebook_tools import (
    COMPARISON,
    GLOSSARY,
    NOTEBOOKS,
    QUESTIONS,
    notebook,
)


def test_an_entry_has_number_title_and_outcome() -> None:
    """As they stand at the top of the notebook; the glossary has no number."""
    numbered, glossary = entries_of([notebook("02"), GLOSSARY]).values()
    assert numbered.page == "02_send_many_at_once.html"
    assert numbered.title == "02 Send many at once"
    assert numbered.outcome.startswith("You send 200 requests at once")
    assert not re.search("[*`]", numbered.outcome)
    assert glossary.title == "Glossary"


def test_each_page_leads_where_its_end_does() -> None:
    """The top has the links of the last paragraph, in its words; not the way back to
    the map, nor a notebook that has no page.
    """
    navigation = navigation_of([*NOTEBOOKS, COMPARISON, QUESTIONS, GLOSSARY])
    on = {
        name: re.findall("(Next|Or|Back): ([^<]+)<", each)
        for name, each in navigation.items()
    }
    assert on["03_limit_with_a_semaphore"] == [("Next", "04 Pause at the limit")]
    assert on["08_take_it_home"] == [("Next", "Prepare for a real API")]
    assert on["15_change_the_script"] == []
    assert on["compare_limiters"] == [("Back", "09 Judge a limiter")]
    assert on["glossary"] == []
    for links in navigation.values():
        assert links.startswith('<a href="index.html">')
    (alone,) = navigation_of([notebook("03")]).values()
    assert re.findall('href="([^"]+)"', alone) == ["index.html"]


def test_the_links_at_the_top_are_those_that_one_reads_at_the_end(
    tmp_path: Path,
) -> None:
    """Where the paragraph goes over two lines, too; each leads to the same place in a
    page, and code is written as words.
    """
    text = """Some words.
**Next**: [the
`Pacer`](b.ipynb#cell-id=pacer), or
[another](c.ipynb).

See [the first](a.ipynb) as well."""
    for name, source in {
        "a": f"# A\n\n{text}",
        "b": "# B\n\nb",
        "c": "# C\n\nc",
    }.items():
        document = new_notebook(cells=[new_markdown_cell(source)])
        nbformat.write(document, tmp_path / f"{name}.ipynb")
    first, *_ = navigation_of(sorted(tmp_path.glob("*.ipynb"))).values()
    _home, *links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', first)
    assert links == [
        ("b.html#cell-id=pacer", "Next: the Pacer"),
        ("c.html", "Or: another"),
    ]
