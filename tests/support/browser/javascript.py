"""JavaScript beside the tests, for pages that load no module of ours."""

from __future__ import annotations

from pathlib import Path


class Functions:
    """What a file beside this one exports."""

    def __init__(self, file: str) -> None:
        source = Path(__file__).with_name(file).read_text(encoding="utf-8")
        self._source = source.replace("export ", "")

    def __getitem__(self, name: str) -> str:
        """One of them, as an expression."""
        return f"(...values) => {{\n{self._source}\nreturn {name}(...values);\n}}"
