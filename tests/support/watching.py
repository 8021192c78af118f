"""How tests run ``inflight-lab watch`` on a script in a process of its own, or make up
what it would have noted.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inflight_lab.commands.watch.noting.quota import Quota
from inflight_lab.commands.watch.noting.request_log import (
    Block,
    LimitUse,
    Request,
    RequestLog,
    number_of,
)
from tests.support.waiting import PATIENCE

SCRIPTS = Path(__file__).parents[1] / "commands" / "watch" / "scripts"
COMMAND = [sys.executable, "-m", "inflight_lab.commands.watch"]


def watch(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Watch a script to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
        **more,
    )


def watch_text(
    folder: Path, text: str, *arguments: str, practice: str = ""
) -> subprocess.CompletedProcess[str]:
    """Watch a script with this text, in this folder."""
    script = folder / "script.py"
    script.write_text(text)
    options = ["--practice", practice] if practice else []
    return watch(*options, script, *arguments, cwd=folder)


def findings_in(said: str) -> list[str]:
    """How each finding begins: how certain it is, and its name."""
    return re.findall(r"^((?:certain|likely): [^:]*):", said, re.M)


def commands_in(said: str) -> list[str]:
    """The commands that are printed below findings."""
    return re.findall(r"^  ((?:inflight-lab|patch) .*)$", said, re.M)


def summary_in(said: str) -> str:
    """The sentence of numbers."""
    (line,) = re.findall(r"^watch: (\d+ requests? to .*|No request .*)$", said, re.M)
    return str(line)


class Client:
    """Stands for a client in a made-up log."""


CLIENT = Client()


def note(
    log: RequestLog,
    asked: float,
    *,
    took: float | None = 0.1,
    status: int = 200,
    error: str = "",
    is_sent: bool = True,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    url: str = "",
    method: str = "GET",
    library: str = "httpx",
    client: Client = CLIENT,
    **more: Any,
) -> None:
    """Add a made-up request to a log.  Times are in seconds; None: it has not ended."""
    address = url or f"https://api.example.com/items/{len(log.requests)}"
    request = Request(method, address, library, number_of(client), **more)
    log.begin(request)
    request.asked = asked
    request.sent = asked if is_sent else None
    request.ended = None if took is None else asked + took
    request.error = error
    if not error:
        request.status = status
        request.raw_headers = headers or {}
        request.body = lambda: body


def run_of(
    statuses: Iterable[int],
    *,
    every: float = 0.1,
    exit_status: int | None = None,
    practice: Quota | None = None,
    limits: Iterable[LimitUse] = (),
    blocks: Iterable[Block] = (),
    **how: Any,
) -> RequestLog:
    """A log of made-up requests, one ``every`` so many seconds; 0 is an error.

    ``how`` each of them is may be a function of its number.  Each is sent by a task of
    its own, and takes 0.1 s.
    """
    log = RequestLog()
    log.exit_status = exit_status
    log.practice = practice
    log.limits = dict(enumerate(limits, 1))
    log.blocks = [*blocks]
    for number, status in enumerate(statuses):
        this: dict[str, Any] = {
            name: value(number) if callable(value) else value
            for name, value in how.items()
        }
        this.setdefault("error", "" if status else "ReadTimeout")
        this.setdefault("status", status)
        this.setdefault("sender", number)
        note(log, number * every, **this)
    return log
