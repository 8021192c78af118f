"""Runs a notebook's cells and keeps their outputs.

These include the outputs of panels that run in the background.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
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

from inflight_lab.publish.cell_metadata import (
    Claim,
    PageOptions,
    number_in,
    options_of,
)
from inflight_lab.publish.kernel_calls import CallError, call_in_kernel
from inflight_lab.publish.notebook_file import BadNotebookError, first_line
from inflight_lab.publish.page_outputs import WIDGET, is_widget
from inflight_lab.publish.record_until_shown import record_until_shown
from inflight_lab.publish.recorded_outputs import (
    OTHER_LIMIT,
    is_recorded,
    limit_of,
    other_limit_of,
    runs_of,
)
from inflight_lab.runs.run import Run

Runs = Mapping[str, Run]


class BadCellError(BadNotebookError):
    """A cell cannot become a part of a page.  The text names notebook and cell."""


def run_notebook(
    document: Any, folder: Path, *, name: str, timeout: float = 120
) -> None:
    """Run all cells of ``document``, and put what they show into it.

    They run in ``folder``.  ``timeout`` is in seconds, for each cell.  Raises
    `BadNotebookError` if there is no such kernel, `BadCellError` if a cell fails or its
    metadata is wrong, and `NotShownError` if no run shows what the text beside it says.
    All of them say where in the notebook ``name``.
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
    for cell in document.cells:
        check_moment(cell, f"{name}, cell {cell.id}")


class PageClient(NotebookClient):
    """Runs each cell until what it recorded shows what the text beside it says.

    It also has the runs recorded that the cell asks for at other limits.
    """

    def __init__(self, document: Any, *, name: str, **traits: Any) -> None:
        super().__init__(document, **traits)
        self._name = name
        self._recorded: dict[str, Run] = {}
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
        """Run the cell, and record what its metadata asks for."""
        if cell.cell_type != "code":
            return cell
        cell_name = f"{self._name}, cell {cell.id}"
        page_options = read_metadata(cell, cell_name)
        execute = super().async_execute_cell
        run = partial(execute, cell, cell_index, *args, **options)
        with errors_that_name(cell_name, seconds=self.timeout):
            await self._record(run, page_options.claims_at(None), name=cell_name)
            for limit in other_limits(page_options, self._recorded, cell_name):
                record = partial(self._record_at, limit, cell, cell_index)
                there = f"{cell_name}, limit {limit}"
                await self._record(record, page_options.claims_at(limit), name=there)
        return cell

    def process_message(self, message: Any, cell: Any, cell_index: int) -> Any:
        """Take in an output, and note the runs in it."""
        if is_recorded(message["content"]):
            self._recorded |= runs_of(message["content"])
        return super().process_message(message, cell, cell_index)

    async def _record(
        self,
        run: Callable[[], Awaitable[object]],
        claims: Iterable[Claim],
        *,
        name: str,
    ) -> None:
        """Repeat ``run`` until what it records is as claimed."""

        async def record() -> Runs:
            self._recorded = {}
            await run()
            return self._recorded

        await record_until_shown(record, partial(what_is_not_shown, claims), name=name)

    async def _record_at(self, limit: int, cell: Any, cell_index: int) -> None:
        """Add the runs of the cell's panel at this limit to its outputs."""
        drop_recordings_at(limit, cell)
        already = len(cell.outputs)
        async with asyncio.timeout(self.timeout):
            await self._call(f"record_at({limit}, {model_ids(cell)})", cell, cell_index)
        for output in cell.outputs[already:]:
            output.metadata[OTHER_LIMIT] = limit

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


def read_metadata(cell: Any, cell_name: str) -> PageOptions:
    """How the page should show the cell."""
    try:
        return options_of(cell.metadata)
    except (TypeError, ValueError) as error:
        raise BadCellError(f"{cell_name}: {error}") from None


def check_moment(cell: Any, cell_name: str) -> None:
    """Raise an error if the cell asks for a moment of a plot that it does not show."""
    if not read_metadata(cell, cell_name).moment:
        return
    if not any(map(is_recorded, cell.get("outputs", []))):
        raise BadCellError(f"{cell_name}: moment is for a cell that shows a plot")


def other_limits(options: PageOptions, runs: Runs, cell_name: str) -> list[int]:
    """At which limits to record a panel whose own ``runs`` are there already."""
    if not options.limits:
        return []
    if not runs:
        raise BadCellError(f"{cell_name}: limits is for a cell that runs its panel")
    own = limit_of(runs)
    if own is not None and options.claims_at(own):
        raise BadCellError(
            f"{cell_name}: limit in shows must be another than the panel's own,"
            f" got {own}"
        )
    return [limit for limit in options.limits if limit != own]


def drop_recordings_at(limit: int, cell: Any) -> None:
    """Forget those that did not show what they should."""
    cell.outputs = [each for each in cell.outputs if other_limit_of(each) != limit]


def model_ids(cell: Any) -> list[str]:
    """The widgets that the cell shows."""
    widgets = filter(is_widget, cell.outputs)
    return [widget.data[WIDGET]["model_id"] for widget in widgets]


def what_is_not_shown(claims: Iterable[Claim], runs: Runs) -> str:
    """The first claim that does not hold for its run, in words; empty if all do."""
    for claim in claims:
        run = runs.get(claim.runner)
        if run is None:
            whose = f" of {claim.runner}" if claim.runner else ""
            return f"no run{whose} was recorded"
        if not claim.holds_for(run):
            seen = number_in(run.counts, claim.number)
            return f"the text says {claim}, and the run shows {seen}"
    return ""
