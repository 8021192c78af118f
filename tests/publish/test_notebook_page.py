"""What becomes of a notebook on its way to a page: what is run, and what is kept."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from inflight_lab.publish import beside
from tests.support.made_pages import pages_of

LIVE = "<kbd>open it</kbd>"


def page_of(folder: Path, *sources: str, text: str = "") -> str:
    """The page of a notebook with these cells."""
    title = new_markdown_cell(f"# Two\n\n**What for.**\n\n{text}")
    cells = [title, *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells), folder / "two.ipynb")
    (made,) = pages_of([folder / "two.ipynb"], folder, live=lambda *_: LIVE)
    return made.read_text(encoding="utf-8")


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
    page = page_of(tmp_path, INTERACTIVE)
    assert page.count("<pre>the rate is 2") == 1
    assert "interactive(children" not in page
    assert not sent


PREDICT = """
from inflight_lab.exercises.prediction import Predict
Predict("How many are refused?", "none", "some")
"""


def test_a_prediction_leaves_its_question_on_the_page(tmp_path: Path) -> None:
    """Whoever reads can still predict before the answer, which stands below."""
    page = page_of(tmp_path, PREDICT)
    assert "<b>Predict:</b> How many are refused? (none, some)" in page


PANEL = """
from inflight_lab import Panel, PracticeServer
from inflight_lab.runners import naive
runners = {"Ada": naive.make_many_requests, "Ben": naive.make_many_requests}
panel = Panel(runners, server=PracticeServer())
panel
"""


def test_a_page_says_what_nobody_ran_and_has_the_code_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says that nothing is sent, shows what would happen in a panel that nobody
    ran, and leads to the code.
    """
    text = "[its code](../src/inflight_lab/runners/paced.py)"
    page = page_of(tmp_path, PANEL, text=text)
    assert "nothing is sent" in page
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
    """The picture that was empty when it was displayed is the run's at the end; what
    plays it stands once beside all pages.
    """
    page = page_of(tmp_path, RUN, RUN_IT)
    assert "Nothing was sent here." not in page
    (picture,) = re.findall(r"<img [^>]*>", page)
    assert "3 answered" in picture
    assert page.count("<inflight-run>") == 1
    assert page.count(LIVE) == 2
    assert len(page.replace(picture, "")) < 12_000


def test_what_stands_beside_the_pages_is_small_and_no_module(tmp_path: Path) -> None:
    """Browsers load no module for a page that was opened as a file."""
    beside.write(tmp_path)
    script = (tmp_path / "stage.js").read_text(encoding="utf-8")
    assert not re.search(r"^(import|export)\b", script, re.M)
    assert len(script) < 80_000
    assert "type=" not in beside.HEAD
