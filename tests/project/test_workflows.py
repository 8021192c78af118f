"""The workflows on GitHub: well-formed, safe, and with commands that people copy."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCHEMA = ("-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows")
ZIZMOR = Path(sys.executable).with_name("zizmor")


def read(name: str) -> dict[str, Any]:
    """The workflow of that name, as YAML."""
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    # YAML 1.1 reads the key `on` as true: nothing here asks for it.
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def commands(workflow: dict[str, Any]) -> list[str]:
    """What its steps run."""
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    return [step["run"] for step in steps if "run" in step]


@pytest.mark.parametrize(
    "check",
    [
        [sys.executable, *SCHEMA],
        [str(ZIZMOR), "--offline", "--no-progress"],
    ],
    ids=["schema", "zizmor"],
)
def test_workflows_are_well_formed_and_give_nothing_away(check: list[str]) -> None:
    """No word that GitHub does not know; no right that is not needed, no action but by
    its commit, no credential that stays, and no foreign text that a shell would run.
    """
    run = subprocess.run([*check, *WORKFLOWS], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_python_that_is_allowed_is_tested() -> None:
    """Those that pyproject.toml names, from the oldest that it allows, without a gap;
    and `.ci/run` is run as it is.
    """
    tests = read("tests")
    matrix = tests["jobs"]["without-browsers"]["strategy"]["matrix"]["python"]
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    named = re.findall(r"Python :: 3\.(\d+)", "\n".join(project["classifiers"]))
    oldest = int(project["requires-python"].removeprefix(">=3."))
    assert [int(minor) for minor in named] == list(range(oldest, oldest + len(named)))
    assert matrix == [f"3.{minor}" for minor in named]
    assert commands(tests)[-1] == ".ci/run"


@pytest.mark.parametrize("name", ["site", "release"])
def test_what_is_published_was_tested(name: str) -> None:
    """Neither a push to main nor a tag publishes before all tests have passed."""
    jobs = read(name)["jobs"]
    assert jobs["tests"]["uses"] == "./.github/workflows/tests.yml"
    assert (jobs["build"]["needs"], jobs["publish"]["needs"]) == ("tests", "build")
