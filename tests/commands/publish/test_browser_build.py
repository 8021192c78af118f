"""What goes into the browser build, and what is said where a step fails."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from inflight_lab.commands.publish import browser_build
from tests.support.browser import ROOT


def test_the_wheel_has_the_whole_package(tmp_path: Path) -> None:
    """Every file of it, the notebooks, its command and what it depends on, also where
    it is installed from a clone.
    """
    wheel = browser_build.pack_wheel(tmp_path)
    assert wheel.name == f"inflight_lab-{version('inflight-lab')}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        assert b"\nRequires-Dist: httpx" in archive.read(metadata)
        command = metadata.replace("METADATA", "entry_points.txt")
        assert b"inflight-lab = " in archive.read(command)
    assert "inflight_lab/notebooks/00_start_here.ipynb" in names
    files = {
        path
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path.relative_to(ROOT / "src").as_posix() for path in files} <= names


def test_a_step_that_fails_says_what_it_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its whole output is printed, and the error names the step in one line."""
    command = [sys.executable, "-c", "print('no space'); raise SystemExit(1)"]
    with pytest.raises(browser_build.BuildError, match=r"^npm failed: see above$"):
        browser_build.run_step("npm", command, tmp_path)
    assert "no space" in capsys.readouterr().err


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what brings it, in one line."""
    monkeypatch.setattr(browser_build, "NEEDED", ("json", "no_such_module"))
    with pytest.raises(browser_build.BuildError, match=r"^no_such_module is missing: "):
        browser_build.check_tools()
    monkeypatch.setattr(browser_build, "NEEDED", ())
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(browser_build.BuildError, match=r"^npm is missing: it comes"):
        browser_build.check_tools()
