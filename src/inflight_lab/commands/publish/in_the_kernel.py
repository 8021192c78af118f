"""Runs in the kernel of a notebook, before and after its cells, for its page.

It is a file of its own, because a kernel must not import what runs notebooks.
"""

import sys
from typing import Any

from inflight_lab.lesson.panel.panel import Panel
from inflight_lab.lesson.plot import plain_picture
from inflight_lab.lesson.plot.live_plot import Plot


async def keep_recordings() -> None:
    """From now on every picture brings the recording of its run."""
    plain_picture.keep_recordings = True


async def wait_for_panels() -> None:
    """Wait until the run of every panel that has a name is over, and end all plots."""
    ipython: Any = sys.modules["IPython"]
    for value in list(ipython.get_ipython().user_ns.values()):
        if isinstance(value, Panel):
            await value.finished()
        elif isinstance(value, Plot):
            value.stop()
