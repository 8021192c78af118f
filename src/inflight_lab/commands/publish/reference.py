"""A page of the site with all public names: how each is called, and its docstring."""

import re
from inspect import Signature, getdoc, isclass, isfunction, signature
from typing import Any

from nbformat.v4 import new_markdown_cell, new_notebook

import inflight_lab
from inflight_lab.commands.publish.notebook_page import as_html

NAME = "reference"
TITLE = """# Reference

All that `import inflight_lab` brings. Times are in seconds."""
EXAMPLE = re.compile(r"^>>> .*(?:\n(?:>>>|\.\.\.).*)*", re.MULTILINE)


def page() -> str:
    """The page, as HTML."""
    names = sorted(inflight_lab.__all__, key=str.lower)
    sections = [new_markdown_cell(text) for text in [TITLE, *map(section, names)]]
    return as_html(new_notebook(cells=sections), NAME, live=lambda *_: "")


def section(name: str) -> str:
    """A public name, and the methods of a class that have a docstring: Markdown."""
    thing = getattr(inflight_lab, name)
    methods = [
        described(f"### {name}.{method}", what)
        for method, what in (vars(thing) if isclass(thing) else {}).items()
        if isfunction(what) and what.__doc__ and not method.startswith("_")
    ]
    return "\n\n".join([described(f"## {name}", thing), *methods])


def described(heading: str, thing: Any) -> str:
    """How it is called, and its docstring."""
    text = EXAMPLE.sub(r"```\n\g<0>\n```", getdoc(thing) or "")
    if isclass(thing) and issubclass(thing, Exception):
        return f"{heading}\n\n{text}"
    parameters = signature(thing).parameters.values()
    bare = [each.replace(annotation=Signature.empty) for each in parameters]
    name = heading.split()[-1]
    return f"{heading}\n\n`{name}{Signature(bare)}`\n\n{text}"
