"""A marimo notebook with a panel, run as an app or opened in the editor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

from tests.support.children import child
from tests.support.lab import free_port, wait_until_up

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
    notebook, port = folder / "notebook.py", free_port()
    sources = [CELL.format(source=indent(cell, "    ")) for cell in cells]
    notebook.write_text(NOTEBOOK.format(theme=theme) + "\n".join(sources))
    command = [
        sys.executable,
        "-m",
        "marimo",
        mode,
        str(notebook),
        "--headless",
        "--no-token",
    ]
    address = f"http://127.0.0.1:{port}"
    own = os.environ | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "MARIMO_SKIP_UPDATE_CHECK": "1",
    }
    with (folder / "log").open("w") as log:
        options = {
            "stdout": log,
            "stderr": subprocess.STDOUT,
            "cwd": folder,
            "env": own,
        }
        with child(
            [*command, "--host=127.0.0.1", f"--port={port}"], **options
        ) as process:
            wait_until_up(address + "/health", process, folder / "log")
            yield address
            process.terminate()  # it ends its kernels
            process.wait(30)
