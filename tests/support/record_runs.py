"""Makes the recordings that come with the package: ``python -m tests.support.record_runs``."""

from __future__ import annotations

import asyncio

from inflight_lab import Panel, PracticeServer
from inflight_lab.panel.recording import RECORDINGS
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause

RUNS = {
    "naive_and_semaphore": {"naive": naive, "semaphore": semaphore},
    "pause_and_paced": {"semaphore and pause": semaphore_pause, "paced": paced},
}


async def record(name: str) -> None:
    """200 requests by each of two runners, at the same moment, against 100 a second."""
    server = PracticeServer(latency=0.3, quota="sliding-window", rate=100, seed=1)
    runners = {rung: module.make_many_requests for rung, module in RUNS[name].items()}
    panel = Panel(runners, server=server, count=200, limit=20)
    await panel.start()
    panel.save_recording(RECORDINGS / f"{name}.json")
    panel.close()
    server.stop()
    print(f"{name}: {panel.status}")


if __name__ == "__main__":
    RECORDINGS.mkdir(exist_ok=True)
    for each in RUNS:
        asyncio.run(record(each))
