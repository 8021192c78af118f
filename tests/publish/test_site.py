"""Where the site goes: it takes the place of what was made there before, and of nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from inflight_lab.publish.site import MARK, build, put


def write(folder: Path, **texts: str) -> Path:
    """Files by name; two underscores stand for a folder."""
    for name, text in texts.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def texts(folder: Path) -> dict[str, str]:
    """Every file below ``folder`` but the list, and every folder with nothing in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else "(empty)"
        for path in folder.rglob("*")
        if path.name != MARK and (path.is_file() or not any(path.iterdir()))
    }


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A site, as a build leaves it before it is put anywhere."""
    return write(tmp_path / "first", index="1", lab__index="1", lab__build__old="1")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """What a later version makes: one file less, one more."""
    return write(tmp_path / "second", index="2", lab__index="2", static__new="2")


def test_a_checkout_that_a_site_was_copied_into_keeps_what_is_its_own(
    tmp_path: Path, first: Path, second: Path
) -> None:
    """A site is copied into a checkout, its list of files too; the next build goes straight there."""
    put(first, tmp_path / "site")
    checkout = write(
        tmp_path / "pages", **{".git__HEAD": "main", "CNAME": "school.example", "lab__mine": "mine"}
    )
    shutil.copytree(tmp_path / "site", checkout, dirs_exist_ok=True)
    put(second, checkout)
    kept = {".git/HEAD": "main", "CNAME": "school.example", "lab/mine": "mine"}
    assert texts(checkout) == texts(second) | kept
    put(first, checkout)
    assert texts(checkout) == texts(first) | kept


def test_a_new_folder_and_an_empty_one(tmp_path: Path, first: Path) -> None:
    """Both take the site, and the list names what was made and nothing else."""
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "folder"):
        put(first, folder)
        assert texts(folder) == texts(first)
        assert json.loads((folder / MARK).read_text())["files"] == ["index", "lab/build/old", "lab/index"]


@pytest.mark.parametrize("mark", [None, "{}\n", "", "[]", '{"files": 3}', '{"files": [["index"]'])
def test_a_folder_without_a_list_is_left_alone(tmp_path: Path, mark: str | None) -> None:
    """Before anything is built: no list, one of an earlier version, a damaged one."""
    folder = write(tmp_path / "mine", index="mine")
    if mark is not None:
        (folder / MARK).write_text(mark)
    with pytest.raises(FileExistsError, match="no list of what was made here"):
        build(folder)
    assert texts(folder) == {"index": "mine"}


@pytest.mark.parametrize("mine", ["static__new", "static", "static__new__deep"])
def test_a_file_of_somebody_elses_is_not_replaced(
    tmp_path: Path, first: Path, second: Path, mine: str
) -> None:
    """What is where a new file, or its folder, would be: an error that names it, and nothing has changed."""
    put(first, tmp_path / "site")
    write(tmp_path / "site", **{mine: "mine"})
    before = texts(tmp_path / "site")
    with pytest.raises(FileExistsError, match=r"static.new was not made here"):
        put(second, tmp_path / "site")
    assert texts(tmp_path / "site") == before


def test_nothing_outside_the_folder_is_touched(tmp_path: Path, first: Path, second: Path) -> None:
    """Neither through a list that names it, nor through a link that leads there."""
    outside = write(tmp_path / "outside", file="mine", old="mine")
    site = tmp_path / "site"
    put(first, site)
    files = ["index", "lab/index", "lab/build/old", "../outside/file", str(outside / "file")]
    (site / MARK).write_text(json.dumps({"files": files}))
    shutil.rmtree(site / "lab" / "build")
    (site / "lab" / "build").symlink_to(outside)
    put(second, site)
    assert texts(outside) == {"file": "mine", "old": "mine"}
    (site / "static" / "new").unlink()
    (site / "static").rmdir()
    (site / "static").symlink_to(outside)
    with pytest.raises(FileExistsError, match=r"was not made here"):
        put(second, site)
    assert texts(outside) == {"file": "mine", "old": "mine"}


def test_after_a_build_that_broke_off_the_next_one_knows_its_own(
    tmp_path: Path, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle of the copying leaves a folder that can be built into again."""
    put(first, tmp_path / "site")

    def copy_some(source: Path, target: Path, **_: object) -> None:
        (target / "static").mkdir()
        shutil.copyfile(source / "static" / "new", target / "static" / "new")
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(shutil, "copytree", copy_some)
        with pytest.raises(OSError, match="no space left"):
            put(second, tmp_path / "site")
    put(second, tmp_path / "site")
    assert texts(tmp_path / "site") == texts(second)
