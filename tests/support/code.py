"""Code read by tests: what it imports, and what of it runs."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)


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


def definitions(source: str) -> dict[str, str]:
    """The functions and classes of a piece of code by name: what of them runs."""
    tree = Bare().visit(ast.parse(source))
    return {
        node.name: ast.unparse(node)
        for node in tree.body
        if isinstance(node, DEFINITIONS)
    }


class Bare(ast.NodeTransformer):
    """Takes away docstrings, annotations, and classes that only describe a type."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Anything; a function of either kind has nothing to say of its result."""
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node):
            del node.body[0]
        if isinstance(node, FUNCTIONS):
            node.returns = None
        return super().generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        """A class, unless it is a protocol."""
        protocol = any(ast.unparse(base) == "Protocol" for base in node.bases)
        return None if protocol else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """A parameter."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign:
        """A variable."""
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value), node)
