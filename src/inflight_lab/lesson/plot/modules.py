"""Joins ES modules to one script, and stylesheets to one, so a clone needs no build."""

import re
from pathlib import Path

PAGE = Path(__file__).parent / "page"
"""The folder of the JavaScript and the stylesheet of a widget."""

STAGE = Path(__file__).parents[1] / "stage"
"""The folder of the JavaScript and the stylesheets that draw a run."""

PRESENTABLE = (STAGE / "controls.css", PAGE / "presentation.css")
"""The stylesheets of a widget that has buttons and can fill the screen."""

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n', re.MULTILINE)
EXPORT = re.compile(
    r"^export (?=(?:async function|function\*?|class|const|let) (\w+))", re.MULTILINE
)
OTHER_FORM = re.compile(r"^(?:import|export(?! default)) .*", re.MULTILINE)
BLOCK_COMMENT = re.compile(r"[ \t]*/\*[^\0]*?\*/")
LINE_COMMENT = re.compile(r"^[ \t]*//.*|[ \t]// .*", re.MULTILINE)
MARGIN = re.compile(r"(?<=[,;{([])\n\s*|(?<=\n)\s+")


def script(entry: Path) -> str:
    """The module ``entry`` and all that it imports, as one script for a page."""
    return without_comments(joined(entry))


def style(*more: Path) -> str:
    """The stylesheet of a stage and its page, and ``more``."""
    sheets = [STAGE / "stage.css", PAGE / "page.css", *more]
    return "".join(
        without_comments(sheet.read_text(encoding="utf-8")) for sheet in sheets
    )


def joined(entry: Path) -> str:
    """The module ``entry`` and all that it imports, as one module with its exports.

    Each other module becomes a function that is called once and returns its exports,
    so its private names stay private.  It knows two forms: ``import { a, b as c } from
    "./file.js";``, and ``export`` before the declaration of one name.

    Raises ``ValueError`` for an ``import`` or ``export`` of another form.
    """
    found: list[_Module] = []
    _collect(entry.resolve(), found)
    *others, last = found
    functions = [module.as_function() for module in others]
    return "\n".join([*functions, last.text])


def without_comments(text: str) -> str:
    """JavaScript or CSS without comments and margins, at less than half the length.

    No string in the code may look like a comment, or go over several lines.
    """
    code = LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", text))
    return MARGIN.sub("", code).lstrip()


class _Module:
    """One module; the modules that it imports are among ``others``."""

    def __init__(self, path: Path, others: list["_Module"]) -> None:
        self.path = path
        self.name = f"module{len(others)}"
        source = path.read_text(encoding="utf-8")
        self.exported = EXPORT.findall(source)
        self.text = IMPORT.sub(
            lambda found: self._taken(found[1], found[2], others), source
        )
        other = OTHER_FORM.search(EXPORT.sub("", self.text))
        if other:
            raise ValueError(f"{path.name} has an unknown form: {other[0]}")

    def as_function(self) -> str:
        """The module as a function that is called once."""
        body = EXPORT.sub("", self.text)
        exported = ", ".join(self.exported)
        return f"const {self.name} = (() => {{\n{body}return {{ {exported} }};\n}})();"

    def _taken(self, names: str, address: str, others: list["_Module"]) -> str:
        """The statement that replaces an import."""
        path = (self.path.parent / address).resolve()
        (module,) = (other for other in others if other.path == path)
        return f"const {{{names.replace(' as ', ': ')}}} = {module.name};\n"


def _collect(path: Path, found: list[_Module]) -> None:
    """Add the modules that ``path`` imports to ``found``, and then ``path`` itself."""
    if path in (module.path for module in found):
        return
    for _, address in IMPORT.findall(path.read_text(encoding="utf-8")):
        _collect((path.parent / address).resolve(), found)
    found.append(_Module(path, found))
