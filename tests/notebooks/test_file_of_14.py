"""The test file that notebook 14 shows."""

from __future__ import annotations

import re
from typing import Any

from tests.support.notebook_tools import code_cell, notebook

CELLS = ("code-imports", "code-job", "code-client", "code-test")


def test_the_test_is_an_ordinary_function() -> None:
    """So pytest runs it without a plugin: it returns nothing, and no coroutine."""
    page = notebook("14")
    shown = re.findall(r"```python\n(.*?)```", code_cell(page, "text-in-a-test"), re.S)
    names: dict[str, Any] = {}
    for code in (*(code_cell(page, cell) for cell in CELLS), *shown):
        exec(code, names)
    (test,) = (names[name] for name in names if name.startswith("test_"))
    assert test() is None
