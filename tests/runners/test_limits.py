"""The first rungs: the limit is exact, the pause comes where the source has it, and a
cancelled run leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import gc
from types import ModuleType
from typing import Any

import httpx
import pytest

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause, workers
from tests.support.simulator import URL, SimulatedApi, network, quota
from tests.support.virtual_clock import run
from tests.support.waiting import Gate, Hold, settle, until

pytestmark = pytest.mark.anyio

PAUSED = "Concurrency limit reached, waiting ..."
REFUSED = "Unexpected Status: Http status code is 429."


def each(*rungs: ModuleType) -> pytest.MarkDecorator:
    """Run the test once per rung."""
    return pytest.mark.parametrize(
        "rung", rungs, ids=lambda rung: rung.__name__.rpartition(".")[2]
    )


@each(semaphore, semaphore_pause)
async def test_a_limiter_of_yours_takes_the_place_of_the_limit(
    rung: ModuleType,
) -> None:
    """An adjustable limiter moves the number in flight; cancelled in flight, in line or
    in its pause, a run gives every slot back.
    """
    observed, limiter = ObservedTransport(gate := Gate()), AdjustableLimiter(2)
    async with httpx.AsyncClient(transport=observed) as client:
        sending = asyncio.create_task(
            rung.make_many_requests(URL, 30, limit=9, limiter=limiter, client=client)
        )
        await settle()
        assert (observed.stats().in_flight, limiter.waiting) == (2, 28)
        limiter.limit = 8
        await settle()
        assert (observed.stats().in_flight, limiter.waiting) == (8, 22)
        if rung is semaphore_pause:
            gate.open.set()
            await settle()
        sending.cancel()
        await asyncio.wait([sending])
        await until(lambda: limiter.in_use == limiter.waiting == 0)


@each(naive, semaphore, semaphore_pause)
async def test_gather_does_not_cancel_the_others(rung: ModuleType) -> None:
    """What the docstring warns of: after a raised failure the other requests go on
    hitting the API.
    """
    observed = ObservedTransport(gate := Gate(429))
    async with httpx.AsyncClient(transport=observed) as client:
        gate.open.set()
        with pytest.raises(ValueError, match=REFUSED):
            await rung.make_many_requests(URL, 3, client=client)
        await until(lambda: observed.stats().accepted == 2)


@each(naive, semaphore, semaphore_pause, workers)
async def test_a_cancelled_run_leaves_nothing(
    rung: ModuleType, server: PracticeServer, hold: Hold
) -> None:
    """Those in flight and those that wait end; the server sees it, and no task or
    socket is left.
    """
    before = asyncio.all_tasks()
    sending = asyncio.create_task(
        rung.make_many_requests(server.url, 20, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == (20 if rung is naive else 3))
    started = server.stats().started
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await settle()
    assert asyncio.all_tasks() == before
    hold.release()
    await until(lambda: server.stats().in_flight == 0)
    assert server.stats().started == started
    gc.collect()  # an unclosed socket is a ResourceWarning here, and so an error


# The pause.


@pytest.mark.parametrize(
    ("limit", "count", "pauses"),
    [
        pytest.param(1, 5, 5, id="limit 1: each pauses, the last one too"),
        pytest.param(3, 2, 0, id="2 of 3 never pause"),
        pytest.param(3, 3, 3, id="3 of 3 all pause, with nobody waiting"),
        pytest.param(3, 8, 6, id="the last two do not pause"),
    ],
)
@pytest.mark.parametrize("allowed", [100, 1])
def test_who_pauses(
    limit: int,
    count: int,
    pauses: int,
    allowed: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever finds all slots taken when its answer comes, its own included, and that
    answer may be a refusal.
    """
    judge = quota("sliding-window", allowed, 3600)
    api: Any = SimulatedApi(network(latency=0.1), quota=judge)
    outcomes = run(
        semaphore_pause.make_many_requests(
            URL, count, limit=limit, client=api, return_exceptions=True, verbose=True
        )
    )
    assert capsys.readouterr().out.count(PAUSED) == pauses
    refused = [outcome for outcome in outcomes if isinstance(outcome, ValueError)]
    assert len(refused) == max(0, count - allowed)


@pytest.mark.parametrize("pause", [1, 4])
def test_pausing_takes_as_long_as_you_say(pause: float) -> None:
    """18 requests in groups of 3, each kept until so long after its answer: a second by
    default.
    """
    api: Any = SimulatedApi(network(latency=0.1))
    options: dict[str, Any] = {} if pause == 1 else {"pause": pause}
    run(semaphore_pause.make_many_requests(URL, 18, client=api, **options))
    seconds = [round(arrival - api.arrivals[0], 6) for arrival in api.arrivals]
    between = 0.1 + pause
    assert seconds == [round(between * group, 6) for group in range(6) for _ in "abc"]
