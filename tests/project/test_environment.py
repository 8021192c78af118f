"""What an installation brings: with uv in a clone, and from environment.yml, of which
conda, Binder and a JupyterHub make their environments.
"""

from __future__ import annotations

import subprocess

import pytest
import yaml

from tests.support.browser import ROOT, UV


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


def test_conda_installs_what_uv_does() -> None:
    """All that a notebook imports is said once, in pyproject.toml; from conda come pip
    and a Python that is tested.
    """
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    python, *others = yaml.safe_load(text)["dependencies"]
    assert others == ["pip", {"pip": ["-e .[lab]"]}]
    tested = f"Python :: {python.removeprefix('python=')}"
    assert (
        f'"Programming Language :: {tested}"' in (ROOT / "pyproject.toml").read_text()
    )
