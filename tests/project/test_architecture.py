"""The rooms: each uses what the map of the house allows, and importing one changes
nothing elsewhere.
"""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import inflight_lab

PACKAGE = Path(inflight_lab.__file__).parent
FRONT_DOOR = "inflight_lab"
"""The public names: importing it loads no room, and a name of it counts as its home."""
ROW = re.compile(r"^ {4}(\w+) {2,}([\w, ]+|-) {2,}(leaf: )?\S", re.M)
PUBLIC = {
    f"{FRONT_DOOR}.{name}": f"{FRONT_DOOR}.{home}"
    for name, home in inflight_lab._HOME.items()
}
"""Each public name, and the module that it stands for."""


def module_of(path: Path) -> str:
    """The name that a file has when it is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {module_of(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(module: str) -> set[str]:
    """All that a module imports, wherever the line stands."""
    path = FILES[module]
    folder = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    return set(imported(path.read_text(encoding="utf-8"), folder))


def imported(source: str, package: str) -> Iterator[str]:
    """The names that code inside ``package`` imports: "package.module.name"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = importlib.util.resolve_name(
                "." * node.level + (node.module or ""), package
            )
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def used_by(module: str) -> set[str]:
    """The other modules of the package that one imports."""
    ours = filter(is_ours, imports_of(module))
    return {known(name) for name in ours} - {module, FRONT_DOOR}


def is_ours(name: str) -> bool:
    """Whether it is of this package."""
    return name.partition(".")[0] == FRONT_DOOR


def known(name: str) -> str:
    """The module that a name is, or is in; of a public name, its home."""
    name = PUBLIC.get(name, name)
    while name not in FILES:
        name = name.rpartition(".")[0]
    return name


def folder_of(module: str) -> str:
    """The package that a module is in; a package is its own ``__init__``."""
    is_package = FILES[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def room_of(module: str) -> str:
    """The room that a module is in."""
    return module.split(".")[1]


def allowed() -> dict[str, set[str]]:
    """What each room may use: what its row names, what those may use, and the leaves.

    Raises ``graphlib.CycleError`` if the map has a circle.
    """
    rows = ROW.findall(inflight_lab.__doc__ or "")[1:]  # without its heading
    leaves = {room for room, _, leaf in rows if leaf}
    named = {room: set(re.findall(r"\w+", uses)) for room, uses, _ in rows}
    found: dict[str, set[str]] = {}
    for room in graphlib.TopologicalSorter(named).static_order():
        below = [found[other] for other in named[room]]
        found[room] = named[room].union({room}, *below)
    return {
        room: uses if room in leaves else uses | leaves for room, uses in found.items()
    }


def test_each_room_is_on_the_map_and_uses_none_above_it() -> None:
    """A line of code knows its room by what it may import."""
    fine = allowed()
    inside = FILES.keys() - {FRONT_DOOR}
    assert {room_of(module) for module in inside} == fine.keys()
    arrows = {(module, other) for module in inside for other in used_by(module)}
    up = [
        f"{module} uses {other}"
        for module, other in arrows
        if room_of(other) not in fine[room_of(module)]
    ]
    assert up == []


def test_no_modules_or_folders_use_each_other() -> None:
    """Not in one room either: each can be read without those that use it."""
    uses = {module: used_by(module) for module in FILES}
    graphlib.TopologicalSorter(uses).prepare()
    folders: dict[str, set[str]] = defaultdict(set)
    for module, others in uses.items():
        folders[folder_of(module)] |= {folder_of(other) for other in others}
    # The front door is beside the command and the leaf `arguments`.
    inside = {
        folder: others - {folder, FRONT_DOOR}
        for folder, others in folders.items()
        if folder != FRONT_DOOR
    }
    graphlib.TopologicalSorter(inside).prepare()


@pytest.mark.parametrize(
    ("platform", "listens", "rooms"),
    [(sys.platform, "socket", ""), ("emscripten", "in_process", "server jupyter")],
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
    theirs = sorted(name for name in every if not is_ours(name))
    script = Path(__file__).with_name("import_each.py")
    command = [sys.executable, str(script), platform, " ".join(ours), " ".join(theirs)]
    # Not this process's environment: it has imported the rooms already.
    wanted = ("PATH", "HOME", "SYSTEMROOT")
    env = {name: os.environ[name] for name in wanted if name in os.environ}
    run = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (run.stdout, run.stderr) == (f"inflight_lab.server.{listens}\n", "")
