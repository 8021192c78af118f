"""``inflight-lab snippet --output``: a short script, and one file beside it."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.__main__ import main
from inflight_lab.recipes.bundle import bundle
from inflight_lab.recipes.two_files import two_files
from tests.support.pasting import run

MOST_LINES = 120  # of a script that one edits


def without_imports(code: str) -> list[str]:
    """The definitions and assignments of a script, as they are written."""
    return [
        ast.unparse(node)
        for node in ast.parse(code).body[1:]
        if not isinstance(node, ast.Import | ast.ImportFrom)
    ]


@pytest.mark.parametrize("recipe", sorted(RECIPES.keys() - {"on_a_cluster"}))
def test_together_they_are_the_recipe_in_one_file(recipe: str) -> None:
    """Nothing is lost, changed or in both files, and the one to edit is short."""
    files = two_files(recipe, Path(f"{recipe}.py"))
    script, parts = without_imports(files.script), without_imports(files.parts)
    assert sorted(script + parts) == sorted(
        without_imports(bundle(f"recipes.{recipe}"))
    )
    assert len(files.script.splitlines()) <= MOST_LINES


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["fetch_all.py", "my-2nd job.py"])
async def test_what_was_written_runs(
    name: str,
    server: PracticeServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command says in one line what it wrote and what to run; that fetches all."""
    script = tmp_path / name
    output = tmp_path if name == "fetch_all.py" else script
    url = f"{server.url}?id={{id}}"
    main(["fetch_all", "--output", str(output), "--url", url, "--limit", "7"])
    beside = "parts_of_" + re.sub(r"\W", "_", script.stem) + ".py"
    assert capsys.readouterr().out == (
        f"Wrote {script}, and {beside}, which it imports.  "
        f"Set IDS and QUOTAS at the top of {script}, then run: python {script}\n"
    )
    assert set(os.listdir(tmp_path)) == {name, beside}
    code = script.read_text("utf-8")
    assert "\nLIMIT = 7 " in code
    assert f" python {name}\n" in code
    script.write_text(code.replace("range(1, 3001)", "range(5)"), "utf-8")
    status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert out == "5 of 5 have an answer in results.jsonl.\n"


@pytest.mark.parametrize("edited", ["my_script.py", "parts_of_my_script.py"])
def test_what_you_edited_stays(
    edited: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If one of the files is there already, nothing is written, and it says so."""
    (tmp_path / edited).write_text("mine", "utf-8")
    with pytest.raises(SystemExit, match="2"):
        main(["paced", "--output", str(tmp_path / "my_script.py")])
    error = f"{tmp_path / edited} is there already: remove it first\n"
    assert capsys.readouterr().err.endswith(error)
    (only,) = tmp_path.iterdir()
    assert only.read_text("utf-8") == "mine"
