"""A marimo notebook, opened in the editor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

from tests.support.children import START_UP, free_port, listening

NOTEBOOK = """# /// script
# [tool.marimo.display]
# theme = "dark"
# ///
import marimo

app = marimo.App()


@app.cell
def _():
{source}
    return
"""


@contextmanager
def marimo(folder: Path, cell: str) -> Iterator[str]:
    """The address of a dark notebook with that cell, in the editor."""
    notebook = folder / "notebook.py"
    notebook.write_text(NOTEBOOK.format(source=indent(cell, "    ")))
    port = free_port()
    command = [sys.executable, "-m", "marimo", "edit", str(notebook)]
    command += ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}"]
    with listening(command, port, folder, MARIMO_SKIP_UPDATE_CHECK="1") as process:
        yield f"http://127.0.0.1:{port}"
        process.terminate()  # it ends its kernels
        process.wait(START_UP)
