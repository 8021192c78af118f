"""How tests run ``inflight-lab watch``: on a script in a process of its own, against a
real server.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.waiting import PATIENCE

SCRIPTS = Path(__file__).parents[1] / "watch" / "scripts"
COMMAND = [sys.executable, "-m", "inflight_lab.watch"]


def watch(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Watch a script to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
        **more,
    )


def watch_text(
    folder: Path, text: str, *arguments: str, practice: str = ""
) -> subprocess.CompletedProcess[str]:
    """Watch a script with this text, in this folder."""
    script = folder / "script.py"
    script.write_text(text)
    options = ["--practice", practice] if practice else []
    return watch(*options, script, *arguments, cwd=folder)


def findings_in(said: str) -> list[str]:
    """How each finding begins: how certain it is, and its name."""
    return re.findall(r"^((?:certain|likely): [^:]*):", said, re.M)


def commands_in(said: str) -> list[str]:
    """The commands that are printed below findings."""
    return re.findall(r"^  (inflight-lab .*)$", said, re.M)


def summary_in(said: str) -> str:
    """The sentence of numbers."""
    (line,) = re.findall(r"^watch: (\d+ requests? to .*|No request .*)$", said, re.M)
    return str(line)
