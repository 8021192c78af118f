"""The paced and the adaptive rung against nginx, whose ``limit_req`` is what many real
APIs refuse with.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from inflight_lab.runners import adaptive, naive, paced
from tests.support.children import child, free_port, wait_for_port

pytestmark = pytest.mark.anyio

RATE = 100
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIG = f"""\
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
    limit_req_zone $binary_remote_addr zone=strict:32k rate={RATE}r/s;
    limit_req_zone $binary_remote_addr zone=burst:32k rate={RATE}r/s;
    server {{
        listen 127.0.0.1:PORT;
        location = /strict {{ limit_req zone=strict; empty_gif; }}
        location = /burst {{ limit_req zone=burst burst=20 nodelay; empty_gif; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx with two quotas: without a burst, and with one of 20."""
    if NGINX is None:
        pytest.skip("there is no nginx; on Debian: apt-get install nginx-light")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    config, path = folder / "nginx.conf", folder / "log"
    config.write_text(CONFIG.replace("PORT", str(port)))
    command = [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(config)]
    with path.open("w") as log, child(command, stderr=log) as process:
        wait_for_port(port, process, path)
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
    url = f"{nginx}/burst"
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
    assert refused(await paced.make_many_requests(f"{nginx}/strict", 60, **options))
    learnt = await adaptive.make_many_requests(f"{nginx}/strict", 60, **options)
    assert [type(outcome) for outcome in learnt] == [httpx.Response] * 60
