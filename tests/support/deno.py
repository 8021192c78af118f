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
