"""The fast tests with the oldest Python and packages that pyproject.toml allows.

On another Python, with the newest packages, the same tests take one command:

    uv run --dev --isolated --python 3.13 pytest
    --ignore=tests/browser --ignore=tests/notebooks
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.browser import ROOT, UV, make_environment

OLDEST = "3.11"


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_the_fast_tests_pass_at_the_floors(tmp_path: Path) -> None:
    """Whoever has the oldest versions that are allowed has a package that works."""
    settings = (ROOT / "pyproject.toml").read_text()
    assert f'\nrequires-python = ">={OLDEST}"\n' in settings
    if not has_oldest_python():
        pytest.skip(f"it takes uv and a Python {OLDEST}")
    python = make_environment(
        tmp_path, "--resolution", "lowest-direct", "-e", ".[dev]", python=OLDEST
    )
    slow = [f"--ignore=tests/{room}" for room in ("browser", "notebooks", "project")]
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)  # IPython would warn of it
    command = [str(python), "-m", "pytest", "-q", *slow]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr


def has_oldest_python() -> bool:
    """Whether uv can find it here."""
    if not UV:
        return False
    find = [UV, "python", "find", "--no-project", OLDEST]
    return subprocess.run(find, capture_output=True).returncode == 0
