"""How the notebooks become pages: what is run, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient.output_widget import OutputWidget

from inflight_lab.publish import static_pages

INTERACTIVE = """
import ipywidgets
ipywidgets.interactive(lambda rate: print("the rate is", rate), rate=(1, 3))
"""


def test_what_sliders_print_is_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `interactive` leaves its text, and nothing is sent that can make nbclient miss the cell's reply."""
    sent: list[OutputWidget] = []
    monkeypatch.setattr(OutputWidget, "send", lambda widget, *_: sent.append(widget))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(INTERACTIVE)])
    nbformat.write(notebook, tmp_path / "sliders.ipynb")
    page = static_pages.make_page(tmp_path / "sliders.ipynb", tmp_path).read_text(encoding="utf-8")
    assert page.count("<pre>the rate is 2") == 1
    assert "interactive(children" not in page
    assert not sent


def test_a_folder_without_notebooks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the argument and what it must be."""
    with pytest.raises(SystemExit):
        static_pages.main([str(tmp_path / "out"), "--notebooks", str(tmp_path)])
    assert "notebooks must be a folder with .ipynb files" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
