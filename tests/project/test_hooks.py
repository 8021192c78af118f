"""The hooks that run before a commit, and the script that strips notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.project.stripped import main
from tests.support.notebook_tools import NOTEBOOKS

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
(LOCAL,) = yaml.safe_load(SETTINGS)["repos"]
STRIPS = "uv run --dev python -m tests.project.stripped"


def test_hooks_check_what_ci_checks() -> None:
    """Nobody's commit passes here and fails there; and nothing is fetched."""
    assert LOCAL["repo"] == "local"
    assert {hook["language"] for hook in LOCAL["hooks"]} == {"system"}
    checked = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for hook in LOCAL["hooks"]:
        command, _, _ = hook["entry"].partition(" --permit")
        command = command.removesuffix(" --force-exclude")
        assert command == STRIPS or f"\n{command}" in checked


def test_a_notebook_that_was_run_is_stripped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Output, counts and what front ends add go, the rest stays to the letter, and the
    commit is held up.
    """
    clean = NOTEBOOKS[1].read_text(encoding="utf-8")
    path = tmp_path / "run.ipynb"
    notebook = json.loads(clean)
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    code["execution_count"] = 7
    code["metadata"]["collapsed"] = True
    notebook["metadata"]["widgets"] = {}
    notebook["metadata"]["language_info"]["version"] = "3.13.1"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out == f"{path}: stripped\n"
    assert path.read_text(encoding="utf-8") == clean
    assert main([str(path)]) == 0
