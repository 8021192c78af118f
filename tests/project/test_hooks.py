"""The hooks that run before a commit."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from tests.support.notebooks.notebook_tools import NOTEBOOKS

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
(LOCAL,) = yaml.safe_load(SETTINGS)["repos"]
*CHECKS, STRIPS = (hook["entry"] for hook in LOCAL["hooks"])


def test_hooks_check_what_ci_checks() -> None:
    """Nobody's commit passes here and fails there; and nothing is fetched."""
    assert LOCAL["repo"] == "local"
    assert {hook["language"] for hook in LOCAL["hooks"]} == {"system"}
    checked = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for entry in CHECKS:
        command, _, _ = entry.partition(" --permit")
        assert "\n" + command.removesuffix(" --force-exclude") in checked


def test_a_notebook_that_was_run_is_stripped(tmp_path: Path) -> None:
    """Output, counts and what front ends add go; the rest stays to the letter."""
    clean = NOTEBOOKS[2].read_text(encoding="utf-8")
    notebook = nbformat.reads(clean, as_version=4)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text="1")]
    code.execution_count = 7
    code.metadata["collapsed"] = True
    notebook.metadata["widgets"] = {}
    notebook.metadata["language_info"]["version"] = "3.13.1"
    path = tmp_path / "run.ipynb"
    nbformat.write(notebook, path)
    program, *options = shlex.split(STRIPS.removeprefix("uv run --dev "))
    command = [str(Path(sys.executable).with_name(program)), *options, str(path)]
    subprocess.run(command, check=True)
    assert path.read_text(encoding="utf-8") == clean
