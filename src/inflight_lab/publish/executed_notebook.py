"""Runs the cells of a notebook, and takes in what they show: in the background too."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nbclient import NotebookClient

from inflight_lab.publish import in_the_kernel
from inflight_lab.publish.cell_metadata import Asked, Claim, asked_by, number_in
from inflight_lab.publish.page_outputs import WIDGET, is_widget
from inflight_lab.publish.recorded_outputs import (
    OTHER_LIMIT,
    is_recorded,
    limit_of,
    other_limit_of,
    runs_of,
)
from inflight_lab.runs.run import Run

MOST_RECORDINGS = 5
"""So often a run is recorded, until it shows what the text beside it says."""

CALL = f"""
import importlib
await importlib.import_module({in_the_kernel.__name__!r}).{{call}}
"""
"""How the kernel is asked for something, silently."""


class BadCellError(RuntimeError):
    """A page cannot have what a cell asks for.  The text names notebook and cell."""


class NotShownError(BadCellError):
    """A run did not show what the text beside it says, as often as it was recorded."""


def run_notebook(
    document: Any, folder: Path, *, name: str, timeout: float = 120
) -> None:
    """Run all cells of ``document``, which takes in what they show.

    They run in ``folder``.  ``timeout`` is in seconds, for each cell.  Raises what
    nbclient raises when a cell fails, and `BadCellError`, which names the notebook by
    ``name``.
    """
    client = PageClient(
        document,
        name=name,
        timeout=timeout,
        resources={"metadata": {"path": str(folder)}},
        # The state of the widgets would make the page ask a CDN for what draws them.
        store_widget_state=False,
    )
    # Nor does it play the Output widget: it would keep what an `interactive` prints off
    # the page, and send on the socket on which it waits for a reply, and then may not
    # notice the reply (pyzmq's edges).
    client.widget_registry.clear()
    # No warning that the kernel's sockets are not encrypted.
    client.extra_arguments = ["--log-level=ERROR"]
    client.execute()


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
        await self._call("keep_recordings()")
        return started

    async def async_execute_cell(
        self, cell: Any, cell_index: int, *args: Any, **options: Any
    ) -> Any:
        """Run the cell, and record what its metadata asks for."""
        if cell.cell_type != "code":
            return cell
        place = f"{self._name}, cell {cell.id}"
        asked = read_metadata(cell, place)
        execute = super().async_execute_cell
        run = partial(execute, cell, cell_index, *args, **options)
        await self._record_until_shown(run, asked.claims_at(None), place)
        for limit in other_limits(asked, limit_of(self._recorded), place):
            record = partial(self._record_at, limit, cell, cell_index)
            there = f"{place}, limit {limit}"
            await self._record_until_shown(record, asked.claims_at(limit), there)
        return cell

    def process_message(self, message: Any, cell: Any, cell_index: int) -> Any:
        """Take in an output, and note the runs in it."""
        if is_recorded(message["content"]):
            self._recorded |= runs_of(message["content"])
        return super().process_message(message, cell, cell_index)

    async def _record_until_shown(
        self,
        record: Callable[[], Awaitable[object]],
        claims: Iterable[Claim],
        place: str,
    ) -> None:
        """Raises `NotShownError` if the last of a few recordings does not show it."""
        for _ in range(MOST_RECORDINGS):
            self._recorded = {}
            await record()
            wrong = what_is_not_shown(claims, self._recorded)
            if not wrong:
                return
        raise NotShownError(
            f"{place}: {wrong}, in the last of {MOST_RECORDINGS} recordings"
        )

    async def _record_at(self, limit: int, cell: Any, cell_index: int) -> None:
        """Add the runs of the cell's panel at this limit to its outputs."""
        drop_recordings_at(limit, cell)
        already = len(cell.outputs)
        await self._call(f"record_at({limit}, {model_ids(cell)})", cell, cell_index)
        for output in cell.outputs[already:]:
            output.metadata[OTHER_LIMIT] = limit

    async def _wait_for_the_background(
        self, cell: Any, cell_index: int, **_: Any
    ) -> None:
        await self._call("panels_end()", cell, cell_index)

    async def _call(self, call: str, cell: Any = None, cell_index: int = 0) -> None:
        """Have the kernel do it; outputs go to the cell."""
        kernel: Any = self.kc
        request = kernel.execute(CALL.format(call=call), silent=True)
        while True:
            message = await kernel.get_iopub_msg(timeout=self.timeout)
            kind = message["msg_type"]
            if kind in ("display_data", "update_display_data"):
                self.process_message(message, cell, cell_index)
            elif kind == "error":
                place = f"{self._name}, cell {cell.id}" if cell else self._name
                raise BadCellError(f"{place}: {message['content']['evalue']}")
            elif ends(message, request):
                return


def read_metadata(cell: Any, place: str) -> Asked:
    """What the cell asks of its page."""
    try:
        return asked_by(cell.metadata)
    except (TypeError, ValueError) as error:
        raise BadCellError(f"{place}: {error}") from None


def other_limits(asked: Asked, own: int | None, place: str) -> list[int]:
    """At which limits to record a panel whose ``own`` run is there already."""
    if own is not None and asked.claims_at(own):
        raise BadCellError(
            f"{place}: limit in shows must be another than the panel's own, got {own}"
        )
    return [limit for limit in asked.limits if limit != own]


def drop_recordings_at(limit: int, cell: Any) -> None:
    """Forget those that did not show what they should."""
    cell.outputs = [each for each in cell.outputs if other_limit_of(each) != limit]


def model_ids(cell: Any) -> list[str]:
    """The widgets that the cell shows."""
    widgets = filter(is_widget, cell.outputs)
    return [widget.data[WIDGET]["model_id"] for widget in widgets]


def what_is_not_shown(claims: Iterable[Claim], runs: Mapping[str, Run]) -> str:
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


def ends(message: Mapping[str, Any], request: str) -> bool:
    """Whether the kernel says with ``message`` that it is done with ``request``."""
    if message["content"].get("execution_state") != "idle":
        return False
    answered: str | None = message["parent_header"].get("msg_id")
    return answered == request
