"""Prints a recipe or a rung as one script: the page, and below it what it uses.

Nothing is rewritten but the settings.  The imports of all files move to the top; those
of this package are left out, because what they name is there.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.resources import files
from pprint import pformat
from textwrap import indent
from typing import TypeGuard

import inflight_lab

PACKAGE = "inflight_lab"
LESSON = ("make_one_request", "make_many_requests")  # of a rung whose class is used
DOCUMENTED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
WITHOUT_EDITS = """
# It imports what it uses.  To edit its parts as well, make it without --import.
"""
VARIABLE = re.compile(r'"([^"$]*)\$([A-Z_]\w*)"')
"""A header's value that comes from the environment."""
LINE = 88
"""How long a line may be."""
TO_START = 'if __name__ == "__main__":'


def snippet(name: str, *, keep_imports: bool = False, **settings: object) -> str:
    """The script for a recipe or a rung; with ``keep_imports`` its page alone.

    A setting, such as ``RATE=20``, takes the place of the page's own.  Raises
    ``ValueError`` if the page has no such setting.
    """
    source = page_of(name)
    for setting, value in settings.items():
        source = with_setting(source, setting, value)
    page = File(source)
    parts = parts_of(page)
    if not parts:
        return source
    if keep_imports:
        docstring = f'"""{page.docstring}"""\n'
        return source.replace(docstring, docstring + WITHOUT_EDITS)
    files_used = [page, *parts.values()]
    named = names_in(file.body for file in files_used)
    for _ in range(3):  # what is named only by what is left out is left out as well
        used = [part.as_part(named) for part in parts.values()]
        named = names_in([page.body, *used])
    job, to_start, last_lines = page.body.partition(TO_START)
    top = [f'"""{page.docstring}"""']
    # A script has its settings on top; a rung's class may be made of what it uses.
    pieces = [job, *used, to_start + last_lines] if to_start else [*used, job]
    code = "\n\n\n".join(piece.strip() for piece in pieces).strip()
    imports = import_lines(files_used, named)
    head = "\n\n".join([*top, imports])
    return f"{head}\n\n{code}\n"


def page_of(name: str) -> str:
    """The file of a recipe or a rung; a recipe if there are both."""
    for room in ("recipes", "runners"):
        path = files(PACKAGE) / room / f"{name}.py"
        if path.is_file():
            return path.read_text("utf-8")
    raise ValueError(f"no recipe and no rung is called {name!r}")


def with_setting(source: str, name: str, value: object) -> str:
    """The page with another value; the comment beside it stays."""
    text = repr(value)
    if isinstance(value, str | dict):
        text = json.dumps(value, ensure_ascii=False)
    has_a_variable = isinstance(value, dict) and VARIABLE.search(text)
    if has_a_variable or len(f"{name} = {text}") > LINE:
        text = on_lines(value, text)
    if has_a_variable:
        text = VARIABLE.sub(from_the_environment, text)
        for module in ("sys", "os"):
            if f"\nimport {module}\n" not in source:
                source = source.replace("\nimport ", f"\nimport {module}\nimport ", 1)
    line = re.compile(rf"^({name}(?:: [^=]+)? = )(.*?)(?=  # |$)", re.MULTILINE)
    found = line.search(source)
    if not found:
        raise ValueError(f"it has no {name}")
    begin, end = found.span(2)
    return source[:begin] + text + source[end:]


def from_the_environment(value: re.Match[str]) -> str:
    """The code for a header's value, such as "Bearer $API_KEY".

    Without that variable the script says so, and ends.
    """
    code = f'os.getenv("{value[2]}") or sys.exit("Set {value[2]}.")'
    return f'"{value[1]}" + ({code})' if value[1] else code


def on_lines(value: object, text: str) -> str:
    """A dictionary or a list on several lines; anything else as its ``text`` is."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=4).replace("\n}", ",\n}")
    if isinstance(value, list):
        listed = pformat(value, width=LINE - 4, compact=True, sort_dicts=False)
        lines = indent(listed[1:-1].replace("\n ", "\n"), "    ")
        return f"[\n{lines},\n]"
    return text


class File:
    """A file of the package, taken apart."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.docstring = ast.get_docstring(self.tree, clean=False) or ""
        self.imports: list[tuple[str, ast.alias]] = []  # of which module, and what
        self.lines = source.splitlines()
        self.begins = 0  # where the code does, below the imports
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", "") or ""
                self.imports += [(module, alias) for alias in node.names]
                self.begins = node.end_lineno or 0

    @property
    def body(self) -> str:
        """What stands below its imports."""
        return "\n".join(self.lines[self.begins :]).strip()

    def as_part(self, named: set[str]) -> str:
        """The same below a comment that says what it is, less the lesson of a rung.

        Each docstring is its first line: what else it says stays in the package, as
        does what is not ``named``.
        """
        lines = dict(enumerate(self.lines, start=1))
        for node in ast.walk(self.tree):
            left_out: list[int] = []
            if is_left_out(node, named):
                left_out = lines_of(node)
            elif isinstance(node, DOCUMENTED) and ast.get_docstring(node):
                first, *left_out = lines_of(node.body[0])
                if left_out and first in lines:
                    lines[first] += '"""'
            for number in left_out:
                lines.pop(number, None)
        title = self.docstring.partition("\n")[0]
        code = [line for number, line in lines.items() if number > self.begins]
        body = re.sub(r"\n{4,}", "\n\n\n", "\n".join(code).strip())
        body = re.sub(r"\n{3,}(?= )", "\n\n", body)
        return f"# ---- {title}\n{body}"


def names_in(sources: Iterable[str]) -> set[str]:
    """What the code names, in expressions and as attributes."""
    names = set()
    for node in ast.walk(ast.parse("\n".join(sources))):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names


def is_left_out(node: ast.AST, named: set[str]) -> TypeGuard[ast.stmt]:
    """Whether it belongs to a lesson, or nothing names it."""
    if not isinstance(node, DOCUMENTED):
        return False
    is_special = node.name.startswith("__")
    return node.name in LESSON or not (is_special or node.name in named)


def lines_of(node: ast.stmt) -> list[int]:
    """The numbers of the lines on which it stands, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    first = min(each.lineno for each in [node, *decorators])
    return list(range(first, (node.end_lineno or 0) + 1))


def parts_of(file: File) -> dict[str, File]:
    """The files of the package that it uses, each after those that it needs itself."""
    parts: dict[str, File] = {}
    for module, alias in file.imports:
        if module == PACKAGE:  # the face: where the name comes from
            module = f"{PACKAGE}.{inflight_lab._HOME[alias.name]}"
        if module.startswith(PACKAGE):
            _, *folders, name = module.split(".")
            path = files(PACKAGE).joinpath(*folders, f"{name}.py")
            part = File(path.read_text("utf-8"))
            parts |= parts_of(part) | {module: part}
    return parts


def import_lines(all_files: list[File], named: set[str]) -> str:
    """The imports of what is named, in the order of any other file."""
    names: dict[str, set[str]] = defaultdict(set)  # of each module; "" for modules
    for file in all_files:
        for module, alias in file.imports:
            name = alias.asname or alias.name.partition(".")[0]
            if name in named and not module.startswith(PACKAGE):
                names[module].add(ast.unparse(alias))
    lines = [f"import {module}" for module in sorted(names.pop("", ()))]
    for module in sorted(names):
        listed = ", ".join(sorted(names[module]))
        lines.append(f"from {module} import {listed}")
    ours = [line for line in lines if is_of_python(line)]
    others = [line for line in lines if line not in ours]
    sections = ["\n".join(section) for section in (ours, others) if section]
    return "\n\n".join(sections)


def is_of_python(line: str) -> bool:
    """Whether it imports from the standard library."""
    _, module, *_ = line.split()
    package, _, _ = module.partition(".")
    return package in sys.stdlib_module_names
