"""Imports of several files as one block, sorted as ruff and isort do it."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

WIDTH = 88


class Imported(NamedTuple):
    """``from module import name``, or ``import module`` if the name is empty."""

    module: str
    name: str = ""

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.module.partition(".")[0]

    @property
    def defines(self) -> str:
        """The name it binds."""
        return self.name or self.package

    def __str__(self) -> str:
        if self.name:
            return f"from {self.module} import {self.name}"
        return f"import {self.module}"


FUTURE = Imported("__future__", "annotations")  # they may name what is defined below


def merged(imports: Iterable[Imported]) -> str:
    """The lines that import all of this: the standard library first, then the rest."""
    sections = defaultdict(list)
    for imported in imports:
        sections[section_of(imported)].append(imported)
    blocks = [block_of(sections[section]) for section in sorted(sections)]
    return "\n\n".join(blocks)


def section_of(imported: Imported) -> int:
    """Where it belongs: sections are divided by blank lines."""
    if imported == FUTURE:
        return 0
    return 1 if imported.package in sys.stdlib_module_names else 2


def block_of(imports: list[Imported]) -> str:
    """One line for each module."""
    names = defaultdict(list)
    modules = []
    for imported in sorted(imports):
        if imported.name:
            names[imported.module].append(imported.name)
        else:
            modules.append(str(imported))
    return "\n".join(modules + [line_for(*each) for each in names.items()])


def line_for(module: str, names: list[str]) -> str:
    """One import of several names; it has a line for each if they do not fit on one."""
    in_order = sorted(names, key=by_kind)
    line = f"from {module} import {', '.join(in_order)}"
    if len(line) <= WIDTH:
        return line
    lines = [f"    {name},\n" for name in in_order]
    return f"from {module} import (\n{''.join(lines)})"


def by_kind(name: str) -> tuple[bool, bool, str]:
    """Sorts CONSTANTS before Classes, and these before functions."""
    is_constant = name.isupper() and len(name) > 1
    is_class = name[0].isupper()
    return not is_constant, not is_class, name
