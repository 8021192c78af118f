"""What tests in a browser take from here by name: their marks, places and tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from tests.support.lab import CHROMIUM, FRONTS

# Milliseconds; a busy machine may take longer than the usual five seconds.
expect.set_options(timeout=20_000)
ROOT = Path(__file__).parents[2]
UV = os.environ.get("UV") or shutil.which("uv")
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium here"
    ),
]

EVIL = "http://evil.example"
"""A name of this machine, for the tests' Chromium: nothing is looked up."""


class Place(NamedTuple):
    """A front end of `tests.support.lab.FRONTS`, and a kernel."""

    front: str = "lab"
    kernel: str = "python3"

    def __str__(self) -> str:
        return f"{self.front}-{self.kernel}"


USUAL = Place()
KERNELS = ["python3", "ipykernel-6.31", "ipykernel-7.0", "ipykernel-7.3"]
"""``python3`` is the newest, from this environment."""
IN_CI = [USUAL, Place("lab", "ipykernel-6.31"), Place("notebook")]
EVERYWHERE = [Place(front, kernel) for front in FRONTS for kernel in KERNELS]

in_both_front_ends = pytest.mark.parametrize(
    "place", [USUAL, Place("notebook")], ids=str, indirect=True
)


def make_environment(
    folder: Path, *packages: str | Path, python: str | Path = sys.executable
) -> Path:
    """Make an environment with these packages; returns its Python.  Quick with uv."""
    made = folder / "bin" / "python"
    create: list[str | Path] = [python, "-m", "venv", folder]
    install: list[str | Path] = [made, "-m", "pip", "install", "--quiet"]
    if UV:
        create = [UV, "venv", "--quiet", "--clear", "--python", python, folder]
        install = [UV, "pip", "install", "--quiet", "--python", made]
    subprocess.run(create, check=True)
    subprocess.run([*install, *packages], check=True, cwd=ROOT)
    return made
