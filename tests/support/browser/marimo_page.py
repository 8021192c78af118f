"""A marimo notebook, opened in the editor."""

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
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "marimo", "edit", str(notebook)]
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
