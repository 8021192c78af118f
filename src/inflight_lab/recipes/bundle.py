"""Bundle: a recipe or a rung as one script that does not need this package.

``bundle("recipes.paced")`` is the file ``recipes/paced.py``, in which each import from
this package is replaced by the source of what is imported:

- The file's own code comes first, so the script begins with its settings.  A comment
  says where it ends.  What it imports follows, and a comment above each part names the
  notebook that explains it.
- Of another file, a statement is taken only if it defines an imported name, or a name
  that a statement already taken uses.
- Comments, docstrings and line breaks stay as they are.
- All other imports are merged at the top.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from textwrap import wrap

from inflight_lab.recipes.imports import FUTURE, WIDTH, Imported, merged
from inflight_lab.recipes.source import PACKAGE, SourceFile, Statement, read

EXPLAINED_IN = {
    "recipes": "11_copy_a_snippet",
    "runners": "08_survive_failures",
    "runners.adaptive": "07_judge_a_limiter",
    "runners.budgets": "13_keep_two_budgets",
    "runners.episodes": "07_judge_a_limiter",
    "runners.learned_pace": "07_judge_a_limiter",
    "runners.paced": "06_pace_to_the_quota",
    "runners.paced_threads": "10_share_a_limit",
    "runners.peek": "13_keep_two_budgets",
    "runners.reservations": "13_keep_two_budgets",
    "runners.shares": "13_keep_two_budgets",
    "runners.shared_quota": "10_share_a_limit",
    "runners.threaded": "10_share_a_limit",
    "runners.token_counts": "13_keep_two_budgets",
}
"""The notebook for the files of a package folder, or for a file that has its own."""
OWN_PART_ENDS = "# Below is what it uses.  You need not read it.  It is explained in:"
IN_A_CELL = Statement("results = await main()", stands_apart=True)


def bundle(module: str, *, notebook: bool = False) -> str:
    """The code of a module, such as ``recipes.paced``, with what it imports.

    For a ``notebook``, its last line is ``results = await main()``.  Raises
    ``ValueError`` if it cannot be one file: if a name has two meanings, for example.
    """
    file = read(module)
    start = start_of(file, notebook=notebook)
    collection = Collection()
    for statement in [*file.statements, *start]:
        collection.add(statement, module)
    first = [file.docstring, collection.all_imports()]
    code = code_of(module, collection)
    return check(joined([*first, *code, *start]))


def with_imports(module: str, *, notebook: bool = False) -> str:
    """The code of a module alone, which imports the rest from this package."""
    file = read(module)
    imports = Statement(merged(file.imports.values()), blank_lines=1)
    start = start_of(file, notebook=notebook)
    return joined([file.docstring, imports, *file.statements, *start])


def start_of(file: SourceFile, *, notebook: bool) -> list[Statement]:
    """The end of a script, which starts it; in a notebook, its loop runs already."""
    return [IN_A_CELL] if notebook and file.start else file.start


def code_of(module: str, collection: Collection) -> list[Statement]:
    """All that is collected, with comments between the parts."""
    modules = collection.modules_in_order()
    own = modules.index(module)
    above, below = modules[:own], modules[own + 1 :]
    code = parts_of(above, collection) + collection.statements_of(module)
    if below:
        code.append(list_of(below, OWN_PART_ENDS))
    return code + parts_of(below, collection)


def parts_of(modules: list[str], collection: Collection) -> list[Statement]:
    """What is collected of some modules, below a comment for each."""
    code: list[Statement] = []
    for module in modules:
        blank_lines = 2 if code else 1  # one is enough below the imports
        code.append(pointer_to_notebook(module, blank_lines))
        first, *others = collection.statements_of(module)
        code += [set_off(first), *others]
    return code


def set_off(first: Statement) -> Statement:
    """The first statement below a heading, with a blank line between the two."""
    return replace(first, blank_lines=max(first.blank_lines, 1))


class Collection:
    """The statements that a script is made of, and its imports."""

    def __init__(self) -> None:
        self.imports: set[Imported] = set()
        self._statements: dict[str, set[Statement]] = defaultdict(set)  # by module
        self._meanings: dict[str, str] = {}  # by name: where it comes from
        self._definitions: set[tuple[tuple[str, ...], str]] = set()

    def modules_in_order(self) -> list[str]:
        """Each before those that it imports, except for what it needs first.

        A base class, for example, stands above the classes that are made from it.
        """
        in_order: dict[str, None] = {}
        for module in self._statements:
            self._put_in_order(module, in_order)
        return list(in_order)

    def _put_in_order(self, module: str, in_order: dict[str, None]) -> None:
        for statement in self.statements_of(module):
            for imported in ours_among(statement.needs_first, module):
                self._put_in_order(origin_of(imported), in_order)
        in_order.setdefault(module)

    def all_imports(self) -> Statement:
        """All imports of other packages, merged."""
        modules = list(self._statements)
        if len(modules) > 1 or "annotations" in read(modules[0]).imports:
            self.imports.add(FUTURE)
        return Statement(merged(self.imports), blank_lines=1)

    def statements_of(self, module: str) -> list[Statement]:
        """Those of one module, in the order in which they stand there."""
        collected = self._statements[module]
        return [each for each in read(module).statements if each in collected]

    def add(self, statement: Statement, module: str) -> None:
        """Add a statement of a module, and whatever it uses.

        What two modules define in the same words is taken once.
        """
        collected = self._statements[module]
        definition = (statement.defines, statement.text)
        if statement in collected or definition in self._definitions:
            return
        collected.add(statement)
        if statement.defines:
            self._definitions.add(definition)
        for name in statement.defines:
            self._note_meaning(name, f"{PACKAGE}.{module}")
        for name in statement.uses:
            self.add_name(name, module)

    def add_name(self, name: str, module: str) -> None:
        """Add what a name means in a module."""
        imported = read(module).imports.get(name)
        if imported is None:  # it may also be a builtin or a local variable
            self._add_definitions(name, module)
        elif imported.package != PACKAGE:
            self.imports.add(imported)
            self._note_meaning(name, str(imported))
        elif not self._add_definitions(imported.name, origin_of(imported)):
            raise ValueError(f"import what a file defines, not: {imported}")

    def _add_definitions(self, name: str, module: str) -> bool:
        """Add the statements of a module that define a name, if there are any."""
        found = [each for each in read(module).statements if name in each.defines]
        for statement in found:
            self.add(statement, module)
        return bool(found)

    def _note_meaning(self, name: str, origin: str) -> None:
        other = self._meanings.setdefault(name, origin)
        if other != origin:
            raise ValueError(f"{name} has two meanings: {other}, and {origin}")


def ours_among(names: Iterable[str], module: str) -> Iterator[Imported]:
    """What a module imports from this package by some of these names."""
    for name in names:
        imported = read(module).imports.get(name)
        if imported and imported.package == PACKAGE:
            yield imported


def origin_of(imported: Imported) -> str:
    """The module of this package that an import is from."""
    return imported.module.removeprefix(f"{PACKAGE}.")


def pointer_to_notebook(module: str, blank_lines: int) -> Statement:
    """The comment above the code of a module: what it is, and where it is explained."""
    comment = f"# {title_of(module)}\n# The notebook {notebook_on(module)} explains it."
    return Statement(comment, blank_lines)


def list_of(modules: list[str], beginning: str) -> Statement:
    """A comment that lists what follows, with a line for each notebook."""
    names: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        name, _, _ = title_of(module).partition(":")
        names[notebook_on(module)].append(name)
    lines = [beginning]
    for notebook, its_names in names.items():
        line = f"# {notebook}: {', '.join(its_names)}"
        lines += wrap(line, WIDTH, subsequent_indent="#     ")
    return Statement("\n".join(lines), blank_lines=1, stands_apart=True)


def title_of(module: str) -> str:
    """The first line of its docstring."""
    title, *_ = read(module).docstring.text.strip('"').splitlines()
    return title


def notebook_on(module: str) -> str:
    """The notebook that explains a module."""
    room, _, _ = module.partition(".")
    return EXPLAINED_IN.get(module, EXPLAINED_IN[room])


def joined(statements: list[Statement]) -> str:
    """The text of all of them, with the blank lines that a formatter leaves there."""
    text = statements[0].text
    for above, below in pairwise(statements):
        stands_apart = above.stands_apart or below.stands_apart
        blank_lines = 2 if stands_apart else below.blank_lines
        text += "\n" * (blank_lines + 1) + below.text
    return f"{text}\n"


def check(script: str) -> str:
    """The script; raises ``ValueError`` if it still imports this package somewhere."""
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports = ast.unparse(node)
            if PACKAGE in imports:
                raise ValueError(f"only imports at the top are bundled, not: {imports}")
    return script
