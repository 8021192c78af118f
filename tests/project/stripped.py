"""Strips notebooks before a commit: ``python -m tests.project.stripped FILE ...``.

A stored notebook holds what a person wrote: no output, no execution count, no metadata
but the kernel's, and what a cell asks of its page.  Files that hold more are rewritten,
and named; then the command ends with status 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def stripped(text: str) -> str:
    """The notebook as it is stored."""
    notebook = json.loads(text)
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"] = asked_of_the_page(cell["metadata"])
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def asked_of_the_page(metadata: dict[str, Any]) -> dict[str, Any]:
    """What the page and the tests read; the rest is an editor's."""
    return {name: value for name, value in metadata.items() if name == "inflight_lab"}


def main(paths: list[str]) -> int:
    """Strip the notebooks at ``paths``; returns 1 if any needed it."""
    changed = 0
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8")
        clean = stripped(text)
        if text != clean:
            path.write_text(clean, encoding="utf-8", newline="\n")
            print(f"{path}: stripped")
            changed = 1
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
