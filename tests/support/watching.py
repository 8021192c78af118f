"""How the tests of `inflight_lab.watch` run a script: in a process of its own, answered
in practice.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from inflight_lab.watch.__main__ import events, follow, start
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.ui_server import Page

SCRIPTS = Path(__file__).parents[1] / "watch" / "scripts"


def see(folder: Path, script: str | Path, *arguments: str, **knobs: Any) -> RequestLog:
    """What is seen of one of SCRIPTS, which must end well; ``knobs`` are its practice
    server's.
    """
    noted = folder / "events"
    with (
        noted.open("xb+") as file,
        Page(
            seen := RequestLog(partial(events, file)), "", **{"latency": 0.02} | knobs
        ) as page,
    ):
        command = [sys.executable, str(SCRIPTS / script), *arguments]
        handlers = {
            number: signal.getsignal(number)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        child = start(
            command, INFLIGHT_LAB_WATCH=str(noted), INFLIGHT_LAB_PRACTICE=str(page.port)
        )
        for number, handler in handlers.items():
            signal.signal(number, handler)
        assert follow(child, seen) == 0
    return seen


def see_text(folder: Path, text: str) -> RequestLog:
    """The same for a script with this text."""
    (folder / "script.py").write_text(text)
    return see(folder, folder / "script.py")


def watch(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """``inflight-lab watch`` with these arguments, to its end."""
    command = [sys.executable, "-m", "inflight_lab.watch", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, **more
    )
