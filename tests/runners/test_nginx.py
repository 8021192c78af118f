"""The paced and the adaptive rung against nginx, whose ``limit_req`` is what many real
APIs refuse with.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from inflight_lab.runners import adaptive, naive, paced
from tests.runners.nginx import need_nginx, serving
from tests.support.children import free_port

pytestmark = pytest.mark.anyio

RATE = 100
ZONE = "    limit_req_zone $binary_remote_addr zone=burst{burst}:32k rate={rate}r/s;"
LOCATION = """\
        location = /burst{burst} {{
            limit_req zone=burst{burst}{allowed};
            empty_gif;
        }}"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx with two quotas: without a burst, and with one of 20."""
    need_nginx()
    port = free_port()
    allowed = {0: "", 20: " burst=20 nodelay"}
    zones = [ZONE.format(burst=burst, rate=RATE) for burst in allowed]
    locations = "\n".join(
        LOCATION.format(burst=burst, allowed=words) for burst, words in allowed.items()
    )
    with serving(
        tmp_path_factory.mktemp("nginx"),
        port,
        settings="\n".join(["    limit_req_status 429;", *zones]),
        locations=locations,
    ):
        yield f"http://127.0.0.1:{port}"


def refused(outcomes: list[httpx.Response | BaseException]) -> int:
    """How many were answered 429, and nothing else went wrong."""
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all("is 429" in str(failure) for failure in failures)
    return len(failures)


async def test_paced_is_not_refused(nginx: str) -> None:
    """All at once most are refused; at the very rate that nginx allows none is, where a
    burst is allowed.  (A busy machine may need more than one run for that.)
    """
    url = f"{nginx}/burst20"
    naive_run = await naive.make_many_requests(url, 80, return_exceptions=True)
    assert refused(naive_run) > 0
    send = partial(paced.make_many_requests, url, 100, return_exceptions=True)
    runs = [refused(await send())]
    while min(runs) > 0 and len(runs) < 20:
        runs.append(refused(await send()))
    assert min(runs) == 0


async def test_no_burst_is_learnt(nginx: str) -> None:
    """Told the rate alone, the adaptive rung gets every answer, where paced goes on
    being refused.
    """
    options: dict[str, Any] = {"rate": RATE, "return_exceptions": True}
    assert refused(await paced.make_many_requests(f"{nginx}/burst0", 60, **options))
    learnt = await adaptive.make_many_requests(f"{nginx}/burst0", 60, **options)
    assert [type(outcome) for outcome in learnt] == [httpx.Response] * 60
