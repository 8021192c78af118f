"""Which room uses which, and what the map does not allow: ``python -m tests.project.architecture``.

The map is the table in the docstring of `inflight_lab` itself.  An import counts
wherever it stands, at the top of a file, in a function, or for a type checker only.
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


def allowed_by(doc: str) -> Uses:
    """What each room of the map may use: what its row names, what that may use in turn,
    and every leaf.
    """
    rows = {row["room"]: row for row in ROW.finditer(doc) if row["room"] != "room"}
    named = {room: set(re.findall(r"\w+", row["uses"])) for room, row in rows.items()}
    leaves = {room for room, row in rows.items() if row["leaf"]}
    allowed: Uses = {}
    for room in graphlib.TopologicalSorter(
        named
    ).static_order():  # a cycle in the map itself ends here
        allowed[room] = named[room].union(*(allowed[below] for below in named[room]))
    return {
        room: allowed[room] if room in leaves else allowed[room] | leaves
        for room in rows
    }


def imports(package: Path) -> Uses:
    """What each module of the package imports from it; ``engine.run`` is
    `inflight_lab.engine.run`.
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
    """The module that a name is, or is in."""
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
    rooms = {room_of(module) for module in graph} - {FRONT_DOOR}
    found = [f"{room} is not on the map" for room in sorted(rooms - set(allowed))]
    found += [
        f"{room} is on the map and nowhere else"
        for room in sorted(set(allowed) - rooms)
    ]
    for module, used in sorted(graph.items()):
        own = room_of(module)
        for other in sorted(used - {module}):
            if own != FRONT_DOOR and room_of(other) not in {own, *allowed.get(own, ())}:
                found.append(f"{module} may not use {other}")
    try:
        graphlib.TopologicalSorter(
            {module: used - {module} for module, used in graph.items()}
        ).prepare()
    except graphlib.CycleError as error:
        found.append(f"a cycle: {' -> '.join(reversed(error.args[1]))}")
    return found


def drawn(graph: Uses, rooms: list[str]) -> str:
    """A line a room, from the top of the house down: its files, and how many of them
    use which other room.
    """
    lines = []
    for room in rooms:
        files = [module for module in graph if room_of(module) == room]
        used = Counter(
            other
            for module in files
            for other in {*map(room_of, graph[module])} - {room}
        )
        below = (
            ", ".join(f"{other} ({used[other]})" for other in rooms if used[other])
            or "nobody"
        )
        lines.append(f"{room:12}{len(files):3} files -> {below}")
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
