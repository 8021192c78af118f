"""The simulator beside the package's own runners and quotas, on a virtual clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runners import naive, paced, semaphore, semaphore_pause
from tests.support.deno import OFFLINE, deno
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import run

SCRIPT = Path(__file__).parent / "js" / "simulated.js"
COUNT = 60
RATE = 20
LATENCY = 0.5
BURSTS = {"token-bucket": RATE, "gcra": 1}
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
    kind: str

    def __str__(self) -> str:
        return f"{self.runner} {self.limit}, {self.kind}"

    def for_the_page(self) -> dict[str, Any]:
        """As the simulator takes it."""
        policy = {"shape": KINDS[self.kind].shape, "rate": RATE}
        if self.kind in BURSTS:
            policy["burst"] = BURSTS[self.kind]
        rest = {"count": COUNT, "latency": LATENCY, "quota": policy}
        return {"runner": self.runner, "limit": self.limit} | rest


def settings() -> Iterator[Setting]:
    """Four ways to send, three quotas."""
    for kind in ("sliding-window", "token-bucket", "gcra"):
        yield Setting("naive", COUNT, kind)
        yield Setting("semaphore", 4, kind)
        yield Setting("pause", 6, kind)
        yield Setting("paced", 90, kind)
        yield Setting("paced", 4, kind)


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
    api: Any = SimulatedApi(
        network(latency=LATENCY),
        quota(setting.kind, RATE, burst=BURSTS.get(setting.kind)),
    )
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
