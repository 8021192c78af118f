"""Runs a notebook's cells and keeps their outputs.

These include the outputs of panels that run in the background.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    DeadKernelError,
)

from inflight_lab.publish.cell_metadata import simulated_in
from inflight_lab.publish.kernel_calls import CallError, call_in_kernel
from inflight_lab.publish.notebook_file import BadNotebookError, first_line


class BadCellError(BadNotebookError):
    """A cell cannot become a part of a page.  The text names notebook and cell."""


def run_notebook(
    document: Any, folder: Path, *, name: str, timeout: float = 120
) -> None:
    """Run all cells of ``document``, and put what they show into it.

    They run in ``folder``.  ``timeout`` is in seconds, for each cell.  Raises
    `BadNotebookError` if there is no such kernel, and `BadCellError` if a cell fails or
    its metadata is wrong.  Both say where in the notebook ``name``.
    """
    client = PageClient(
        document,
        name=name,
        timeout=timeout,
        resources={"metadata": {"path": str(folder)}},
        # The state of the widgets would make the page ask a CDN for what draws them.
        store_widget_state=False,
    )
    # Don't emulate the Output widget. It would swallow what an `interactive` prints. It
    # also sends on the socket that waits for the cell's reply, and zmq can then miss
    # that reply.
    client.widget_registry.clear()
    # No warning that the kernel's sockets are not encrypted.
    client.extra_arguments = ["--log-level=ERROR"]
    try:
        client.execute()
    except NoSuchKernel as error:
        raise BadNotebookError(f"{name}: {error}") from error


class PageClient(NotebookClient):
    """Runs each cell, and waits for the panels that it starts."""

    def __init__(self, document: Any, *, name: str, **traits: Any) -> None:
        super().__init__(document, **traits)
        self._name = name
        self.on_cell_executed = self._wait_for_the_background

    async def async_start_new_kernel_client(self) -> Any:
        """Have the kernel keep recordings from the start."""
        started = await super().async_start_new_kernel_client()
        # No cell is running yet: importing the package is a part of the start.
        async with asyncio.timeout(self.startup_timeout):
            await self._call("keep_recordings()", cell=None, cell_index=0)
        return started

    async def async_execute_cell(
        self, cell: Any, cell_index: int, *args: Any, **options: Any
    ) -> Any:
        """Run the cell; an error names it."""
        if cell.cell_type != "code":
            return cell
        cell_name = f"{self._name}, cell {cell.id}"
        check_metadata(cell, cell_name)
        with errors_that_name(cell_name, seconds=self.timeout):
            await super().async_execute_cell(cell, cell_index, *args, **options)
        return cell

    async def _wait_for_the_background(
        self, cell: Any, cell_index: int, **_: Any
    ) -> None:
        async with asyncio.timeout(self.timeout):
            await self._call("wait_for_panels()", cell, cell_index)

    async def _call(self, call: str, cell: Any, cell_index: int) -> None:
        """Have the kernel do it; outputs go to the cell."""
        take_in = partial(self.process_message, cell=cell, cell_index=cell_index)
        await call_in_kernel(self.kc, call, on_output=take_in)


@contextmanager
def errors_that_name(cell_name: str, *, seconds: int | None) -> Iterator[None]:
    """Raise `BadCellError`, in one line, where the kernel fails."""
    try:
        yield
    except CellExecutionError as error:
        reason = f"{error.ename}: {first_line(error.evalue)}"
        raise BadCellError(f"{cell_name}: {reason}") from error
    except TimeoutError as error:
        reason = f"it takes more than {seconds} seconds"
        raise BadCellError(f"{cell_name}: {reason}") from error
    except (CallError, DeadKernelError) as error:
        raise BadCellError(f"{cell_name}: {error}") from error


def check_metadata(cell: Any, cell_name: str) -> None:
    """Raise `BadCellError` if it says what no page can do."""
    try:
        simulated_in(cell.metadata)
    except (TypeError, ValueError) as error:
        raise BadCellError(f"{cell_name}: {error}") from None
