"""The paced rung against nginx, whose ``limit_req`` is what many real APIs refuse with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from inflight_lab.runners import naive, paced
from inflight_lab.runners.paced import Pacer
from tests.conftest import PATIENCE

pytestmark = pytest.mark.anyio

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
RATE = 100
BURSTS = (0, 5, 10, 20)
"""nginx counts how many may come early; a ``burst`` of ours counts the one that is on time as well."""

CONFIG = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    limit_req_status 429;
{zones}
    server {{
        listen 127.0.0.1:{port};
{locations}
    }}
}}
"""
ZONE = "    limit_req_zone $binary_remote_addr zone=burst{burst}:32k rate={rate}r/s;"
LOCATION = """\
        location = /burst{burst} {{
            limit_req zone=burst{burst}{allowed};
            empty_gif;
        }}"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx of this test's own, with a location and a quota for each burst."""
    if NGINX is None:
        reason = "there is no nginx; on Debian: apt-get install nginx-light"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("nginx")
    zones = "\n".join(ZONE.format(burst=burst, rate=RATE) for burst in BURSTS)
    allowed = {burst: f" burst={burst} nodelay" if burst else "" for burst in BURSTS}
    locations = "\n".join(LOCATION.format(burst=burst, allowed=allowed[burst]) for burst in BURSTS)
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(port=port, zones=zones, locations=locations))
    with serving(folder, config, port):
        yield f"http://127.0.0.1:{port}"


class serving:  # noqa: N801, used as a verb
    """nginx runs inside the ``with`` block."""

    def __init__(self, folder: Path, config: Path, port: int) -> None:
        self.command = [NGINX or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(config)]
        self.port = port

    def __enter__(self) -> None:
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, "nginx did not come up"

    def __exit__(self, *exc_info: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=0.1).close()
        except OSError:
            return False
        return True


def refused(outcomes: list[httpx.Response | BaseException]) -> int:
    """How many were answered 429; anything else that went wrong is an error of the test."""
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {str(failure) for failure in failures} <= {"Unexpected Status: Http status code is 429."}
    return len(failures)


async def test_naive_is_refused(nginx: str) -> None:
    """The instrument works: all at once, nginx lets the burst through and refuses most of the rest."""
    outcomes = await naive.make_many_requests(f"{nginx}/burst5", 80, return_exceptions=True)
    assert refused(outcomes) > 0


@pytest.mark.parametrize("burst", [10, 20])
async def test_paced_is_not_refused(nginx: str, burst: int) -> None:
    """At the very rate that nginx permits, the rung as it is gets no 429 where 10 may come early."""
    outcomes = await paced.make_many_requests(f"{nginx}/burst{burst}", 150, return_exceptions=True)
    assert refused(outcomes) == 0


async def test_a_smaller_burst_needs_a_smaller_burst(nginx: str) -> None:
    """Where nginx permits few at once, a pacer with a smaller ``burst`` gets no 429 either."""
    outcomes = await paced.make_many_requests(
        f"{nginx}/burst5", 150, limiter=Pacer(RATE, burst=2), return_exceptions=True
    )
    assert refused(outcomes) == 0


async def test_no_burst_needs_a_lower_rate(nginx: str) -> None:
    """Where nginx permits no burst, half the rate leaves room for 10 ms of jitter: hardly a 429."""
    outcomes = await paced.make_many_requests(
        f"{nginx}/burst0", 75, limiter=Pacer(RATE / 2, burst=1), return_exceptions=True
    )
    assert refused(outcomes) <= 7  # a busy machine may delay one request by more than that
