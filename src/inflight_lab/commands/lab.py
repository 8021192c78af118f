"""The series in JupyterLab: it starts for root too, and its address is easy to find."""

import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp
from traitlets import default

from inflight_lab.lesson.runs.urls import is_loopback

NEWS = "@jupyterlab/apputils-extension:announcements"
"""It looks for updates on another site, and asks whether to show news.  The question
would cover the panel on a phone."""


def launch(
    folder: Path, notebook: str, arguments: Sequence[str], notices: Sequence[str]
) -> None:
    """Serve ``folder`` and open ``notebook``, until Ctrl+C.

    The ``arguments`` are JupyterLab's.  The ``notices`` stand below its address.
    """
    check_home()
    SeriesServer.notices = notices
    LabApp.serverapp_class = SeriesServer
    LabApp.serverapp_config |= {"tornado_settings": {"page_config_hook": without_news}}
    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{notebook}",
            "--LabApp.log_level=WARN",
            *arguments,
        ]
    )


def check_home() -> None:
    """End with a sentence if Jupyter cannot write the files that it keeps at home."""
    folder = Path(jupyter_runtime_dir())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        sys.exit(
            f"JupyterLab cannot write its own files ({error}): "
            "set HOME to a folder that can be written to"
        )


def without_news(_handler: object, page: dict[str, Any]) -> dict[str, Any]:
    """The settings of JupyterLab's page, without `NEWS`."""
    page["disabledExtensions"] = [*page["disabledExtensions"], NEWS]
    return page


class SeriesServer(ServerApp):
    """Jupyter's server, for somebody who has never started one."""

    notices: ClassVar[Sequence[str]] = ()

    @default("log_level")
    def _only_warnings(self) -> int:
        """Thirty lines of a usual start would hide the address."""
        return logging.WARNING

    def start_app(self) -> None:
        """Start, and print the address, and then the notices.

        Jupyter refuses to run as root, the only user of most containers.  Here it does,
        unless others could reach it: then its refusal names the flag.
        """
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        if is_root and not self.allow_root and is_loopback(self.ip):
            self.allow_root = True
            print("You are root: JupyterLab runs as root, for this computer only.")
            sys.stdout.flush()
        super().start_app()
        if not self.identity_provider.token_generated:  # else Jupyter has printed it
            print(f"    {self.display_url}")
        for notice in self.notices:
            print(notice)
        sys.stdout.flush()
