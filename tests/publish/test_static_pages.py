"""How the notebooks become pages: what is run, and what is kept of it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient.output_widget import OutputWidget

from inflight_lab.plot.player import page_parts
from inflight_lab.publish import static_pages

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


CELLS = """
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive
runners = {"Ada": naive.make_many_requests, "Ben": naive.make_many_requests}
panel = Panel(runners, server=PracticeServer())
panel
"""


def test_a_page_stands_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says that nothing is sent, shows what would happen in a panel that nobody
    ran, and has the code that it links to beside it.
    """
    text = nbformat.v4.new_markdown_cell(
        "[its code](../src/inflight_lab/runners/paced.py)"
    )
    nbformat.write(
        nbformat.v4.new_notebook(cells=[text, nbformat.v4.new_code_cell(CELLS)]),
        tmp_path / "two.ipynb",
    )
    static_pages.copy_code(tmp_path)
    static_pages.make_pages([tmp_path / "two.ipynb"], tmp_path, live=open_live)
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "nothing is sent" in page
    assert "<title>two</title>" in page
    assert "Nobody has run this panel: what you see is computed." in page
    assert 'href="runners/paced.py"' in page
    assert (tmp_path / "runners" / "paced.py").exists()
    assert capsys.readouterr() == ("two.html\n", "")


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
    assert "3 answered" in picture
    assert page.count("<inflight-run>") == 1
    assert page.count(LIVE) == 2
    without_player = page.replace(page_parts(), "").replace(picture, "")
    assert len(without_player) < 16_000
