"""The site: a landing page, pages and a browser build, in a folder of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from inflight_lab.commands.publish import beside, browser_build, landing_page, site
from inflight_lab.recipes import RECIPES
from inflight_lab.runners import RUNGS, SHARED
from tests.commands.publish.parsed import parsed
from tests.support.notebooks.notebook_tools import without_code

Steps = Callable[..., None]
SMALL = {"index.html", "mine.html", "reference.html"}
SMALL |= {"stage.js", "stage.css", "runners/paced.py"}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Steps:
    """A site of one notebook, with a step that fails in place of what takes minutes."""

    def replace(code: str = "", *, fails: Exception | None = None) -> None:
        def browser(folder: Path) -> None:
            folder.mkdir()
            (folder / "index.html").write_text("lab")
            if fails:
                raise fails

        cells = [new_markdown_cell("# Mine\n\n**What for.**")]
        if code:
            cells.append(new_code_cell(code, id="one"))
        nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
        monkeypatch.setattr(site, "laid_out", lambda _: [tmp_path / "mine.ipynb"])
        monkeypatch.setattr(landing_page, "landing_page", lambda *_, **__: "landing")
        monkeypatch.setattr(browser_build, "check_tools", lambda: None)
        monkeypatch.setattr(browser_build, "build", browser)

    return replace


@pytest.mark.parametrize("folder", ["empty", "new/folder"])
def test_a_new_folder_and_an_empty_one(
    tmp_path: Path, steps: Steps, folder: str
) -> None:
    """Both take the site: landing page, pages, and the browser build beside them."""
    steps()
    (tmp_path / "empty").mkdir()
    site.main([str(tmp_path / folder)])
    assert files_in(tmp_path / folder) >= {*SMALL, "live/index.html"}


@pytest.mark.parametrize("mine", [".git/HEAD", "index.html"])
def test_a_folder_with_anything_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mine: str
) -> None:
    """Before anything is made: a checkout, another page; and a file is no folder."""
    (tmp_path / mine).parent.mkdir(exist_ok=True)
    (tmp_path / mine).write_text("mine")
    for place in (tmp_path, tmp_path / mine):
        with pytest.raises(SystemExit):
            site.main([str(place)])
        assert f"folder must be new or empty, got {place}" in capsys.readouterr().err
    assert files_in(tmp_path) == {mine}
    assert (tmp_path / mine).read_text() == "mine"


@pytest.mark.parametrize(
    "error",
    [browser_build.BuildError("npm failed: see above"), OSError("no space")],
    ids=lambda error: type(error).__name__,
)
def test_a_site_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, steps: Steps, error: Exception
) -> None:
    """One line says why, and the next try can go to the same folder."""
    steps(fails=error)
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
        raise browser_build.BuildError("npm is missing")

    steps()
    monkeypatch.setattr(browser_build, "check_tools", is_missing)
    site.main([str(tmp_path / "site"), "--no-lab"])
    made = files_in(tmp_path / "site")
    assert made >= SMALL
    assert "live/index.html" not in made
    with pytest.raises(SystemExit, match="npm is missing"):
        site.main([str(tmp_path / "other")])


def test_a_cell_that_fails_is_on_its_page_and_in_the_last_line(
    tmp_path: Path, steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    """A busy computer cannot keep the site from being made."""
    steps("1 / 0")
    site.main([str(tmp_path / "site"), "--no-lab"])
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("1 cell failed, as the pages show: mine, cell one: Zero")
    assert "ZeroDivisionError" in (tmp_path / "site" / "mine.html").read_text()


MEETS = """
import time, pathlib
pathlib.Path("{me}").touch()
while not pathlib.Path("{other}").exists():
    time.sleep(0.05)
"""


def test_notebooks_run_side_by_side(tmp_path: Path) -> None:
    """Each of these ends only when the other has begun: most of a minute is waiting."""
    for me, other in ("ab", "ba"):
        title = new_markdown_cell(f"# {me}\n\n**What for.**")
        cells = [title, new_code_cell(MEETS.format(me=me, other=other))]
        nbformat.write(new_notebook(cells=cells), tmp_path / f"{me}.ipynb")
    paths = sorted(tmp_path.glob("*.ipynb"))
    made = site.make_pages(paths, tmp_path, live=lambda *_: "")
    assert asyncio.run(made) == []
    assert {"a.html", "b.html"} <= files_in(tmp_path)


def test_every_link_leads_somewhere(tmp_path: Path) -> None:
    """To a page or a passage of the site.  The pages have the text of the series, and
    no code.
    """
    (tmp_path / "notebooks").mkdir()
    written = without_code(tmp_path / "notebooks")
    folder = tmp_path / "site"
    site.build(folder, with_lab=False, notebooks=written)
    pages = {
        path.name: parsed(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.html")
    }
    links = [
        (name, str(each.get("href") or each.get("src")))
        for name, page in pages.items()
        for each in page.select("[href], [src]")
    ]
    assert ("index.html", "questions.html") in links
    assert [link for link in links if not leads_somewhere(*link, pages, folder)] == []


def leads_somewhere(
    page: str, target: str, pages: dict[str, BeautifulSoup], folder: Path
) -> bool:
    """Whether the file is there, and the passage in it: as it stands or, like in a
    browser, decoded.
    """
    scheme, _, path, _, passage = urlsplit(target)
    file = unquote(path) or page
    return bool(scheme) or (
        (folder / file).is_file()
        and (not passage or bool(pages[file].find(id=[passage, unquote(passage)])))
    )


def files_in(folder: Path) -> set[str]:
    """All files, by their place in the folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_script_can_be_saved_from_the_site_and_used(tmp_path: Path) -> None:
    """Of a recipe and a rung, all that it uses is in the file: none but `paced`, the
    rung that has a recipe's name, needs this package.
    """
    beside.write(tmp_path)
    scripts = [tmp_path / "recipes" / f"{name}.py" for name in RECIPES]
    rungs = {*RUNGS, *SHARED} - {*RECIPES}
    scripts += [tmp_path / "runners" / f"{name}.py" for name in rungs]
    needs = "import inflight_lab|from inflight_lab"
    assert not [path for path in scripts if re.search(needs, path.read_text("utf-8"))]
