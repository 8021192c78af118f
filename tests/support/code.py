"""Pieces of code compared: what is left without docstrings and annotations is what runs."""

from __future__ import annotations

import ast

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(source: str) -> dict[str, str]:
    """The functions and classes of a piece of code by name, without docstrings and annotations."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            node.body = [_without_annotation(statement) for statement in body]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, DEFINITIONS)}


def _without_annotation(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, ast.AnnAssign) and statement.value:
        return ast.Assign([statement.target], statement.value, lineno=statement.lineno)
    return statement
