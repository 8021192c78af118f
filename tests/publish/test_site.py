"""Where the site goes: into a folder of its own, and nowhere else."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from inflight_lab.publish import site
from tests.support.browser import ROOT


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Instead of the steps that take half a minute, one that writes a file, or that
    fails.
    """

    def replace(*, fails: bool = False) -> None:
        def run_lite(lite: Path, wheel: Path, site: Path) -> None:
            (site / "lab").mkdir(parents=True)
            if fails:
                raise subprocess.CalledProcessError(1, "build")

        monkeypatch.setattr(site, "add_pyodide", lambda _: None)
        monkeypatch.setattr(site, "run_lite", run_lite)

    return replace


@pytest.mark.parametrize("folder", ["empty", "new/folder"])
def test_a_new_folder_and_an_empty_one(
    tmp_path: Path, steps: Callable[..., None], folder: str
) -> None:
    """Both take the site, which begins with the first notebook."""
    steps()
    (tmp_path / "empty").mkdir()
    site.build(tmp_path / folder)
    assert "00_start_here.ipynb" in (tmp_path / folder / "index.html").read_text()
    assert (tmp_path / folder / "lab").is_dir()


@pytest.mark.parametrize("mine", [".git/HEAD", "index.html", "inflight-lab-site.json"])
def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path, mine: str) -> None:
    """Before anything is built: a checkout, another page, an earlier version's site."""
    (tmp_path / mine).parent.mkdir(exist_ok=True)
    (tmp_path / mine).write_text("mine")
    with pytest.raises(FileExistsError, match="not empty: name a new folder"):
        site.build(tmp_path)
    with pytest.raises(FileExistsError, match="not empty: name a new folder"):
        site.build(tmp_path / mine)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / mine]
    assert (tmp_path / mine).read_text() == "mine"


def test_a_build_that_broke_off_leaves_nothing(
    tmp_path: Path, steps: Callable[..., None]
) -> None:
    """So the next one can go to the same folder."""
    steps(fails=True)
    with pytest.raises(subprocess.CalledProcessError):
        site.build(tmp_path / "site")
    assert not (tmp_path / "site").exists()
    steps()
    site.build(tmp_path / "site")
    assert (tmp_path / "site" / "lab").is_dir()


def test_the_wheel_has_the_whole_package(tmp_path: Path) -> None:
    """Every file of it, and what it depends on, also where it is installed from a
    clone.
    """
    wheel = site.pack_wheel(tmp_path)
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
