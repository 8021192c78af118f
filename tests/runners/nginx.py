"""nginx, whose quota is that of many real APIs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.children import child, wait_for_port

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

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
{settings}
    server {{
        listen 127.0.0.1:{port};
{locations}
    }}
}}
"""


def need_nginx() -> None:
    """Skip the test where there is no nginx."""
    if NGINX is None:
        pytest.skip("there is no nginx; on Debian: apt-get install nginx-light")


@contextmanager
def serving(
    folder: Path, port: int, *, settings: str, locations: str
) -> Iterator[None]:
    """nginx runs inside the ``with`` block, with these lines in its ``http`` and
    ``server`` parts.
    """
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(port=port, settings=settings, locations=locations))
    command = [NGINX or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(config)]
    path = folder / "log"
    with path.open("w") as log, child(command, stderr=log) as process:
        wait_for_port(port, process, path)
        yield
