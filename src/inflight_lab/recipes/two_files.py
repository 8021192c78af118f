"""Two files: a recipe to edit, and next to it a file with everything that it uses.

``two_files("fetch_all", Path("my_script.py"))`` makes a short script that imports from
``parts_of_my_script.py``.  You never need to open the latter.
"""

import re
import sys
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

from inflight_lab.recipes.bundle import Collection, check, joined, list_of, parts_of
from inflight_lab.recipes.imports import Imported, merged
from inflight_lab.recipes.source import PACKAGE, SourceFile, Statement, read

ABOUT_PARTS = '"""What {name} uses.  Keep it beside that file; you need not open it."""'
EXPLAINED_IN = "# It is explained in:"


@dataclass(frozen=True)
class TwoFiles:
    """A script, and the file beside it from which it imports."""

    path: Path
    script: str
    parts_path: Path
    parts: str

    def write(self) -> None:
        """Write both.  Raises ``ValueError`` if one of them is there already."""
        for path in (self.path, self.parts_path):
            if path.exists():
                raise ValueError(f"{path} is there already: remove it first")
        self.parts_path.write_text(self.parts, encoding="utf-8")
        self.path.write_text(self.script, encoding="utf-8")


def two_files(recipe: str, path: Path) -> TwoFiles:
    """The code of a recipe for the file at a path, and for the one beside it.

    Raises ``ValueError`` if the script would stand in the way of its own imports.
    """
    file = read(f"recipes.{recipe}")
    check_name(path, file)
    beside = module_beside(path)
    own = [*file.statements, *file.start]
    code = check(joined([file.docstring, *imports_from(beside, file), *own]))
    script = code.replace(f"python {recipe}.py", f"python {path.name}")
    parts = check(parts_for(recipe, path.name))
    return TwoFiles(path, script, path.with_name(f"{beside}.py"), parts)


def check_name(path: Path, file: SourceFile) -> None:
    """Raise ``ValueError`` if a script at the path has the name of a package.

    Python looks into the script's own folder first, so ``import httpx`` would find
    ``httpx.py`` there.
    """
    packages = {imported.package for imported in file.imports.values()}
    packages |= sys.stdlib_module_names
    packages |= packages_distributions().keys()  # what these import in turn is there
    if path.stem in packages:
        raise ValueError(
            f"output must not be {path.name}: import {path.stem} would find it"
        )


def module_beside(path: Path) -> str:
    """The name of a module, which a file's own name may not be."""
    return "parts_of_" + re.sub(r"\W", "_", path.stem)


def imports_from(beside: str, file: SourceFile) -> list[Statement]:
    """What a file imports; in place of this package, from the file beside it."""
    others = []
    ours = []
    for imported in file.imports.values():
        if imported.package == PACKAGE:
            ours.append(Imported(beside, imported.name))
        else:
            others.append(imported)
    return [Statement(merged(each), blank_lines=1) for each in (others, ours)]


def parts_for(recipe: str, name: str) -> str:
    """The code of all that a recipe imports from this package."""
    module = f"recipes.{recipe}"
    collection = Collection()
    for its_name, imported in read(module).imports.items():
        if imported.package == PACKAGE:
            collection.add_name(its_name, module)
    modules = collection.modules_in_order()
    about = Statement(ABOUT_PARTS.format(name=name))
    explained_in = list_of(modules, EXPLAINED_IN)
    explained_in.stands_apart = False
    first = [about, collection.all_imports(), explained_in]
    return joined([*first, *parts_of(modules, collection)])
