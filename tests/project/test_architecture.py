"""The rooms: each uses what the map of the house allows, and importing one changes
nothing elsewhere.
"""

from __future__ import annotations

import graphlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import inflight_lab
from tests.project import architecture
from tests.project.architecture import PACKAGE, allowed_by, faults, imports
from tests.support.code import imported

MAP = """
    room   may use   what it is
    attic  living    what is seldom used
    living    cellar    where one lives
    cellar    -    what carries the house
    stairs    -    leaf: for everybody
"""
SOUND = {
    "__init__": "from house.attic.box import open",
    "attic/box": "from house.living.table import set\nfrom house import cellar, stairs",
    "living/table": "def eat():\n    from house.cellar.shelf import wine",
    "cellar/shelf": "import house.stairs\nimport asyncio",
    "stairs": "",
}


def build(folder: Path, files: dict[str, str]) -> Path:
    """A package of these files."""
    for name, source in files.items():
        path = folder / "house" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name("__init__.py").touch()
        path.write_text(source)
    return folder / "house"


def test_the_map_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """No room uses what the map of the house does not allow it, and the command prints
    who uses whom.
    """
    assert faults(imports(PACKAGE), allowed_by(inflight_lab.__doc__ or "")) == []
    assert architecture.main() == 0
    printed = capsys.readouterr().out
    assert "panel " in printed
    assert "plot (" in printed
    assert printed.endswith("No cycle, no arrow up.\n")


def test_a_sound_house_has_no_fault(tmp_path: Path) -> None:
    """Down the arrows, over two of them, and to a leaf is allowed; from the front door
    everywhere.
    """
    graph = imports(build(tmp_path, SOUND))
    assert graph["attic.box"] == {"living.table", "cellar", "stairs"}
    assert faults(graph, allowed_by(MAP)) == []


class Wrong(NamedTuple):
    """A file that stands in the house in place of the sound one, and its fault."""

    file: str
    source: str
    fault: str


WRONG = {
    "up": Wrong(
        "cellar/shelf",
        "from house.attic import box",
        "cellar.shelf may not use attic.box",
    ),
    "up, in a function": Wrong(
        "cellar/shelf",
        "def open():\n    import house.living.table",
        "cellar.shelf may not use living.table",
    ),
    "up, relative": Wrong(
        "cellar/shelf",
        "from ..attic.box import open",
        "cellar.shelf may not use attic.box",
    ),
    "up, for a type checker": Wrong(
        "cellar/shelf",
        "if TYPE_CHECKING:\n    from house.attic import box",
        "cellar.shelf may not use attic.box",
    ),
    "from a leaf": Wrong(
        "stairs", "from house.cellar import shelf", "stairs may not use cellar.shelf"
    ),
    "through the front door": Wrong(
        "attic/box", "from house import open", "attic.box may not use __init__"
    ),
    "a new room": Wrong("garden/tree", "", "garden is not on the map"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_fault_is_found(tmp_path: Path, wrong: Wrong) -> None:
    """An import that the map does not allow is found however it is written."""
    house = build(tmp_path, SOUND | {wrong.file: wrong.source})
    assert wrong.fault in faults(imports(house), allowed_by(MAP))


def test_cycles_are_found(tmp_path: Path) -> None:
    """Two files of one room that use each other are a cycle, and so are two rows of the
    map.
    """
    files = {
        "cellar/rack": "import house.cellar.wine",
        "cellar/wine": "import house.cellar.rack",
    }
    (found,) = faults(imports(build(tmp_path, SOUND | files)), allowed_by(MAP))
    assert found.startswith("a cycle: ")
    with pytest.raises(graphlib.CycleError):
        allowed_by(MAP.replace("cellar    -  ", "cellar    attic  "))


def test_a_room_that_is_gone_is_found() -> None:
    """The map names no room that is not there."""
    allowed = allowed_by(inflight_lab.__doc__ or "") | {"garden": set()}
    assert faults(imports(PACKAGE), allowed) == [
        "garden is on the map and nowhere else"
    ]


def test_importing_any_room_changes_nothing_elsewhere() -> None:
    """The environment, asyncio, the clock, httpx and its pool, signals, warnings and
    logging stay.
    """
    names = [f"inflight_lab.{name}" for name in imports(PACKAGE)]
    ours = [name.removesuffix(".__init__") for name in names]
    theirs: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        theirs |= set(imported(path.read_text(encoding="utf-8"), ""))
    theirs = {name for name in theirs if not name.startswith("inflight_lab")}
    assert len(ours) > 40
    script = Path(__file__).with_name("import_each.py")
    command = [sys.executable, script, " ".join(ours), " ".join(sorted(theirs))]
    # Not this process's environment: it has imported the rooms already.
    wanted = ("PATH", "HOME", "SYSTEMROOT")
    env = {name: os.environ[name] for name in wanted if name in os.environ}
    run = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (run.stdout, run.stderr) == ("", "")
