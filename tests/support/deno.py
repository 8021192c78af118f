"""JavaScript without a browser, in Deno."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from deno import find_deno_bin

ROOT = Path(__file__).parents[2]
OFFLINE = ("--no-remote", "--no-npm", "--no-lock")
QUIET = {"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}


def deno(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What Deno prints when it is run in the project, without the network."""
    command = [find_deno_bin(), *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | QUIET,
        capture_output=True,
        text=True,
        check=False,
    )


def javascript_tests(folder: Path) -> list[Path]:
    """The files of tests in ``folder``, which is named ``js``."""
    return sorted(path.relative_to(ROOT) for path in folder.rglob("*.test.js"))


def expect_to_pass(path: Path) -> None:
    """Fail with what Deno prints unless each test in that file passes."""
    found = deno("test", "--no-check", *OFFLINE, path)
    assert found.returncode == 0, found.stdout + found.stderr
