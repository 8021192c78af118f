"""Runs a notebook's cells and keeps their outputs, even if one fails.

The one file that knows nbclient.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_output

from inflight_lab.commands.publish import in_the_kernel

START_UP = 300
"""Seconds in which a kernel must have started, and have imported what runs in it: long,
for a busy computer."""
CALL = f"await __import__('importlib').import_module({in_the_kernel.__name__!r})"
BEFORE = f"{CALL}.keep_recordings()"
AFTER = f"{CALL}.wait_for_panels()"
QUIETLY = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]
"""No warning that the kernel's sockets are not encrypted, and no file of its history,
which kernels that run side by side would lock."""


async def run_cells(document: Any, folder: Path, *, patience: int = 120) -> list[str]:
    """Run the cells of a notebook in ``folder``, and put what they show into it.

    A cell that fails shows its error, and the next ones run all the same.  One that
    takes more than ``patience`` seconds or ends its kernel is the last.  Returns which
    cells failed, each with its error in a line.
    """
    cells = document.cells
    if not any(cell.cell_type == "code" for cell in cells):
        return []
    document.cells = [new_code_cell(BEFORE), *cells, new_code_cell(AFTER, id="panels")]
    async with started_client(document, folder, patience) as client:
        await run_each(client)
    failures = failures_in(document.cells)
    document.cells = cells
    return failures


@asynccontextmanager
async def started_client(
    document: Any, folder: Path, patience: int
) -> AsyncIterator[NotebookClient]:
    """A client that runs the cells, with a kernel of its own, which ends in any case.

    nbclient could start the kernel itself, but would take Ctrl+C from the program.
    """
    manager = AsyncKernelManager()
    await manager.start_kernel(cwd=str(folder), extra_arguments=QUIETLY)
    kernel = manager.client()
    kernel.start_channels()
    try:
        await kernel.wait_for_ready(timeout=START_UP)
        yield notebook_client(document, manager, kernel, patience)
    finally:
        await manager.shutdown_kernel(now=True)
        kernel.stop_channels()


def notebook_client(
    document: Any, manager: AsyncKernelManager, kernel: Any, patience: int
) -> NotebookClient:
    """A client that runs the cells in this kernel."""
    first = document.cells[0]
    client = NotebookClient(
        document,
        km=manager,
        timeout=patience,
        timeout_func=lambda cell: START_UP if cell is first else patience,
        allow_errors=True,
        coalesce_streams=True,  # of a progress bar, its end
    )
    client.kc = kernel
    # Don't emulate the Output widget. It would swallow what an `interactive` prints. It
    # also sends on the socket that waits for the cell's reply, and zmq can then miss
    # that reply.
    client.widget_registry.clear()
    client.reset_execution_trackers()
    return client


async def run_each(client: NotebookClient) -> None:
    """Run the cells in turn, as far as the kernel gets."""
    hidden = (0, len(client.nb.cells) - 1)
    for index, cell in enumerate(client.nb.cells):
        try:
            counts = index not in hidden
            await client.async_execute_cell(cell, index, store_history=counts)
        except (CellTimeoutError, DeadKernelError) as error:
            cell.outputs.append(output_of(error, seconds=client.timeout))
            return


def output_of(error: Exception, *, seconds: float | None) -> Any:
    """The output of a cell that did not end."""
    is_late = isinstance(error, TimeoutError)
    reason = f"it takes more than {seconds} seconds" if is_late else str(error)
    name = type(error).__name__
    return new_output(
        "error", ename=name, evalue=reason, traceback=[f"{name}: {reason}"]
    )


def failures_in(cells: list[Any]) -> list[str]:
    """The cells that show an error which nobody expected."""
    return [
        f"cell {cell.id}: {output.ename}: {first_line(output.evalue)}"
        for cell in cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


def first_line(text: str) -> str:
    """The first line of an error's text."""
    line, _, _ = text.partition("\n")
    return line
