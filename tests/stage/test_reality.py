"""The simulator beside the package's own runners and quotas, on a virtual clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from tests.support.deno import OFFLINE, deno
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import run

SCRIPT = Path(__file__).parent / "js" / "simulated.js"
COUNT = 60
RATE = 20
RUNNERS = {
    "naive": naive.make_many_requests,
    "semaphore": semaphore.make_many_requests,
    "pause": semaphore_pause.make_many_requests,
    "paced": paced.make_many_requests,
}


class Setting(NamedTuple):
    """None of them lies on a cliff: a little more or less changes little."""

    runner: str
    limit: int
    latency: float

    def __str__(self) -> str:
        return f"{self.runner} {self.limit}, {self.latency} s"

    def for_the_page(self) -> dict[str, Any]:
        """As the simulator takes it."""
        return self._asdict() | {"count": COUNT, "quota": {"rate": RATE}}


def settings() -> Iterator[Setting]:
    """Four ways to send, fast answers and slow ones."""
    for latency in (0.25, 0.5):
        yield Setting("naive", COUNT, latency)
        yield Setting("semaphore", 4, latency)
        yield Setting("pause", 6, latency)
        yield Setting("paced", 90, latency)
        yield Setting("paced", 4, latency)


SETTINGS = list(settings())


@pytest.fixture(scope="module")
def simulated() -> dict[Setting, dict[str, float]]:
    """What the simulator makes of them, all at once."""
    wanted = json.dumps([each.for_the_page() for each in SETTINGS])
    found = deno("run", "--no-check", *OFFLINE, SCRIPT, wanted)
    assert found.returncode == 0, found.stderr
    return dict(zip(SETTINGS, json.loads(found.stdout), strict=True))


async def sent_by(setting: Setting) -> tuple[int, float]:
    """How many the real runner gets answered, and in how many seconds."""
    way = network(latency=setting.latency)
    api: Any = SimulatedApi(way, quota("sliding-window", RATE))
    options: dict[str, Any] = {"client": api, "return_exceptions": True}
    if setting.runner == "paced":
        options["rate"] = RATE
    if setting.runner != "naive":
        options["limit"] = setting.limit
    loop = asyncio.get_running_loop()
    begun = loop.time()
    outcomes = await RUNNERS[setting.runner](URL, COUNT, **options)
    answered = sum(isinstance(each, httpx.Response) for each in outcomes)
    return answered, loop.time() - begun


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_simulator_is_as_the_runners_are(
    setting: Setting, simulated: dict[Setting, dict[str, float]]
) -> None:
    """As many are answered, and it takes as long."""
    answered, seconds = run(sent_by(setting))
    found = simulated[setting]
    assert found["answered"] == pytest.approx(answered, abs=1)
    assert found["refused"] == pytest.approx(COUNT - answered, abs=1)
    assert found["seconds"] == pytest.approx(seconds, rel=0.01)
