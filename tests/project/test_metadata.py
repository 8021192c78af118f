"""What people and tools read about the project: how to cite it, what changed, and under
which licences it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
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
