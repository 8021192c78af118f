"""Which room uses which, and what the map does not allow.

``python -m tests.project.architecture`` prints both.  The map is the table in the
docstring of `inflight_lab`.  An import counts wherever it stands: at the top of a file,
in a function, or for a type checker only.
"""

from __future__ import annotations

import graphlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import inflight_lab
from tests.support.code import imported

PACKAGE = Path(inflight_lab.__file__).parent
FRONT_DOOR = "__init__"
"""The public names: it may use every room, and no room uses it."""
ROW = re.compile(
    r"^ {4}(?P<room>\w+) {2,}(?P<uses>[\w, ]+|-) {2,}(?P<leaf>leaf: )?\S.*$", re.M
)

Uses = dict[str, set[str]]
"""By room or module: the others that it uses, or may use."""


def allowed_by(doc: str) -> Uses:
    """What each room of the map may use.

    That is what its row names, what those may use in turn, and every leaf; a leaf may
    use no other leaf.  A cycle in the map raises ``graphlib.CycleError``.
    """
    rows = {row["room"]: row for row in ROW.finditer(doc) if row["room"] != "room"}
    named = {room: set(re.findall(r"\w+", row["uses"])) for room, row in rows.items()}
    leaves = {room for room, row in rows.items() if row["leaf"]}
    allowed: Uses = {}
    for room in graphlib.TopologicalSorter(named).static_order():
        allowed[room] = set(named[room])
        for below in named[room]:
            allowed[room] |= allowed[below]
    for room in rows.keys() - leaves:
        allowed[room] |= leaves
    return allowed


def imports(package: Path) -> Uses:
    """What each module of the package imports from it; ``engine.execution`` is
    `inflight_lab.engine.execution`.
    """
    paths = {_name(path.relative_to(package)): path for path in package.rglob("*.py")}
    return {
        module: {_known(name, set(paths)) for name in _used(path, package)}
        for module, path in paths.items()
    }


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or FRONT_DOOR


def _used(path: Path, package: Path) -> Iterator[str]:
    """Each name of the package that a file imports, without the package's own."""
    prefix = package.name + "."
    inside = ".".join(path.relative_to(package.parent).parent.parts)
    names = imported(path.read_text(encoding="utf-8"), inside)
    return (name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _known(name: str, modules: set[str]) -> str:
    """The module that a name is, or is in; of a public name, its home."""
    name = inflight_lab._HOME.get(name, name)
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or FRONT_DOOR


def room_of(module: str) -> str:
    """The room that a module stands in."""
    return module.partition(".")[0]


def faults(graph: Uses, allowed: Uses) -> list[str]:
    """What is not as the map says: rooms that it lacks, rooms that are gone, arrows up,
    cycles.
    """
    return [
        *_wrong_rooms(graph, allowed),
        *_arrows_up(graph, allowed),
        *_cycles(graph),
    ]


def _wrong_rooms(graph: Uses, allowed: Uses) -> Iterator[str]:
    rooms = {room_of(module) for module in graph} - {FRONT_DOOR}
    for room in sorted(rooms - allowed.keys()):
        yield f"{room} is not on the map"
    for room in sorted(allowed.keys() - rooms):
        yield f"{room} is on the map and nowhere else"


def _arrows_up(graph: Uses, allowed: Uses) -> Iterator[str]:
    for module, used in sorted(graph.items()):
        own = room_of(module)
        if own == FRONT_DOOR:
            continue
        fine = {own} | allowed.get(own, set())
        for other in sorted(used):
            if room_of(other) not in fine:
                yield f"{module} may not use {other}"


def _cycles(graph: Uses) -> Iterator[str]:
    others = {module: used - {module} for module, used in graph.items()}
    try:
        graphlib.TopologicalSorter(others).prepare()
    except graphlib.CycleError as error:
        yield f"a cycle: {' -> '.join(reversed(error.args[1]))}"


def drawn(graph: Uses, rooms: list[str]) -> str:
    """A line for each room: its files, and how many of them use which other room."""
    lines = []
    for room in rooms:
        files = [module for module in graph if room_of(module) == room]
        users: Counter[str] = Counter()
        for module in files:
            users.update({room_of(other) for other in graph[module]} - {room})
        below = [f"{other} ({users[other]})" for other in rooms if users[other]]
        lines.append(f"{room:12}{len(files):3} files -> {', '.join(below) or 'none'}")
    return "\n".join(lines)


def main() -> int:
    """Print the graph and what is wrong with it; returns how many faults there are."""
    graph, allowed = imports(PACKAGE), allowed_by(inflight_lab.__doc__ or "")
    print(drawn(graph, list(allowed)))
    found = faults(graph, allowed)
    print("\n".join(found) or "No cycle, no arrow up.")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
