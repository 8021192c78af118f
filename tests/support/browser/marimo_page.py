"""A marimo notebook with a panel, run as an app or opened in the editor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

from tests.support.children import START_UP, child, free_port, wait_until_up

NOTEBOOK = """# /// script
# [tool.marimo.display]
# theme = "{theme}"
# ///
import marimo

app = marimo.App()

"""
CELL = """
@app.cell
def _():
{source}
    return
"""


@contextmanager
def marimo(
    folder: Path, *cells: str, mode: str = "run", theme: str = "light"
) -> Iterator[str]:
    """The address of a notebook of those cells; ``mode`` is "run" or "edit"."""
    notebook = folder / "notebook.py"
    sources = [CELL.format(source=indent(cell, "    ")) for cell in cells]
    notebook.write_text(NOTEBOOK.format(theme=theme) + "\n".join(sources))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "marimo", mode, str(notebook)]
    command += ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}"]
    own = os.environ | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "MARIMO_SKIP_UPDATE_CHECK": "1",
    }
    path = folder / "log"
    with (
        path.open("w") as log,
        child(command, stdout=log, stderr=log, cwd=folder, env=own) as process,
    ):
        wait_until_up(address + "/health", process, path)
        yield address
        process.terminate()  # it ends its kernels
        process.wait(START_UP)
