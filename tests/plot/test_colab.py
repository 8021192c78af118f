"""Colab, as far as a kernel can show it: what its own widget manager needs stands in
the output.
"""

from __future__ import annotations

import nbformat
from nbclient import NotebookClient

COLAB = """
import sys, types
colab = types.ModuleType("google.colab.output")
colab.enable_custom_widget_manager = lambda: None
colab._widgets = types.SimpleNamespace(_installed_url="https://example.com/manager.js")
sys.modules["google.colab"] = types.ModuleType("google.colab")
sys.modules["google.colab.output"] = colab
"""
SHOW = "from inflight_lab import LivePlot, PracticeServer\nLivePlot(PracticeServer())"


def test_what_colab_needs_is_displayed_with_the_plot() -> None:
    """Colab shows a widget only if the output says which manager draws it, as anywidget
    says it there.
    """
    cells = [nbformat.v4.new_code_cell(source) for source in (COLAB, SHOW)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60).execute()
    widget = "application/vnd.jupyter.widget-view+json"
    (shown,) = [output for output in notebook.cells[1].outputs if widget in output.data]
    assert shown.metadata[widget]["colab"]["custom_widget_manager"]["url"]
