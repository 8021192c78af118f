"""A class that a wall or a cell opens once more."""

from __future__ import annotations

import json
import socket

import pytest

from inflight_lab import ClassRoom
from tests.commands.classroom.class_phone import talking
from tests.support.notebooks.notebook_tools import kernel

pytestmark = pytest.mark.anyio


async def test_the_wall_hears_of_changes_alone() -> None:
    """No news moves a slider under the teacher's finger."""
    with ClassRoom(address="127.0.0.1", port=0, latency=0.01) as room:
        async with talking(room, 1, room.wall) as wall:
            first, second = [json.loads(await wall.recv()) for _ in range(2)]
    assert first["latency"] == 0.01
    assert second.keys() == {"now", "events"}


def test_a_cell_that_runs_again_opens_the_class_anew() -> None:
    """The class of its last run is closed by then, so its port is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cell = f"""
from inflight_lab import ClassRoom
room = ClassRoom(address="127.0.0.1", port={port}).start()
"""
    with kernel() as notebook:
        for _ in range(2):
            (run,) = notebook.run_all([cell], within=60)
            assert (run.status, run.error) == ("ok", "")
