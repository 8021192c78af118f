"""nginx for the tests that put it between a client and a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE

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
    """Skip the test, or in CI fail it, where there is no nginx."""
    if NGINX is None:
        reason = "there is no nginx; on Debian: apt-get install nginx-light"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


class serving:  # noqa: N801, used as a verb
    """nginx runs inside the ``with`` block, with these lines in its ``http`` and
    ``server`` parts.
    """

    def __init__(
        self, folder: Path, port: int, *, settings: str, locations: str
    ) -> None:
        config = folder / "nginx.conf"
        config.write_text(
            CONFIG.format(port=port, settings=settings, locations=locations)
        )
        self.command = [
            NGINX or "nginx",
            "-p",
            str(folder),
            "-e",
            "stderr",
            "-c",
            str(config),
        ]
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
