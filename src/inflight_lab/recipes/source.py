"""A file of this package, taken apart: its docstring, imports and statements."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from inflight_lab.recipes.imports import Imported

PACKAGE = "inflight_lab"
LESSON_ENDS = "\n# The lesson ends here."
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)  # two that look the same are still two
class Statement:
    """A statement at the top level of a file, with the comments above it."""

    text: str
    blank_lines: int = 0
    """How many stand above it."""
    stands_apart: bool = False
    """Whether there are always two blank lines above and below it."""
    defines: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    needs_first: tuple[str, ...] = ()
    """Names that it uses when it is run, not only when it is called later."""


class SourceFile:
    """A file's source; for a rung, only the lesson part."""

    def __init__(self, source: str) -> None:
        self.docstring = Statement("")
        self.imports: dict[str, Imported] = {}  # by the names that they define
        self.statements: list[Statement] = []
        self.start: list[Statement] = []  # if __name__ == "__main__": ...
        lesson, _, _ = source.partition(LESSON_ENDS)
        for node, text in statements_in(lesson):
            self._add(node, text)

    def _add(self, node: ast.stmt, text: str) -> None:
        code = text.lstrip("\n")
        statement = Statement(code, blank_lines=len(text) - len(code))
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imports |= names_imported(node)
        elif not is_docstring(node):
            self._add_code(node, statement)
        elif self.statements:  # it describes the name above it
            statement.defines = self.statements[-1].defines
            self.statements.append(statement)
        else:
            self.docstring = statement

    def _add_code(self, node: ast.stmt, statement: Statement) -> None:
        statement.uses = names_used(node)
        if isinstance(node, ast.If) and "__name__" in statement.uses:
            statement.stands_apart = True
            self.start.append(statement)
            return
        statement.needs_first = names_used(*parts_run_at_once(node))
        statement.defines = names_defined(node)
        statement.stands_apart = isinstance(node, DEFINITIONS)
        self.statements.append(statement)


@cache
def read(module: str) -> SourceFile:
    """The file of a module of this package, such as ``runners.paced``."""
    path = files(PACKAGE).joinpath(f"{module.replace('.', '/')}.py")
    if not path.is_file():
        raise ValueError(f"this is not a file of the package: {module}")
    return SourceFile(path.read_text(encoding="utf-8"))


def statements_in(source: str) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement, and its lines with the comments and blank lines above it."""
    lines = source.splitlines()
    begin = 0
    for node in ast.parse(source).body:
        assert node.end_lineno
        yield node, "\n".join(lines[begin : node.end_lineno])
        begin = node.end_lineno


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is nothing but a text."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    return False


def names_imported(node: ast.Import | ast.ImportFrom) -> dict[str, Imported]:
    """What an import brings, by name.

    Raises ``ValueError`` for one that is relative, or that gives a thing another name.
    """
    imported = {}
    is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
    for alias in node.names:
        if is_relative or alias.asname:
            raise ValueError(f"this cannot be bundled: {ast.unparse(node)}")
        found = Imported(alias.name)
        if isinstance(node, ast.ImportFrom):
            found = Imported(str(node.module), alias.name)
        imported[found.defines] = found
    return imported


def names_defined(node: ast.stmt) -> tuple[str, ...]:
    """The names of the file to which a statement gives a meaning."""
    if isinstance(node, DEFINITIONS):
        return (node.name,)
    if isinstance(node, ast.Assign):
        return names_used(*node.targets)
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return names_used(node.target)
    aliases = [each for each in ast.walk(node) if isinstance(each, ast.alias)]
    return tuple(alias.asname or alias.name for alias in aliases)  # `try: import ...`


def parts_run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs with the file: the bases of a class, or a function's defaults."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        yield from [*node.decorator_list, *filter(None, defaults)]
    elif isinstance(node, ast.ClassDef):
        yield from [*node.decorator_list, *node.bases, *node.keywords]
        for inner in node.body:
            yield from parts_run_at_once(inner)
    elif isinstance(node, ast.AnnAssign):
        yield from [node.value] if node.value else []
    else:
        yield node


def names_used(*nodes: ast.AST) -> tuple[str, ...]:
    """The names in the code, from top to bottom, also those of local variables."""
    found = []
    for node in nodes:
        found += [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    found.sort(key=lambda name: (name.lineno, name.col_offset))
    return tuple(dict.fromkeys(name.id for name in found))
