"""What goes into the browser build, and what is said where a step fails."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from inflight_lab.publish import browser_build, series
from tests.support.browser import ROOT


def test_the_wheel_has_the_whole_package(tmp_path: Path) -> None:
    """Every file of it, and what it depends on, also where it is installed from a
    clone.
    """
    wheel = browser_build.pack_wheel(tmp_path)
    assert wheel.name == f"inflight_lab-{version('inflight-lab')}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        assert b"\nRequires-Dist: httpx" in archive.read(metadata)
    files = {
        path
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path.relative_to(ROOT / "src").as_posix() for path in files} <= names


def test_it_begins_with_a_notebook_that_is_there() -> None:
    """Whoever opens its folder gets to the first of the series."""
    links = re.findall(r"lab/index\.html\?path=([^\"]+)\"", browser_build.INDEX)
    assert len(links) == 2
    assert set(links) == {next(iter(series.files()))}


def test_a_step_that_fails_says_what_it_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its whole output is printed, and the error names the step in one line."""
    command = [sys.executable, "-c", "print('no space'); raise SystemExit(1)"]
    with pytest.raises(browser_build.BuildError, match=r"^npm failed: see above$"):
        browser_build.run_step("npm", command, tmp_path)
    assert "no space" in capsys.readouterr().err


def test_the_extra_brings_the_tools() -> None:
    """As the error for a missing module promises."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extra = tomllib.loads(text)["project"]["optional-dependencies"]["browser"]
    brought = {re.split(r"[^\w-]", requirement)[0] for requirement in extra}
    assert {name.replace("_", "-") for name in browser_build.NEEDED} <= brought


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what brings it, in one line."""
    monkeypatch.setattr(browser_build, "NEEDED", ("json", "no_such_module"))
    with pytest.raises(browser_build.BuildError, match=r"^no_such_module is missing: "):
        browser_build.check_tools()
    monkeypatch.setattr(browser_build, "NEEDED", ())
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(browser_build.BuildError, match=r"^npm is missing: it comes"):
        browser_build.check_tools()
