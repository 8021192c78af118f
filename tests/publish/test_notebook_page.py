"""What becomes of a notebook on its way to a page: what is run, and what is kept."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from inflight_lab.publish import beside
from tests.support.made_pages import pages_of

INTERACTIVE = """
import ipywidgets
ipywidgets.interactive(lambda rate: print("the rate is", rate), rate=(1, 3))
"""
PREDICT = """
from inflight_lab.exercises.prediction import Predict
Predict("How many are refused?", "none", "some")
"""
PANEL = """
from inflight_lab import LivePlot, Panel, PracticeServer
from inflight_lab.runners import naive
runners = {"Ada": naive.make_many_requests, "Ben": naive.make_many_requests}
panel = Panel(runners, server=PracticeServer())
panel
"""
PLOT = """
server = PracticeServer(latency=0.01).start()
plot = LivePlot(server)
plot
"""
RUN_IT = "with plot:\n    await naive.make_many_requests(server.url, 3)"
CELLS = {
    "title": "# Two\n\n**What for.**\n\n[code](../src/inflight_lab/runners/paced.py)",
    "interactive": INTERACTIVE,
    "predict": PREDICT,
    "panel": PANEL,
    "plot": PLOT,
    "run": RUN_IT,
}


class Made(NamedTuple):
    """The page of a notebook with these cells."""

    html: str
    printed: str
    sent: list[OutputWidget]

    def cell(self, name: str) -> str:
        """The part of the page that one of them takes."""
        *_, begin = self.html.partition(f'id="cell-id={name}"')
        return begin.partition('id="cell-id=')[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The page, of a notebook that has run once for all tests."""
    folder = tmp_path_factory.mktemp("page")
    title, *code = CELLS.items()
    cells = [new_markdown_cell(title[1], id=title[0])]
    cells += [new_code_cell(source, id=name) for name, source in code]
    nbformat.write(new_notebook(cells=cells), folder / "two.ipynb")
    sent: list[OutputWidget] = []
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(OutputWidget, "send", lambda widget, *_: sent.append(widget))
        (page,) = pages_of([folder / "two.ipynb"], folder, live=lambda *_: "")
    assert (folder / "runners" / "paced.py").exists()
    return Made(page.read_text(encoding="utf-8"), printed.getvalue(), sent)


def test_what_sliders_print_is_on_the_page(made: Made) -> None:
    """An `interactive` leaves its text, and nothing is sent that can make nbclient miss
    the cell's reply.
    """
    assert made.cell("interactive").count("<pre>the rate is 2") == 1
    assert "interactive(children" not in made.html
    assert not made.sent


def test_a_prediction_leaves_its_question_on_the_page(made: Made) -> None:
    """Whoever reads can still predict before the answer, which stands below."""
    assert "How many are refused? (none, some)" in made.cell("predict")


def test_a_page_says_what_nobody_ran_and_has_the_code_beside_it(made: Made) -> None:
    """It says that nothing is sent, shows what would happen in a panel that nobody
    ran, and leads to the code.
    """
    assert "nothing is sent" in made.html
    assert "what you see is computed" in made.cell("panel")
    assert 'href="runners/paced.py"' in made.html
    assert made.printed == "two.html\n"


def test_a_run_leaves_a_player_and_few_kilobytes(made: Made) -> None:
    """The picture that was empty when it was displayed is the run's at the end; what
    plays it stands once beside all pages.
    """
    plot = made.cell("plot")
    assert "Nothing was sent here." not in plot
    (picture,) = re.findall(r"<img [^>]*>", plot)
    assert "3 answered" in picture
    assert plot.count("<inflight-run>") == 1
    assert len(plot.replace(picture, "")) < 6_000


def test_what_stands_beside_the_pages_is_small_and_no_module(tmp_path: Path) -> None:
    """Browsers load no module for a page that was opened as a file."""
    beside.write(tmp_path)
    script = (tmp_path / "stage.js").read_text(encoding="utf-8")
    assert not re.search(r"^(import|export)\b", script, re.M)
    assert len(script) < 80_000
    assert "type=" not in beside.HEAD
