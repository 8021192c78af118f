"""The site: a landing page, pages and a browser build, in a folder of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from inflight_lab.publish import browser_build, landing_page, needed, site
from inflight_lab.publish.contents import entries_of
from inflight_lab.publish.static_pages import make_pages
from tests.support.links import Link, broken_links, links_in, outside_links
from tests.support.notebook_tools import NOTEBOOKS, QUESTIONS, load

Steps = Callable[..., None]
WITHOUT_LAB = {"index.html", "03.html", "runners/paced.py"}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """In place of the steps that take minutes, some that write a file, or that fail."""

    def replace(*, fails: str = "", error: Exception | None = None) -> None:
        def step(name: str, file: str) -> Callable[..., None]:
            def run(*arguments: object, **_: object) -> None:
                folder = next(each for each in arguments if isinstance(each, Path))
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(name)
                if name == fails and error:
                    raise error

            return run

        landing = step("landing page", "index.html")
        monkeypatch.setattr(site, "make_landing_page", landing)
        monkeypatch.setattr(site, "make_pages", step("pages", "03.html"))
        monkeypatch.setattr(site, "copy_code", step("code", "runners/paced.py"))
        monkeypatch.setattr(needed, "check_for_the_lab", lambda: None)
        monkeypatch.setattr(browser_build, "build", step("browser build", "lab/index"))

    return replace


@pytest.mark.parametrize("folder", ["empty", "new/folder"])
def test_a_new_folder_and_an_empty_one(
    tmp_path: Path, steps: Steps, folder: str
) -> None:
    """Both take the site: landing page, pages, and the browser build beside them."""
    steps()
    (tmp_path / "empty").mkdir()
    site.main([str(tmp_path / folder)])
    assert files_in(tmp_path / folder) == {*WITHOUT_LAB, "live/lab/index"}


def test_a_folder_without_notebooks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the argument and what it must be, and nothing is made."""
    with pytest.raises(SystemExit):
        site.main([str(tmp_path / "site"), "--no-lab", "--notebooks", str(tmp_path)])
    assert "--notebooks must be a folder with .ipynb files" in capsys.readouterr().err
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("mine", [".git/HEAD", "index.html", "inflight-lab-site.json"])
def test_a_folder_with_anything_in_it_is_left_alone(
    tmp_path: Path, steps: Steps, capsys: pytest.CaptureFixture[str], mine: str
) -> None:
    """Before anything is made: a checkout, another page, an earlier version's site; and
    a file is no folder.
    """
    steps()
    (tmp_path / mine).parent.mkdir(exist_ok=True)
    (tmp_path / mine).write_text("mine")
    for place in (tmp_path, tmp_path / mine):
        with pytest.raises(SystemExit):
            site.main([str(place)])
        assert f"folder must be new or empty, got {place}" in capsys.readouterr().err
    assert files_in(tmp_path) == {mine}
    assert (tmp_path / mine).read_text() == "mine"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("pages", RuntimeError("03, cell plateau: it takes more than 120 seconds")),
        ("browser build", browser_build.BuildError("npm failed: see above")),
        ("browser build", OSError("no space")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_site_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, steps: Steps, step: str, error: Exception
) -> None:
    """One line says why, and the next try can go to the same folder."""
    steps(fails=step, error=error)
    with pytest.raises(SystemExit) as ended:
        site.main([str(tmp_path / "site")])
    assert ended.value.code == str(error)
    assert not (tmp_path / "site").exists()
    steps()
    site.main([str(tmp_path / "site")])
    assert (tmp_path / "site" / "live").is_dir()


def test_without_the_lab_it_needs_no_tools(
    tmp_path: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither npm nor the extra, which takes Python 3.12."""

    def is_missing() -> None:
        raise needed.MissingError("npm is missing")

    steps()
    monkeypatch.setattr(needed, "check_for_the_lab", is_missing)
    site.main([str(tmp_path / "site"), "--no-lab"])
    assert files_in(tmp_path / "site") == WITHOUT_LAB
    with pytest.raises(SystemExit, match="npm is missing"):
        site.main([str(tmp_path / "other")])


RAISES = nbformat.writes(
    nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", id="divide")])
)


class BadFile(NamedTuple):
    """What a file has that cannot become a page, and what is said of it."""

    text: str
    error: str


BAD_FILES = {
    "a cell fails": BadFile(RAISES, "mine, cell divide: ZeroDivisionError: "),
    "not JSON": BadFile("# Mine", "mine.ipynb is not a notebook: Notebook does not"),
    "a list": BadFile("[]", "mine.ipynb is not a notebook: "),
    "no cells": BadFile('{"nbformat": 4}', "mine.ipynb is not a notebook: "),
}


@pytest.mark.parametrize("bad", BAD_FILES.values(), ids=list(BAD_FILES))
def test_a_notebook_that_cannot_become_a_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: BadFile
) -> None:
    """In one line, without a traceback; and nothing is left."""
    monkeypatch.setattr(landing_page, "landing_page", lists_them)
    (tmp_path / "mine.ipynb").write_text(bad.text)
    options = ["--no-lab", "--notebooks", str(tmp_path)]
    with pytest.raises(SystemExit) as ended:
        site.main([str(tmp_path / "site"), *options])
    assert str(ended.value.code).startswith(bad.error)
    assert "\n" not in str(ended.value.code)
    assert files_in(tmp_path) == {"mine.ipynb"}


def lists_them(notebooks: list[Path], **__: object) -> str:
    """In place of the landing page: the titles of its notebooks."""
    return str(entries_of(notebooks))


def test_a_notebook_of_an_older_format_becomes_a_page(
    tmp_path: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells have no ids yet."""
    steps()
    monkeypatch.setattr(site, "make_pages", make_pages)
    document = json.loads(RAISES.replace("1 / 0", "1 / 2"))
    document["nbformat_minor"] = 4
    del document["cells"][0]["id"]
    (tmp_path / "mine.ipynb").write_text(json.dumps(document))
    options = ["--no-lab", "--notebooks", str(tmp_path)]
    site.main([str(tmp_path / "site"), *options])
    page = (tmp_path / "site" / "mine.html").read_text(encoding="utf-8")
    assert "0.5" in page


# ---- A small one, made for real


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the headings of five notebooks, and the runs of the landing page."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "notebooks").mkdir()
    for path in (*NOTEBOOKS[:4], QUESTIONS):
        write_headings(path, folder / "notebooks" / path.name)
    options = ["--no-lab", "--notebooks", str(folder / "notebooks")]
    site.main([str(folder / "site"), *options])
    return folder / "site"


def write_headings(path: Path, to: Path) -> None:
    """A notebook with the beginning of another, its headings, and no code."""
    first, *others = [
        cell.source for cell in load(path).cells if cell.cell_type == "markdown"
    ]
    headings = re.findall(r"^##.+$", "\n".join(others), re.M)
    beginning = first.partition("\n- ")[0]
    cells = [nbformat.v4.new_markdown_cell(text) for text in (beginning, *headings)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), to)


def test_every_link_leads_somewhere(small_site: Path) -> None:
    """To a page of the site, as the one where an error is looked up; none leads
    outside.
    """
    assert Link("index.html", "questions.html") in links_in(small_site)
    assert broken_links(small_site) == []
    assert outside_links(small_site) == []


def files_in(folder: Path) -> set[str]:
    """All files, by their place in the folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
