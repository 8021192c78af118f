"""How the tests of `inflight_lab.watch` get a log: from events that they make up, or
from scripts that run in a process of their own, answered in practice.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inflight_lab.watch.__main__ import main
from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.event_file import read_events
from inflight_lab.watch.events import Asked, Ended, Event, Sent
from inflight_lab.watch.log_source import LogSource
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.script import follow, start
from inflight_lab.watch.ui_server import Page

SCRIPTS = Path(__file__).parents[1] / "watch" / "scripts"
PROCESS = 4321
"""That of made-up events."""


class Made(NamedTuple):
    """A made-up request.  Times are in seconds."""

    asked: float = 0.0
    took: float | None = 0.1
    """Until its end; None: it has none."""
    status: int = 200
    error: str = ""
    headers: str = ""
    sender: int | None = None
    """None: a task of its own."""
    url: str | None = None
    """None: an address of its own at api.example.com."""
    client: int = 1
    max_connections: int = 100
    max_idle: int = 20
    waited: float | None = 0.0
    """Until it was sent; None: it never was."""
    opened: int = 0
    """Connections, for this request."""
    body: str = ""
    """Of a failure, as far as the script read it."""
    retry: int | None = None
    method: str = "GET"
    library: str = "httpx"
    line: str = ""
    around: int = 0
    """The semaphore in whose block its sender was, or was started."""


def log_of(
    requests: Iterable[Made],
    *others: Event,
    practice_quota: AnnouncedQuota | None = None,
) -> RequestLog:
    """What is seen of a run of these requests, with other events beside them."""
    events: list[Event] = list(others)
    for number, made in enumerate(requests):
        events += _events_of(number, made)
    log = RequestLog(practice_quota=practice_quota)
    for event in sorted(events, key=lambda event: event.time):
        log.note(event)
    return log


def _events_of(number: int, made: Made) -> Iterator[Event]:
    sender = 1000 + number if made.sender is None else made.sender
    url = f"https://api.example.com/{number}" if made.url is None else made.url
    pool = (made.max_connections, made.max_idle)
    how = (made.method, url, made.library, made.line, made.around)
    yield Asked(made.asked, PROCESS, number, sender, made.client, *pool, *how)
    if made.waited is not None:
        yield Sent(made.asked + made.waited, PROCESS, number, made.opened)
    if made.took is not None:
        answer = (made.status, made.headers, made.body, made.retry)
        if made.error:
            answer = (0, "", "", made.retry)
        yield Ended(made.asked + made.took, PROCESS, number, made.error, *answer)


@dataclass
class Job:
    """A script to run: one of SCRIPTS, or a text; in a folder of its own, if any."""

    script: str = ""
    arguments: Sequence[str] = ()
    text: str | None = None
    folder: Path | None = None


def logs_of(folder: Path, jobs: Sequence[Job], **knobs: Any) -> list[RequestLog]:
    """What is seen of each script, in turn: see `events_of`."""
    logs = []
    for events in events_of(folder, jobs, **knobs):
        log = RequestLog()
        for event in events:
            log.note(event)
        logs.append(log)
    return logs


def events_of(folder: Path, jobs: Sequence[Job], **knobs: Any) -> list[list[Event]]:
    """What each script notes, in turn; all must end well.

    They run in forks of one watched interpreter, which has imported httpx already;
    ``knobs`` are its practice server's.
    """
    commands = []
    results = folder / "processes.json"
    for job in jobs:
        path = SCRIPTS / job.script
        if job.text is not None:
            path = (job.folder or folder) / f"script_{len(commands)}.py"
            path.write_text(job.text)
        commands.append([str(job.folder or folder), str(path), *job.arguments])
    script = str(SCRIPTS / "in_forks.py")
    seen = _events(folder, [script, json.dumps(commands), str(results)], **knobs)
    ended = json.loads(results.read_text())
    assert [status for _, status in ended] == [0] * len(jobs)
    return [
        [event for event in seen if event.process == process] for process, _ in ended
    ]


def log_of_script(folder: Path, text: str, *arguments: str) -> RequestLog:
    """What is seen of a script with this text and of all processes that it starts."""
    log = RequestLog()
    for event in events_of_script(folder, text, *arguments):
        log.note(event)
    return log


def events_of_script(
    folder: Path, text: str, *arguments: str, **knobs: Any
) -> list[Event]:
    """What a script with this text notes, and all processes that it starts."""
    path = folder / "script.py"
    path.write_text(text)
    return _events(folder, [str(path), *arguments], **knobs)


def _events(folder: Path, command: list[str], **knobs: Any) -> list[Event]:
    events: list[Event] = []

    def news() -> Iterator[Event]:
        for event in read_events(file):
            events.append(event)
            yield event

    log = RequestLog(news)
    knobs = {"latency": 0.02} | knobs
    path = folder / "events"
    path.unlink(missing_ok=True)
    with path.open("xb+") as file, Page(LogSource(log), "", **knobs) as page:
        with handlers_restored():
            child = start(
                [sys.executable, *command], events=str(path), practice_port=page.port
            )
        assert follow(child, log) == 0
    return events


@contextmanager
def handlers_restored() -> Iterator[None]:
    """Watch handles the signals of the process that it is; the tests' is another."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [(number, signal.getsignal(number)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)


class Done(NamedTuple):
    """What became of a watched script."""

    status: int
    output: str
    said: str
    """Of its own and of watch."""


def watch_here(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Done:
    """``inflight-lab watch`` with these arguments, in this process."""
    with handlers_restored(), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, *capfd.readouterr())


def watch(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "inflight_lab.watch", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, **more
    )
