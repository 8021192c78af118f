"""The paced rung: no 429 and nearly the whole quota, on a virtual clock and on real
sockets.
"""

from __future__ import annotations

import asyncio
import random
from itertools import count, pairwise
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer, Timeline
from inflight_lab.engine.execution import Execution
from inflight_lab.runners import paced
from inflight_lab.runners.paced import Pacer
from tests.support.simulator import (
    URL,
    Path,
    SimulatedApi,
    network,
    quota,
    stall_each_second,
)
from tests.support.virtual_clock import WINDOWS_TICK, run, virtual_loop
from tests.support.waiting import PATIENCE, until

REAL_LATE = 0.0005
"""How late a loop on an idle machine wakes up, in seconds on average: epoll counts in
milliseconds.
"""
WITH_ROOM = [
    ("fixed-window", None),
    ("sliding-window", None),
    ("token-bucket", None),
    ("gcra", 10),
]
"""The quotas that allow a burst, by kind and burst."""


def send(
    api: SimulatedApi,
    seconds: float,
    *,
    stall: float = 0.0,
    late: float = 0.0,
    tick: float = 0.0,
    seed: int = 1,
    **quota: Any,
) -> None:
    """The runner itself, sending for about so long against ``api`` on the virtual
    clock.
    """

    async def main() -> None:
        stalls = (
            asyncio.create_task(stall_each_second(stall, seed=seed)) if stall else None
        )
        await paced.make_many_requests(
            URL,
            round(seconds * quota.get("rate", 100)),
            client=api,
            return_exceptions=True,
            **quota,
        )
        if stalls:
            stalls.cancel()

    run(main(), late=late, tick=tick, seed=seed)


# The quota is used, and not exceeded.


def refused_by(api: SimulatedApi) -> dict[str, int]:
    """The 429s that each kind of quota with room for a burst would have sent."""
    quotas = {kind: quota(kind, burst=burst) for kind, burst in WITH_ROOM}
    refused = {kind: api.refused(each) for kind, each in quotas.items()}
    return {kind: count for kind, count in refused.items() if count}


class Conditions(NamedTuple):
    """How long the loop blocks each second, and how much of the quota is used then."""

    stall: float
    least: float


@pytest.mark.parametrize("under", [Conditions(0, 0.985), Conditions(0.1, 0.95)])
@pytest.mark.parametrize("jitter", [0, 0.002, 0.01])
def test_whole_quota_and_no_429(jitter: float, under: Conditions) -> None:
    """10 ms of jitter, and a loop blocked for 100 ms each second, cost no 429."""
    api = SimulatedApi(network(jitter))
    send(api, 30, stall=under.stall, late=REAL_LATE)
    assert len(api.arrivals) == 3000
    assert refused_by(api) == {}
    assert api.used(1, 30) >= under.least


@pytest.mark.parametrize("jitter", [0, 0.005, 0.01])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_coarse_clock(jitter: float, seed: int) -> None:
    """A loop's clock that moves 64 times a second, as on Windows, costs none either."""
    api = SimulatedApi(network(jitter, seed=seed))
    send(api, 10, seed=seed, tick=WINDOWS_TICK)
    assert refused_by(api) == {}
    assert api.used(1, 10) >= 0.98


def test_a_period_shorter_than_the_latency() -> None:
    """A request that is not late has reached the API when it was due to: nobody waits
    for its answer.
    """
    api = SimulatedApi(network(latency=0.5))
    send(api, 40, rate=10, period=0.1)
    assert api.refused(quota("sliding-window", 10, 0.1)) == 0
    assert api.used(1, 4) >= 0.95


class Told(NamedTuple):
    """A quota, and how much of it can be used."""

    rate: float
    period: float
    least: float = 0.98


@pytest.mark.parametrize(
    "told",
    [
        Told(1, 1.0),
        Told(7, 2.0),
        Told(20, 60.0),
        Told(300, 1.0),
        Told(2.5, 1.0, least=0.78),  # a window holds whole requests
        Told(0.5, 1.0),
    ],
)
def test_other_quotas(told: Told) -> None:
    """Slow, fast, by the minute, not whole, less than one in a period."""
    rate, period, least = told
    api = SimulatedApi(network(0.01 * period))
    send(api, 12 * period, rate=rate, period=period)
    if rate >= 1:
        assert api.refused(quota("sliding-window", rate, period)) == 0
    assert api.refused(quota("gcra", rate, period, burst=10)) == 0
    assert api.utilisation(rate, period) >= least


def test_spread_evenly_for_minutes() -> None:
    """Late wake-ups do not add up: minutes later requests still come one by one."""
    api = SimulatedApi(network())
    send(api, 200, rate=20, late=0.002)
    assert api.refused(quota("gcra", 20, burst=2)) == 0
    assert api.utilisation(20) >= 0.98


@pytest.mark.parametrize("seed", [1, 2])
def test_jitter_makes_no_clusters(seed: int) -> None:
    """The margin keeps requests apart: with 10 ms of jitter a burst of 6 is enough."""
    api = SimulatedApi(network(0.01, seed=seed))
    send(api, 30, late=REAL_LATE, seed=seed)
    assert api.refused(quota("gcra", burst=6)) == 0


def test_what_varying_latency_costs() -> None:
    """How long an answer took beyond the shortest is time lost, and no more than that;
    lost answers too.
    """
    draw = random.Random(1)
    api = SimulatedApi(
        lambda: Path(latency=draw.uniform(0.05, 0.15), lost=draw.random() < 0.1)
    )
    send(api, 60, late=REAL_LATE)
    held_longer = (
        0.05 + 0.1 * 0.05
    )  # on average; a lost answer's place is held for the shortest as well
    assert api.refused(quota("sliding-window")) == 0
    assert 0.98 / (1 + held_longer) <= api.utilisation() <= 1 / (1 + held_longer)


@pytest.mark.parametrize("jitter", [0.02, 0.05, 0.1])
def test_frontier_of_windows(jitter: float) -> None:
    """With jitter J at most W / (W + J) of a window is to be had without a 429, and the
    runner gets it.
    """
    api = SimulatedApi(network(jitter))
    send(api, 60)
    reachable = 1 / (1 + jitter)
    assert api.refused(quota("sliding-window")) == 0
    assert (
        reachable * 0.985 <= api.utilisation() <= reachable * 1.005
    )  # the ends of a finite run


def test_new_connections_arrive_late() -> None:
    """Requests that first open a connection arrive together with later ones; that is no
    429 either.
    """
    handshakes = [0.15] * 15
    api = SimulatedApi(lambda: Path(there=handshakes.pop() if handshakes else 0))
    send(api, 10)
    assert api.refused(quota("sliding-window")) == 0
    assert api.utilisation() >= 0.97


@pytest.mark.parametrize(("jitter", "rate"), [(0.001, 92), (0.005, 67), (0.01, 50)])
def test_frontier_without_bursts(jitter: float, rate: int) -> None:
    """GCRA(1): without a 429 at most T / (T + J) is to be had, and the runner gets it,
    for the right rate.
    """
    spacing = 0.01
    reachable = spacing / (spacing + jitter)

    def sent_at(rate: int) -> tuple[float, int]:
        api = SimulatedApi(network(jitter))
        send(api, 30, limiter=Pacer(rate, burst=1))
        refused = api.refused(quota("gcra"))
        return api.utilisation(refused=refused), refused

    utilisation, refused = sent_at(rate)
    assert refused == 0
    assert reachable * 0.98 <= utilisation <= reachable
    # A little faster, and there are 429s: this is the frontier, and not some point
    # below it.
    assert sent_at(round(rate * 1.05))[1] > 0


# Several quotas.


class Several(NamedTuple):
    """A quota, the others, and how long 50 requests take, in seconds."""

    rate: float
    period: float
    also: list[tuple[float, float]]
    seconds: float


@pytest.mark.parametrize(
    "row",
    [
        Several(10, 1, [], 5.0),
        Several(10, 1, [(1000, 3600)], 5.0),
        Several(1000, 3600, [(10, 1)], 5.0),  # in any order
        Several(10, 1, [(300, 60), (1000, 3600)], 5.0),
        Several(10, 1, [(30, 60)], 61.9),  # 30 in 3 s, and the next a minute later
        Several(10, 1, [(5, 1)], 10.0),
    ],
    ids=str,
)
def test_the_shortest_quota_spaces_and_each_is_counted(row: Several) -> None:
    """A job that fits into the long quotas is not spread over their periods."""
    api = SimulatedApi(network(0.001))
    pacer = Pacer(row.rate, row.period, also=row.also)
    send(api, 50 / 100, limiter=pacer)
    taken = max(api.arrivals) - min(api.arrivals)
    assert taken == pytest.approx(row.seconds, rel=0.05)
    for rate, period in [(row.rate, row.period), *row.also]:
        assert api.refused(quota("sliding-window", rate, period)) == 0


def test_a_changed_rate_leaves_the_other_quotas() -> None:
    """``rate`` is the first quota's; the others go on to be counted."""
    api = SimulatedApi(network())
    pacer = Pacer(1, 1, also=[(30, 60)])
    pacer.rate = 100
    send(api, 40 / 100, limiter=pacer)
    assert api.refused(quota("sliding-window", 30, 60)) == 0
    assert max(api.arrivals) - min(api.arrivals) < 62


# Its parts.


def test_catch_up_is_bounded() -> None:
    """After a blocked loop at most ``burst`` requests go at once; the rest of the delay
    is given up.
    """

    async def main() -> list[float]:
        sent: list[float] = []

        async def one(pacer: Pacer) -> None:
            async with pacer:
                sent.append(virtual_loop().time())

        pacer = Pacer(100, burst=4)
        requests = [asyncio.create_task(one(pacer)) for _ in range(20)]
        await asyncio.sleep(0.05)
        virtual_loop().stall(0.5)
        await asyncio.gather(*requests)
        return sent

    sent = run(main())
    stalled = max(sent, key=sent.count)
    assert sent.count(stalled) == 4
    after = [round(later - stalled, 6) for later in sent[sent.index(stalled) + 4 :]]
    assert after == [round(0.010125 * (i + 1), 6) for i in range(len(after))]


def test_less_than_one_request_in_a_period() -> None:
    """A half in 0.1 s is one in 0.2 s: after a delay they still go one by one."""

    async def main() -> list[float]:
        sent: list[float] = []

        async def one() -> None:
            async with pacer:
                sent.append(virtual_loop().time())

        pacer = Pacer(0.5, 0.1)
        requests = [asyncio.create_task(one()) for _ in range(7)]
        await asyncio.sleep(0.05)
        virtual_loop().stall(1.5)
        await asyncio.gather(*requests)
        return sent

    for earlier, later in pairwise(run(main())):
        assert later - earlier >= 0.2 - 1e-9


def test_idle_time_is_no_credit() -> None:
    """A batch after a quiet time starts evenly spaced, and not with a burst."""

    async def main() -> None:
        pacer = Pacer(100)
        for _ in range(3):
            await paced.make_many_requests(URL, 5, client=api, limiter=pacer)
            await asyncio.sleep(10)

    api = SimulatedApi(network())
    run(main())
    assert api.refused(quota("gcra")) == 0


def test_one_quota_for_many_batches() -> None:
    """Polling in small batches, one right after the other, keeps to the quota as one
    large run does.
    """

    async def main() -> None:
        pacer = Pacer(100)
        for _ in range(100):
            await paced.make_many_requests(URL, 30, client=api, limiter=pacer)

    api = SimulatedApi(network(0.01, latency=0.005))
    run(main())
    assert api.refused(quota("sliding-window")) == 0
    assert api.refused(quota("gcra", burst=3)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_start(seed: int) -> None:
    """All of the first hundred requests are late, and then none is: no 429."""
    draw = random.Random(seed).uniform
    numbers = count()

    def path() -> Path:
        if next(numbers) >= 100:
            return Path(latency=0.3)
        return Path(there=0.02 + draw(0, 0.04), latency=0.3, back=draw(0, 0.04))

    api = SimulatedApi(path)
    run(paced.make_many_requests(URL, 300, client=api))
    assert api.refused(quota("sliding-window")) == 0
    assert api.utilisation() >= 0.95


def test_first_come_first_served() -> None:
    """Requests go out in the order in which they were asked for."""
    order: list[int] = []

    class Noting(SimulatedApi):
        async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
            order.append(int(url.rpartition("=")[2]))
            return await super().get(url, headers=headers)

    async def main() -> None:
        api, pacer = Noting(network(0.01)), Pacer(100, limit=5)
        requests = (
            paced.make_one_request(f"{URL}?n={n}", n, client=api, limiter=pacer)
            for n in range(150)
        )
        await asyncio.gather(*requests)

    run(main())
    assert order == list(range(150))


def test_a_pause_holds_back_those_that_wait_already() -> None:
    """From then on nobody goes before it is over, and a shorter one changes nothing;
    then they go at the pace, and not all at once.
    """

    async def main() -> list[float]:
        sent: list[float] = []

        async def one(pacer: Pacer) -> None:
            async with pacer:
                sent.append(virtual_loop().time() - began)

        pacer, began = Pacer(10), virtual_loop().time()
        requests = [asyncio.create_task(one(pacer)) for _ in range(4)]
        await asyncio.sleep(0.05)  # one has gone, one has the next turn, two wait
        pacer.pause(3)
        pacer.pause(1)
        await asyncio.wait(requests)
        return sent

    assert run(main()) == pytest.approx([0, 3.05, 3.15125, 3.2525])


def test_cancelled_waiter_gives_its_turn_away() -> None:
    """One that is cancelled while it waits for its turn costs the next in line no time,
    and no slot.
    """

    async def main() -> tuple[list[float], int]:
        sent: list[float] = []

        async def one(pacer: Pacer) -> None:
            async with pacer:
                sent.append(virtual_loop().time() - began)

        limiter, began = AdjustableLimiter(4), virtual_loop().time()
        pacer = Pacer(2, 0.2, limiter=limiter)  # as few places as show a lost one
        requests = [asyncio.create_task(one(pacer)) for _ in range(6)]
        await asyncio.sleep(0.05)
        requests[1].cancel()  # its turn comes next
        requests[3].cancel()  # waits for its turn
        requests[4].cancel()  # waits for a slot
        await asyncio.wait(requests)
        return sent, limiter.in_use

    sent, in_use = run(main())
    assert sent == pytest.approx([0, 0.10125, 0.2025])
    assert in_use == 0


def test_cancelled_on_the_way() -> None:
    """A request given up before it reached the API is still counted there, so it keeps
    its place in full.
    """
    ways = [0.0, 0.01, 0.01, 0.01]
    api = SimulatedApi(lambda: Path(there=ways.pop(0) if ways else 0))

    async def main() -> None:
        pacer = Pacer(10)
        requests = [
            asyncio.create_task(
                paced.make_one_request(URL, n, client=api, limiter=pacer)
            )
            for n in range(25)
        ]
        await asyncio.sleep(0.05)
        virtual_loop().stall(0.3)
        while len(api.arrivals) < 4:  # noqa: ASYNC110, three go at once after the blocked loop
            await asyncio.sleep(0)
        for request in requests[1:4]:
            request.cancel()
        await asyncio.wait(requests)

    run(main())
    assert len(api.arrivals) == 25
    assert api.refused(quota("sliding-window", 10)) == 0


def test_a_quick_failure_is_no_short_latency() -> None:
    """What the network refuses at once tells nothing about latencies, and does not slow
    the others down.
    """
    fates = [Path(latency=0, lost=True)]
    api = SimulatedApi(lambda: fates.pop() if fates else Path(latency=0.3))
    send(api, 20)
    assert api.utilisation() >= 0.97


def test_locked_tells_whether_one_more_would_wait() -> None:
    """``locked()`` looks at the schedule, at those in line and at the slots."""

    async def main() -> None:
        pacer = Pacer(10, limit=1)
        assert not pacer.locked()
        async with pacer:
            assert pacer.locked()
        assert pacer.locked()
        await asyncio.sleep(0.11)
        assert not pacer.locked()

    run(main())


def test_a_limiter_handed_in_stays_in_force() -> None:
    """The panel's limiter caps what is in flight, also when it changes, and the pace
    holds on top of it.
    """

    async def main() -> None:
        limiter = AdjustableLimiter(2)
        batch = asyncio.create_task(
            paced.make_many_requests(
                URL, 150, rate=100, client=api, limiter=limiter, return_exceptions=True
            )
        )
        await asyncio.sleep(1)
        slow = len(api.arrivals)
        assert slow == pytest.approx(40, abs=2), "2 in flight / 50 ms = 40 per second"
        limiter.limit = 50
        await asyncio.sleep(0.5)
        assert len(api.arrivals) - slow == pytest.approx(50, abs=2), (
            "now the pace holds them back"
        )
        await batch
        assert limiter.in_use == 0

    api = SimulatedApi(network())
    run(main())


# On real sockets.


@pytest.mark.anyio
async def test_real_server_refuses_none() -> None:
    """Two windows' worth over real sockets: the server refuses none of them."""
    # The server's window is half the pacer's: a busy machine may delay one by 1 s.
    with PracticeServer(quota="sliding-window", rate=14, period=1) as server:
        responses = await paced.make_many_requests(server.url, 28, rate=14, period=2)
        stats = server.stats()
    assert [response.status_code for response in responses] == [200] * 28
    assert (stats.accepted, stats.refused) == (28, 0)


@pytest.mark.anyio
async def test_stop_while_paced(server: PracticeServer) -> None:
    """Stop in the panel also reaches those that wait for their turn, and no slot stays
    taken.
    """
    execution = Execution(
        paced.make_many_requests, server.url, 500, limit=20, timeline=Timeline()
    )
    outcomes = asyncio.create_task(execution.run())
    await until(lambda: server.stats().accepted >= 10)
    execution.stop()
    done, error = await asyncio.wait_for(outcomes, PATIENCE)
    assert error is None
    assert len(done) == 500
    assert sum(isinstance(outcome, httpx.Response) for outcome in done) < 500
    assert execution.limiter is not None
    assert execution.limiter.in_use == 0
