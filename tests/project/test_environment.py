"""What an installation brings: with uv in a clone, and from environment.yml, of which
conda, Binder and a JupyterHub make their environments.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.browser import ROOT, UV, make_environment

ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
*_, BY_PIP = ENVIRONMENT["dependencies"]


@pytest.mark.skipif(not UV, reason="there is no uv here")
def test_whoever_reads_the_notebooks_installs_no_test_tools() -> None:
    """`uv run` brings JupyterLab, and only `uv run --dev` what the tests need."""
    lab, tests = brought_by_uv(), brought_by_uv("--dev")
    tools = {"pytest", "deno", "playwright", "ruff", "marimo"}
    assert {"jupyterlab", "ipywidgets", "httpx"} <= lab
    assert not tools & lab
    assert tools | lab <= tests


def brought_by_uv(*options: str) -> set[str]:
    """The names of the packages that `uv run` installs with these options."""
    export = [UV or "uv", "export", "--quiet", "--no-hashes", "--no-annotate"]
    run = subprocess.run(
        [*export, *options], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return {line.split("==")[0] for line in run.stdout.splitlines() if "==" in line}


@pytest.mark.full
def test_the_pip_section_makes_an_environment_that_opens_the_notebooks(
    tmp_path: Path,
) -> None:
    """Installed into a fresh environment, it brings JupyterLab, a kernel and all that a
    notebook imports.
    """
    words = [word for line in BY_PIP["pip"] for word in line.split()]
    python = make_environment(tmp_path, *words)
    imports = "import ipykernel, jupyterlab.labapp, inflight_lab.panel.panel"
    subprocess.run([python, "-c", imports], check=True, cwd=tmp_path)
