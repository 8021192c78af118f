"""The README and CONTRIBUTING.md: what they say to copy works as written, and what they
name is there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / ".github" / "ARCHITECTURE.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
BASES = [ROOT, ROOT / "src" / "inflight_lab"]


def test_the_snippet_runs_as_written() -> None:
    """Pasted into a file of its own it prints what its comment promises."""
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in snippet.splitlines() if line.strip()]) <= 10
    run = subprocess.run(
        [sys.executable, "-c", snippet], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    assert re.search(r"peak_in_flight=5, accepted=60, refused=0", run.stdout)


def test_the_readme_is_short() -> None:
    """Whoever comes for the first time reads it to its end."""
    assert len(README.splitlines()) <= 150


def test_the_first_command_works_in_a_clone() -> None:
    """The package need not be on PyPI; what needs it there stands below, under a
    heading that says so.
    """
    first = README.index(COMMANDS[0])
    assert COMMANDS[0] == "pip install uv && uv run inflight-lab"
    assert "In a clone of this repository:" in README[:first]
    before, later = README.split("\n## Once it is published\n")
    needs_pypi = r'uvx |pip install "inflight-lab|mybinder'
    assert re.search(needs_pypi, later)
    assert not re.search(needs_pypi, before)


def test_the_second_command_is_what_ci_ends_with() -> None:
    """The command that the README gives for the tests is the one that is known to
    pass.
    """
    last = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert COMMANDS[1] == last


def test_links_lead_to_files() -> None:
    """Every file that the README names is there, as is the cell or the heading."""
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    assert links
    headings = re.findall("^## (.+)", README, re.M)
    for link in links:
        if link.startswith("#"):
            assert link[1:] in [each.lower().replace(" ", "-") for each in headings]
            continue
        file, _, cell = link.partition("#cell-id=")
        assert (ROOT / file).exists(), link
        if cell:
            assert f'"id": "{cell}"' in (ROOT / file).read_text("utf-8"), link


@pytest.mark.parametrize("page", [CONTRIBUTING, ARCHITECTURE])
def test_what_a_page_for_contributors_names_is_there(page: str) -> None:
    """Every link, file, folder, module and table is where it says."""
    links = re.findall(r"\]\(([^)#]+)\)", page)
    assert [link for link in links if not (ROOT / ".github" / link).exists()] == []
    named = re.findall(r"`([\w/]+/[\w./]*|[\w./]+\.(?:py|js))`", page)
    modules = re.findall(r"python -m ([\w.]+)", page)
    files = [name for name in named if not re.search(r"NAME|NN_", name)]
    files += [module.replace(".", "/") + ".py" for module in modules]
    assert len(files) > 10
    assert [name for name in files if not find(name)] == []
    for table, name in re.findall(r"`([A-Z]+)`\s+in\s+`([\w./]+)`", page):
        (file,) = find(name)
        code = file.read_text(encoding="utf-8")
        defined = rf"^(export )?(const )?{table}\b.* = "
        assert re.search(defined, code, re.M), (table, name)


def test_each_thing_to_add_begins_with_its_files() -> None:
    """One sees how much it is before reading on."""
    section = CONTRIBUTING.split("\n## To add ...\n")[1].split("\n## ")[0]
    things = [each for each in section.split("\n\n") if each.startswith("**")]
    assert len(things) > 10
    form = re.compile(r"\*\*[^*]+\*\*.* Files: `[^`]+`(,\s`[^`]+`)*\.\n\S")
    assert [thing for thing in things if not form.match(thing)] == []


def find(name: str) -> list[Path]:
    """Where a file or folder is that is named from the root or from the package."""
    return [base / name for base in BASES if (base / name).exists()]
