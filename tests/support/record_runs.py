"""Makes the recording that comes with the package: ``python -m
tests.support.record_runs``.
"""

from __future__ import annotations

import asyncio

from inflight_lab import Panel, PracticeServer
from inflight_lab.engine.runner import Runner
from inflight_lab.plot.replay import RECORDINGS
from inflight_lab.runners import paced, semaphore_pause

RUNNERS: dict[str, Runner] = {
    "semaphore and pause": semaphore_pause.make_many_requests,
    "paced": paced.make_many_requests,
}


async def record() -> None:
    """200 requests by each of two runners, at the same moment, against 100 a second."""
    server = PracticeServer(latency=0.3, quota="sliding-window", rate=100, seed=1)
    panel = Panel(RUNNERS, server=server, count=200, limit=20)
    await panel.start()
    panel.save_recording(RECORDINGS / "pause_and_paced.json")
    panel.close()
    server.stop()
    print(panel.status)


if __name__ == "__main__":
    asyncio.run(record())
