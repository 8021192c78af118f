"""What the kernel of a notebook does for its page, besides running the cells."""

import sys
from collections.abc import Collection
from typing import Any

from inflight_lab.panel.controls import Controlled
from inflight_lab.panel.panel import Panel
from inflight_lab.plot import plain_picture
from inflight_lab.plot.plain_picture import Place


async def keep_recordings() -> None:
    """From now on every picture brings the recording of its run."""
    plain_picture.keep_recordings = True


async def wait_for_panels() -> None:
    """Wait until the run of every panel that has a name is over."""
    for value in named_values():
        if isinstance(value, Controlled):
            await value.finished()


async def record_at(limit: int, shown: Collection[str]) -> None:
    """Run the panel whose widget is one of ``shown`` again, at another ``limit``.

    Another panel does that, which nobody sees, on a server of its own: so nothing
    changes for the cells that follow.  It displays the pictures of its runs, as if they
    were those of the panel.
    """
    panel = panel_among(shown)
    server = panel.server.twin()
    unseen = Panel(
        {name: lane.runner for name, lane in panel.lanes.items()},
        server=server,
        count=panel.count,
        limit=limit,
        slow=panel.slow,
    )
    try:
        await unseen.start()
        place = Place(panel.model_id, panel.view, strip="all")
        unseen._picture.show(place)
    finally:
        unseen.close()
        server.stop()


def panel_among(shown: Collection[str]) -> Panel:
    """The panel that has a name and is one of the widgets that are ``shown``."""
    for value in named_values():
        if isinstance(value, Panel) and value.model_id in shown:
            return value
    raise ValueError("limits is for a cell that shows a panel which has a name")


def named_values() -> list[Any]:
    """The values of the notebook's variables."""
    ipython: Any = sys.modules["IPython"]
    return list(ipython.get_ipython().user_ns.values())
