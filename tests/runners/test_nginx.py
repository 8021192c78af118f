"""The paced and the adaptive rung against nginx, whose ``limit_req`` is what many real
APIs refuse with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from inflight_lab.runners import adaptive, naive, paced
from inflight_lab.runners.pacer import Pacer
from tests.support.lab import free_port
from tests.support.nginx import need_nginx, serving

pytestmark = pytest.mark.anyio

RATE = 100
BURSTS = (0, 5, 10, 20)
"""nginx counts how many may come early; a ``burst`` of ours counts the one that is on
time as well.
"""

ZONE = "    limit_req_zone $binary_remote_addr zone=burst{burst}:32k rate={rate}r/s;"
LOCATION = """\
        location = /burst{burst} {{
            limit_req zone=burst{burst}{allowed};
            empty_gif;
        }}"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx of this test's own, with a location and a quota for each
    burst.
    """
    need_nginx()
    port = free_port()
    zones = [ZONE.format(burst=burst, rate=RATE) for burst in BURSTS]
    settings = "\n".join(["    limit_req_status 429;", *zones])
    allowed = {burst: f" burst={burst} nodelay" if burst else "" for burst in BURSTS}
    locations = "\n".join(
        LOCATION.format(burst=burst, allowed=allowed[burst]) for burst in BURSTS
    )
    with serving(
        tmp_path_factory.mktemp("nginx"), port, settings=settings, locations=locations
    ):
        yield f"http://127.0.0.1:{port}"


def refused(outcomes: list[httpx.Response | BaseException]) -> int:
    """How many were answered 429; anything else that went wrong is an error of the
    test.
    """
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {str(failure) for failure in failures} <= {
        "Unexpected Status: Http status code is 429."
    }
    return len(failures)


async def test_naive_is_refused(nginx: str) -> None:
    """The instrument works: all at once, nginx lets the burst through and refuses most
    of the rest.
    """
    outcomes = await naive.make_many_requests(
        f"{nginx}/burst5", 80, return_exceptions=True
    )
    assert refused(outcomes) > 0


async def fewest(
    send: Callable[[], Awaitable[list[httpx.Response | BaseException]]], most: int
) -> int:
    """The fewest 429s of up to five runs, if the first has more than ``most``.

    What a busy machine holds up arrives together, now and then; a rate that is too high
    is refused in all.
    """
    runs = [refused(await send())]
    while min(runs) > most and len(runs) < 5:
        runs.append(refused(await send()))
    return min(runs)


@pytest.mark.parametrize(("burst", "most"), [(10, 15), (20, 0)])
async def test_paced_is_not_refused(nginx: str, burst: int, most: int) -> None:
    """At the very rate that nginx allows, the rung as it is gets no 429: with 10 on an
    idle machine only.
    """
    send = partial(
        paced.make_many_requests, f"{nginx}/burst{burst}", 150, return_exceptions=True
    )
    assert await fewest(send, most) <= most


async def test_a_smaller_burst_needs_a_smaller_burst(nginx: str) -> None:
    """Where nginx allows few at once, a pacer with a smaller ``burst`` hardly gets a
    429.
    """
    send = partial(
        paced.make_many_requests, f"{nginx}/burst5", 150, return_exceptions=True
    )
    assert await fewest(lambda: send(limiter=Pacer(RATE, burst=2)), 7) <= 7


async def test_no_burst_needs_a_lower_rate(nginx: str) -> None:
    """Where nginx allows no burst, half the rate leaves room for 10 ms of jitter:
    hardly a 429.
    """
    send = partial(
        paced.make_many_requests, f"{nginx}/burst0", 75, return_exceptions=True
    )
    assert await fewest(lambda: send(limiter=Pacer(RATE / 2, burst=1)), 7) <= 7


async def test_no_burst_is_learnt(nginx: str) -> None:
    """Told the rate alone, the adaptive rung gets every answer, where paced goes on
    being refused.
    """
    options: dict[str, Any] = {"rate": RATE, "return_exceptions": True}
    assert refused(await paced.make_many_requests(f"{nginx}/burst0", 120, **options))
    learnt = await adaptive.make_many_requests(f"{nginx}/burst0", 120, **options)
    assert [type(outcome) for outcome in learnt] == [httpx.Response] * 120
