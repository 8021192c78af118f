"""What people and tools read about the project: how to cite it, which version it is,
and what an installation brings.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from tests.support.browser import ROOT, UV

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
CITATION = ROOT / "CITATION.cff"
CHANGELOG = (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_has_the_form_that_tools_read() -> None:
    """GitHub, Zenodo and Zotero take it by the Citation File Format's schema."""
    check = ["check_jsonschema", "--builtin-schema", "vendor.citation-file-format"]
    command = [sys.executable, "-m", *check, str(CITATION)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_version_is_the_same_everywhere() -> None:
    """The package, the citation and the changelog speak of one version."""
    citation = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    newest = re.split(r"^## ", CHANGELOG, flags=re.M)[1]
    assert PROJECT["version"] in newest


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
    tested = f"Programming Language :: Python :: {python.removeprefix('python=')}"
    assert tested in PROJECT["classifiers"]
