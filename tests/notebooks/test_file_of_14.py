"""The test file that notebook 14 shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.notebook_tools import code_cell, notebook


def test_pytest_finds_the_test_as_shown(tmp_path: Path) -> None:
    """An ordinary function, which pytest runs without a plugin."""
    page = notebook("14")
    shown = re.findall(r"```python\n(.*?)```", code_cell(page, "text-in-a-test"), re.S)
    code = [code_cell(page, f"code-{part}") for part in ("job", "client", "test")]
    imports = "import asyncio\nimport httpx\nfrom inflight_lab import Pacer\n"
    app = "from inflight_lab.server.app import PracticeApp\n"
    file = tmp_path / "test_mine.py"
    file.write_text("\n\n".join([imports + app, *code, *shown]), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:anyio", str(file)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in ran.stdout
