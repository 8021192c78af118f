"""The rooms: each uses what the map of the house allows, and importing one changes
nothing elsewhere.
"""

from __future__ import annotations

import graphlib
import os
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        (
            "cellar/shelf",
            "from house.attic import box",
            "cellar.shelf may not use attic.box",
        ),
        (
            "cellar/shelf",
            "def open():\n    import house.living.table",
            "cellar.shelf may not use living.table",
        ),
        (
            "cellar/shelf",
            "from ..attic.box import open",
            "cellar.shelf may not use attic.box",
        ),
        ("stairs", "from house.cellar import shelf", "stairs may not use cellar.shelf"),
        ("attic/box", "from house import open", "attic.box may not use __init__"),
        ("garden/tree", "", "garden is not on the map"),
        (
            "cellar/shelf",
            "if TYPE_CHECKING:\n    from house.attic import box",
            "may not use attic.box",
        ),
    ],
)
def test_a_fault_is_found(tmp_path: Path, name: str, source: str, fault: str) -> None:
    """An arrow up is found in a function, for a type checker, relative, and through the
    front door.
    """
    found = faults(imports(build(tmp_path, SOUND | {name: source})), allowed_by(MAP))
    assert any(each.endswith(fault) for each in found), found


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


IMPORT_EACH = """
import asyncio, contextlib, importlib, logging, os, signal, sys, time, warnings
from types import ModuleType
import httpcore, httpx

WATCHED = [asyncio, asyncio.BaseEventLoop, time, signal, warnings, httpx, httpx.AsyncHTTPTransport,
    httpx.HTTPTransport, httpx.AsyncClient, httpx.Client, httpcore.AsyncConnectionPool]

def state():
    held = {f"{each.__name__}.{name}": value for each in WATCHED for name, value in vars(each).items()
            if not isinstance(value, ModuleType)}  # a submodule that was loaded is no change
    held |= {f"environment {name}": value for name, value in os.environ.items()}
    held |= {f"signal {number}": signal.getsignal(number) for number in signal.valid_signals()}
    root = logging.getLogger()
    return held | {"warnings": [*warnings.filters], "path": [*sys.path], "hook": sys.excepthook,
        "logging": [root.level, *root.handlers], "policy": asyncio.get_event_loop_policy()}

ours, theirs = (names.split() for names in sys.argv[1:])
for module in theirs:  # what other packages change as they are imported is not the rooms' doing
    with contextlib.suppress(ImportError):
        importlib.import_module(module)
begin = state()
for module in ours:
    importlib.import_module(module)
    now = state()
    changed = [name for name in begin | now if begin.get(name) != now.get(name)]
    assert not changed, f"{module} changed {changed}"
"""


def test_importing_any_room_changes_nothing_elsewhere() -> None:
    """The environment, asyncio, the clock, httpx and its pool, signals, warnings and
    logging stay.
    """
    ours = [
        f"inflight_lab.{name}".removesuffix(".__init__") for name in imports(PACKAGE)
    ]
    files = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    theirs = {
        name
        for source in files
        for name in imported(source, "")
        if not name.startswith("inflight_lab")
    }
    assert len(ours) > 40
    command = [
        sys.executable,
        "-c",
        IMPORT_EACH,
        " ".join(ours),
        " ".join(sorted(theirs)),
    ]
    # Not this process's environment: it has imported the rooms already.
    env = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "SYSTEMROOT")
        if name in os.environ
    }
    run = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (run.stdout, run.stderr) == ("", "")
