"""The snippets of notebook 10, made from the runners: ``python -m tests.support.write_snippets`` writes them.

A snippet is a rung's lesson without docstrings and annotations, with one line to change on top and a run at
the end; each comes as a script and as a notebook cell.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from tests.support.code import DEFINITIONS, Bare

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_copy_a_snippet.ipynb"
RUNGS = {"naive": naive, "semaphore": semaphore, "semaphore-pause": semaphore_pause, "paced": paced}
URL_LINE = 'URL = "https://httpbin.org/get"'
RUN = """\
responses = {call}
print(f"{{len(responses)}} answers, the first from {{responses[0].json()['url']}}")
"""
SCRIPT = 'if __name__ == "__main__":\n' + re.sub(
    "^", "    ", RUN.format(call="asyncio.run(make_many_requests(URL, 9))").rstrip(), flags=re.M
)
CELL = RUN.format(call="await make_many_requests(URL, 9)")


def lesson(rung: ModuleType) -> str:
    """What stands above the marked line of a rung's file."""
    above, _ = Path(str(rung.__file__)).read_text("utf-8").split("# The lesson ends here.")
    return above


def snippet(rung: ModuleType, end: str) -> str:
    """The rung in one piece to paste."""
    tree = Bare().visit(ast.parse(lesson(rung)))
    parts = [ast.unparse(node) for node in tree.body if isinstance(node, DEFINITIONS)]
    used = {node.id for part in parts for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Name)}
    imports = [
        ast.unparse(node)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and used & {alias.name for alias in node.names}
    ]
    head = [*imports[:-1], "", imports[-1], "", f"{URL_LINE}  # the line to change"]
    source = "\n\n\n".join(["\n".join(head), *parts, end])
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "88", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def generated() -> dict[str, str]:
    """Every snippet, by the id of its cell."""
    ends = {"": SCRIPT, "-cell": CELL}
    return {f"text-{name}{form}": snippet(RUNGS[name], ends[form]) for name in RUNGS for form in ends}


def main() -> None:
    """Write the snippets into the notebook, which keeps its prose."""
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    snippets = generated()
    for cell in notebook["cells"]:
        if code := snippets.get(cell["id"]):
            source = re.sub(
                r"(?<=```python\n).*?(?=```)",
                lambda _: code,
                "".join(cell["source"]),
                flags=re.S,
            )
            cell["source"] = source.splitlines(keepends=True)
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
