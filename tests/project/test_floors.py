"""The fast tests with the oldest packages that pyproject.toml allows, on the oldest Python.

On another Python, with the newest packages, the same tests take one command:

    uv run --isolated --python 3.13 pytest --ignore=tests/browser
    --ignore=tests/notebooks
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.browser import ROOT, UV, make_environment

OLDEST = "3.11"


@pytest.mark.full
def test_the_fast_tests_pass_at_the_floors(tmp_path: Path) -> None:
    """Whoever has the oldest versions that are allowed has a package that works."""
    assert re.search(
        rf'^requires-python = ">={OLDEST}"$',
        (ROOT / "pyproject.toml").read_text(),
        re.MULTILINE,
    )
    found = UV and subprocess.run(
        [UV, "python", "find", "--no-project", OLDEST], capture_output=True
    )
    if not found or found.returncode:
        pytest.skip(f"it takes uv and a Python {OLDEST}")
    python = make_environment(
        tmp_path, "--resolution", "lowest-direct", "-e", ".[dev]", python=OLDEST
    )
    slow = [
        f"--ignore=tests/{folder}" for folder in ("browser", "notebooks", "project")
    ]
    env = {
        name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"
    }  # IPython would warn
    command = [python, "-m", "pytest", "-q", *slow]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
