"""The notebooks as tests see them: their cells, and a kernel that runs them."""

from __future__ import annotations

import itertools
import os
import queue
import re
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.support.children import START_UP

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("[0-9]*.ipynb"))
GLOSSARY = NOTEBOOKS[0].with_name("glossary.ipynb")
"""What they link to: prose alone."""
COMPARISON = NOTEBOOKS[0].with_name("compare_limiters.ipynb")
"""What 06 links to: tables, and the cells that make them."""
QUESTIONS = NOTEBOOKS[0].with_name("questions.ipynb")
"""What is looked up: short answers, each with a cell or a link."""
CLASS = NOTEBOOKS[0].with_name("show_it_to_a_class.ipynb")
"""The teacher's page."""
each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS]
)
VERDICT = 'class="ifl-verdict"'
"""What marks a card that says as plain text what it shows."""
GUARD = str(Path(__file__).parent / "guard")
"""A folder whose ``sitecustomize`` keeps a Python process from leaving the machine."""


def notebook(number: str) -> Path:
    """The one whose name begins with ``number``, such as "03"."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith(number))
    return path


def load(path: Path) -> nbformat.NotebookNode:
    """The notebook at ``path``."""
    return nbformat.read(path, as_version=4)


def without_code(folder: Path) -> list[Path]:
    """Copies of the whole series in ``folder`` that have the text alone.

    In place of each cell of code is an empty one, to which links still lead.
    """
    images = NOTEBOOKS[0].with_name("images")
    shutil.copytree(images, folder / "images", ignore=shutil.ignore_patterns("*.webp"))
    copies = []
    for path in sorted(NOTEBOOKS[0].parent.glob("*.ipynb")):
        document = load(path)
        for cell in document.cells:
            if cell.cell_type == "code":
                cell.cell_type, cell.source = "markdown", ""
                del cell["outputs"], cell["execution_count"]
                cell.metadata.clear()
        nbformat.write(document, folder / path.name)
        copies.append(folder / path.name)
    return copies


def code_cells(path: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    return [cell.source for cell in load(path).cells if cell.cell_type == "code"]


def code_cell(path: Path, cell_id: str) -> str:
    """The source of one of them."""
    (source,) = (cell.source for cell in load(path).cells if cell.id == cell_id)
    return str(source)


@dataclass(frozen=True)
class Exercise:
    """A cell to be completed, and the solution that is folded below it."""

    notebook: Path
    check: str
    before: list[str]
    untouched: str
    tries: list[list[str]]
    solution: str

    @property
    def check_line(self) -> str:
        """The line that calls the check."""
        return self.untouched.splitlines()[-1]


def exercises() -> list[Exercise]:
    """Every exercise of every notebook, in order."""
    return [exercise for path in NOTEBOOKS for exercise in exercises_of(path)]


def exercises_of(path: Path) -> Iterator[Exercise]:
    """Every exercise of a notebook: a cell that calls a check, and the one below it."""
    before: list[str] = []
    cells = load(path).cells
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        called = re.search(r"\.(check_\w+)\(", cell.source)
        if called:
            solution = _folded_solution(cells[index + 1].source)
            tries = cell.metadata.get("inflight_lab", {}).get("tries", [])
            yield Exercise(path, called[1], [*before], cell.source, tries, solution)
        before.append(cell.source)


def _folded_solution(markdown: str) -> str:
    found = re.search(r"<details>.*```python\n(.*?)\n```.*</details>", markdown, re.S)
    assert found, f"no folded solution in {markdown!r}"
    return found[1]


@dataclass
class CellRun:
    """What one cell did: its status, what it printed, and its error."""

    status: str = "not finished"
    text: str = ""
    error: str = ""

    def note(self, kind: str, output: dict[str, Any]) -> None:
        """Add an output, of which a message or a notebook says what ``kind`` it is."""
        data = output.get("data", {})
        if kind == "stream":
            self.text += "".join(output["text"])
        elif kind == "error":
            self.error += f"{output['ename']}: {output['evalue']}"
        elif kind == "execute_result":
            self.text += "".join(data.get("text/plain", ""))
        elif VERDICT in "".join(data.get("text/html", "")):
            self.text += "".join(data["text/plain"]) + "\n"


class AnyKernel(ABC):
    """A kernel of this machine, or one in a browser's page."""

    @abstractmethod
    def run(self, source: str) -> CellRun:
        """Run one more cell, which no other run is a run of."""

    def value(self, expression: str) -> Any:
        """The value of an expression whose ``repr`` is a literal."""
        ran = self.run(f"print(repr({expression}))")
        assert ran.status == "ok", ran
        return eval(ran.text, {"__builtins__": {}})


class Kernel(AnyKernel):
    """A kernel in the notebooks' folder."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager, self._client = manager, client
        self._more = itertools.count()

    def run_all(self, cells: Sequence[str], *, within: float) -> list[CellRun]:
        """Queue all the cells at once, as Run All does, and wait for their end."""
        sent = [self._send(cell, f"cell-{number}") for number, cell in enumerate(cells)]
        return self._collect(sent, within=within)

    def run(self, source: str, *, within: float = 60.0) -> CellRun:
        """Run one more cell, which no other run is a run of."""
        sent = self._send(source, f"more-{next(self._more)}")
        (run,) = self._collect([sent], within=within)
        return run

    def _send(self, source: str, cell_id: str) -> str:
        content = {"code": source, "silent": False}
        message = self._client.session.msg("execute_request", content)
        message["metadata"]["cellId"] = cell_id  # JupyterLab says which cell it is
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _collect(self, sent: list[str], *, within: float) -> list[CellRun]:
        """What came of these messages; a cell that is not done in time says so."""
        runs = {number: CellRun() for number in sent}
        deadline = time.monotonic() + within

        def about_these(receive: Callable[..., dict[str, Any]]) -> Iterator[Any]:
            while True:
                message = receive(timeout=max(0.1, deadline - time.monotonic()))
                run = runs.get(message["parent_header"].get("msg_id"))
                if run:
                    yield run, message["msg_type"], message["content"]

        idle = 0
        with suppress(queue.Empty):
            replies = about_these(self._client.get_shell_msg)
            for run, _, reply in itertools.islice(replies, len(runs)):
                run.status = reply["status"]
            for run, kind, content in about_these(self._client.get_iopub_msg):
                run.note(kind, content)
                idle += content.get("execution_state") == "idle"
                if idle == len(runs):
                    break
        return list(runs.values())


@contextmanager
def kernel() -> Iterator[Kernel]:
    """A fresh kernel; nothing in it may have tried to leave the machine at its end."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "notes")
        notes.touch()
        paths = [GUARD]
        if "PYTHONPATH" in os.environ:
            paths.append(os.environ["PYTHONPATH"])
        own = {"NOTED_BY_GUARD": str(notes), "PYTHONPATH": os.pathsep.join(paths)}
        manager, client = start_new_kernel(
            kernel_name="python3",
            startup_timeout=START_UP,
            cwd=str(NOTEBOOKS[0].parent),
            env=os.environ | own,
            # No warning that the kernel's sockets are not encrypted.
            extra_arguments=["--log-level=ERROR"],
        )
        try:
            yield Kernel(manager, client)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_resources()
        noted = notes.read_text()
        assert not noted, noted


def prose_of(path: Path) -> list[str]:
    """The sources of its text cells."""
    return [cell.source for cell in load(path).cells if cell.cell_type == "markdown"]


def words_of(markdown: str) -> int:
    """The words of the prose: tables and fenced code are only looked up, and a picture
    is seen.
    """
    prose = re.sub(r"```.*?```|!\[[^]]*\]\([^)]*\)", "", markdown, flags=re.S)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith("|"))
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    return len(re.findall(r"\w[^\s]*", prose))
