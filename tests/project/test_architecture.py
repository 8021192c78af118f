"""The wings and their rooms: each uses what the map of the house allows, and importing
one changes nothing elsewhere.
"""

from __future__ import annotations

import ast
import graphlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest

import inflight_lab

PACKAGE = Path(inflight_lab.__file__).parent
FRONT_DOOR = "inflight_lab"
"""The public names: importing it loads no room, and a name of it counts as its home."""
WINGS = ("take home", "lesson", "commands")
"""From the top: what has no folder of its own is what you take home."""
ROW = re.compile(r"^ {4}(\w+) {2,}([\w, ]+|-) {2,}(leaf: )?\S", re.M)


def module_of(path: Path) -> str:
    """The name that a file has when it is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {module_of(path): path for path in PACKAGE.rglob("*.py")}
INSIDE = FILES.keys() - {FRONT_DOOR}


def imports_of(module: str) -> set[str]:
    """All that a module imports, wherever the line stands: "package.module.name"."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def used_by(module: str) -> set[str]:
    """The other modules of the package that one imports."""
    found = set()
    for name in imports_of(module):
        public = inflight_lab._HOME.get(name.removeprefix(f"{FRONT_DOOR}."))
        home = f"{FRONT_DOOR}.{public}" if public else name
        found.add(home if home in FILES else home.rpartition(".")[0])
    return found & INSIDE - {module}


def wing_of(module: str) -> str:
    """The wing that a module is in."""
    top = module.split(".")[1]
    return top if top in WINGS else WINGS[0]


def room_of(module: str) -> str:
    """The room that a module is in; "" for a wing itself."""
    _, *parts = module.split(".")
    return parts[0] if wing_of(module) == WINGS[0] else "".join(parts[1:2])


def folder_of(module: str) -> Path:
    """The folder that a module is in; one right in the package stands for itself."""
    path = FILES[module]
    folders = (PACKAGE, *(PACKAGE / wing for wing in WINGS))
    return path if path.parent in folders else path.parent


def allowed() -> dict[str, set[str]]:
    """What each room may use: what its row names, what those may use, and the leaves
    above it.

    Raises ``graphlib.CycleError`` if the map has a circle.
    """
    rows = ROW.findall(inflight_lab.__doc__ or "")[1:]  # without its heading
    named = {}
    leaves: set[str] = set()
    for room, uses, leaf in rows:
        named[room] = leaves.union(re.findall(r"\w+", uses))
        leaves |= {room} if leaf else set()
    found: dict[str, set[str]] = {}
    for room in graphlib.TopologicalSorter(named).static_order():
        below = [found[other] for other in named[room]]
        found[room] = named[room].union({room}, *below)
    return found


def test_each_room_is_on_the_map_and_uses_none_above_it() -> None:
    """A line of code knows its room by what it may import."""
    fine = allowed()
    assert {room_of(module) for module in INSIDE} - {""} == fine.keys()
    up = [
        f"{module} uses {other}"
        for module in INSIDE
        for other in used_by(module)
        if room_of(other) not in fine[room_of(module)]
    ]
    assert up == []


def test_no_wing_imports_one_below_it() -> None:
    """What you take home stands alone, and nobody imports a command."""
    down = [
        f"{module} uses {other}"
        for module in INSIDE
        for other in used_by(module)
        if WINGS.index(wing_of(other)) > WINGS.index(wing_of(module))
    ]
    assert down == []


@pytest.mark.parametrize("part_of", [str, folder_of])
def test_no_modules_or_folders_use_each_other(
    part_of: Callable[[str], Hashable],
) -> None:
    """Not in one room either: each can be read without those that use it."""
    uses: dict[Hashable, set[Hashable]] = defaultdict(set)
    for module in INSIDE:
        part = part_of(module)
        uses[part] |= {part_of(other) for other in used_by(module)} - {part}
    graphlib.TopologicalSorter(uses).prepare()


@pytest.mark.parametrize(
    ("platform", "listens", "rooms"),
    [(sys.platform, "socket", ""), ("emscripten", "in_page", "server cells pyodide")],
)
def test_importing_any_room_changes_nothing_elsewhere(
    platform: str, listens: str, rooms: str
) -> None:
    """The environment, asyncio, the clock, httpx and its pool, signals, warnings and
    logging stay, in a page as well, until a server starts.
    """
    ours = [
        module
        for module in FILES
        if not rooms or (module != FRONT_DOOR and room_of(module) in rooms.split())
    ]
    every = set().union(*map(imports_of, ours))
    theirs = sorted(name for name in every if name.split(".")[0] != FRONT_DOOR)
    script = Path(__file__).with_name("import_each.py")
    command = [sys.executable, str(script), platform, " ".join(ours), " ".join(theirs)]
    # Not this process's environment: it has imported the rooms already.
    wanted = ("PATH", "HOME", "SYSTEMROOT")
    env = {name: os.environ[name] for name in wanted if name in os.environ}
    run = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (run.stdout, run.stderr) == (f"inflight_lab.lesson.server.{listens}\n", "")
