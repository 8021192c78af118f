"""The hooks that run before a commit, and the script that strips notebooks."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.stripped import main
from tests.support.notebook_tools import NOTEBOOKS

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
(LOCAL,) = yaml.safe_load(SETTINGS)["repos"]


def test_hooks_fetch_nothing() -> None:
    """Every hook is this repository's own, and runs in the environment at hand."""
    assert LOCAL["repo"] == "local"
    assert {hook["language"] for hook in LOCAL["hooks"]} == {"system"}


def files_for(hook: dict[str, Any]) -> list[Path]:
    """Files that pre-commit would pass to the hook if they were to be committed."""
    if "deno" in hook["id"]:
        return sorted((ROOT / "src").rglob("*.js"))
    return list(NOTEBOOKS)


@pytest.mark.parametrize("hook", LOCAL["hooks"], ids=lambda hook: hook["id"])
def test_hook_runs_and_finds_nothing(hook: dict[str, Any]) -> None:
    """Its command works as it is written there, and what is committed passes it."""
    (module,) = re.findall(r"^uv run --dev (?:python -m )?(.+)$", hook["entry"])
    looking = ["--check"] if hook["id"] in ("ruff-format", "deno-fmt") else []
    files = [] if hook.get("pass_filenames") is False else files_for(hook)
    command = [sys.executable, "-m", *shlex.split(module), *looking, *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


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
