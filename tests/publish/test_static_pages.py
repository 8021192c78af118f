"""How the notebooks become pages: what is run, and what is kept of it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbformat
import pytest
from nbclient.output_widget import OutputWidget

from inflight_lab.plot.player import page_parts
from inflight_lab.publish import index_page, static_pages
from inflight_lab.recipes.snippet import snippet
from tests.support.notebook_tools import GLOSSARY, NOTEBOOKS

LIVE = "<kbd>open it</kbd>"


def open_live(notebook: str, words: str) -> str:
    """How a reader gets to the notebook, in these tests."""
    return LIVE


def page_of(notebook: Path, out: Path) -> str:
    """The HTML of the page that is made of it."""
    page = static_pages.make_page(notebook, out, live=open_live)
    return page.read_text(encoding="utf-8")


INTERACTIVE = """
import ipywidgets
ipywidgets.interactive(lambda rate: print("the rate is", rate), rate=(1, 3))
"""


def test_what_sliders_print_is_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `interactive` leaves its text, and nothing is sent that can make nbclient miss
    the cell's reply.
    """
    sent: list[OutputWidget] = []
    monkeypatch.setattr(OutputWidget, "send", lambda widget, *_: sent.append(widget))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(INTERACTIVE)])
    nbformat.write(notebook, tmp_path / "sliders.ipynb")
    page = page_of(tmp_path / "sliders.ipynb", tmp_path)
    assert page.count("<pre>the rate is 2") == 1
    assert "interactive(children" not in page
    assert not sent


SNIPPET_MAKER = "from inflight_lab.recipes.widget import SnippetMaker\nSnippetMaker()"


def test_the_snippet_maker_leaves_its_code_on_the_page(tmp_path: Path) -> None:
    """Whoever reads a page where nothing runs can copy the complete script."""
    cell = nbformat.v4.new_code_cell(SNIPPET_MAKER)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "maker.ipynb")
    page = page_of(tmp_path / "maker.ipynb", tmp_path)
    assert "<details open" in page
    assert snippet("fetch_all") in html.unescape(page)


PREDICT = """
from inflight_lab.exercises.prediction import Predict
Predict("How many are refused?", "none", "some")
"""


def test_a_prediction_leaves_its_question_on_the_page(tmp_path: Path) -> None:
    """Whoever reads can still predict before the answer, which stands below."""
    cell = nbformat.v4.new_code_cell(PREDICT)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "ask.ipynb")
    page = page_of(tmp_path / "ask.ipynb", tmp_path)
    assert "<b>Predict:</b> How many are refused? (none, some)" in page


def test_a_folder_without_notebooks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the argument and what it must be."""
    with pytest.raises(SystemExit):
        static_pages.main([str(tmp_path / "out"), "--notebooks", str(tmp_path)])
    assert "notebooks must be a folder with .ipynb files" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


CELLS = """
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive
runners = {"Ada": naive.make_many_requests, "Ben": naive.make_many_requests}
panel = Panel(runners, server=PracticeServer())
panel
"""


def test_a_page_stands_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It says that nothing runs, draws no picture of a panel that waits for its Run,
    and has what it links to beside it.
    """
    text = nbformat.v4.new_markdown_cell(
        "[its code](../src/inflight_lab/runners/paced.py)"
    )
    nbformat.write(
        nbformat.v4.new_notebook(cells=[text, nbformat.v4.new_code_cell(CELLS)]),
        tmp_path / "two.ipynb",
    )
    static_pages.main([str(tmp_path / "out"), "--notebooks", str(tmp_path)])
    page = (tmp_path / "out" / "two.html").read_text(encoding="utf-8")
    assert "Nothing runs on this page" in page
    assert "<title>two</title>" in page
    assert page.count("Nothing was sent here.") == 1
    assert "<img" not in page
    assert 'href="runners/paced.py"' in page
    assert '<a href="two.html">two</a>' in (tmp_path / "out" / "index.html").read_text(
        encoding="utf-8"
    )
    assert (tmp_path / "out" / "runners" / "paced.py").exists()
    assert capfd.readouterr().err == ""


RUN = """
from inflight_lab import LivePlot, PracticeServer
from inflight_lab.runners import naive
server = PracticeServer(latency=0.01).start()
plot = LivePlot(server)
plot
"""
RUN_IT = "with plot:\n    await naive.make_many_requests(server.url, 3)"


def test_a_run_leaves_a_player_and_few_kilobytes(tmp_path: Path) -> None:
    """The picture that was empty when it was displayed is the run's at the end; the
    page plays it, and brings a style sheet of its own, not JupyterLab's.
    """
    cells = [nbformat.v4.new_code_cell(code) for code in (RUN, RUN_IT)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "run.ipynb")
    page = page_of(tmp_path / "run.ipynb", tmp_path)
    assert "Nothing was sent here." not in page
    (picture,) = re.findall(r"<img [^>]*>", page)
    assert "3 accepted" in picture
    assert page.count("<inflight-run ") == 1
    assert page.count(LIVE) == 2
    without_player = page.replace(page_parts(), "").replace(picture, "")
    assert len(without_player) < 16_000


def test_a_folder_that_takes_no_files_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first notebook is run, which takes a while."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "runners").write_text("mine")
    with pytest.raises(SystemExit):
        static_pages.main([str(tmp_path / "out")])
    assert "out must be a folder that can be written" in capsys.readouterr().err
    assert (tmp_path / "out" / "runners").read_text() == "mine"


# ---- Where readers begin


def test_the_index_lists_the_series_in_order(tmp_path: Path) -> None:
    """Every notebook by number and title, with the outcome that it promises; the
    glossary comes last.
    """
    index = index_page.make_index([*NOTEBOOKS, GLOSSARY], tmp_path).read_text(
        encoding="utf-8"
    )
    listed = re.findall(r'<a href="(.+)\.html">(.+)</a>\n<p>(.+)</p>', index)
    assert [name for name, _, _ in listed] == [
        path.stem for path in [*NOTEBOOKS, GLOSSARY]
    ]
    assert listed[2][1:] == (
        "02 Send many at once",
        "You send yesterday&#x27;s 200 requests at once, and meet three surprises:"
        " in your client, in the API, and in gather.",
    )
    assert listed[-1][1:] == (
        "Glossary",
        "Every term of the series, in a sentence or two;"
        " the number is where it is explained.",
    )


def test_a_notebook_without_a_title_is_listed_by_its_name(tmp_path: Path) -> None:
    """In a folder of somebody's own a notebook may be empty, or begin with code or with
    plain text.
    """
    beginnings = {
        "code": [nbformat.v4.new_code_cell("1 < 2")],
        "empty": [],
        "text": [nbformat.v4.new_markdown_cell("Some <b>text</b>")],
        "title": [
            nbformat.v4.new_markdown_cell("# `a < b`\n\nSee [here](x.ipynb). And more.")
        ],
    }
    for name, cells in beginnings.items():
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb"
        )
    entries = [index_page.entry_of(path) for path in sorted(tmp_path.glob("*.ipynb"))]
    assert [entry[1:] for entry in entries] == [
        ("code", ""),
        ("empty", ""),
        ("text", ""),
        ("a < b", "See here."),
    ]
    assert '<a href="title.html">a &lt; b</a>' in entries[-1].as_html()


def test_another_index_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with a website of its own is refused before a notebook runs; our own
    index is written anew.
    """
    own = index_page.make_index([], tmp_path)
    assert not index_page.is_somebody_elses(own)
    own.write_text("mine")
    with pytest.raises(SystemExit):
        static_pages.main([str(tmp_path)])
    assert "out must be a folder without another index.html" in capsys.readouterr().err
    assert own.read_text() == "mine"
