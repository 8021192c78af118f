"""A script in a process of its own, which notes its events."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from inflight_lab.plot.feed import UPDATE
from inflight_lab.watch.hooks import EVENTS_VARIABLE, PRACTICE_VARIABLE
from inflight_lab.watch.request_log import RequestLog

STARTUP_FOLDER = str(Path(__file__).with_name("startup"))
"""Holds the ``sitecustomize`` that Python runs first, which installs the hooks."""


def start(
    command: list[str], *, events: str, practice_port: int
) -> subprocess.Popen[bytes]:
    """Start the script; signals reach it once, as they would without watch.

    It notes into the file ``events``.  Unless ``practice_port`` is 0, the practice
    server there answers.
    """
    # Ctrl-C at a terminal reaches every process in its foreground.  Any other signal
    # reaches this process or its group only.  The script then has a group of its own,
    # so the signal is passed on to it.
    terminal_signals_both = os.name != "posix" or _is_in_the_foreground()
    relay = SignalRelay()
    signal.signal(signal.SIGTERM, relay.hand_on)
    signal.signal(
        signal.SIGINT, relay.ignore if terminal_signals_both else relay.hand_on
    )
    child = subprocess.Popen(
        command,
        env=_environment(events, practice_port),
        process_group=None if terminal_signals_both else 0,
    )
    relay.begin(child)
    return child


class SignalRelay:
    """Hands signals on to the script, also those that come while it is started."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def begin(self, child: subprocess.Popen[bytes]) -> None:
        """From now on there is a script: ``child``."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def hand_on(self, number: int, _: object) -> None:
        """Handle a signal that this process alone has got."""
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)

    def ignore(self, _number: int, _: object) -> None:
        """Handle a signal that the script gets as well, from the terminal."""


def follow(child: subprocess.Popen[bytes], log: RequestLog) -> int:
    """Take in what the script notes until it ends.  Returns its exit status."""
    status = None
    while status is None:
        # It ends before the last reading, so that nothing is missed.
        with suppress(subprocess.TimeoutExpired):
            status = child.wait(UPDATE)
        log.catch_up()
    return status


def exit_as(status: int) -> None:
    """End this process as the script ended: a shell says the same about both."""
    if status < 0:  # it died of a signal
        with suppress(OSError):  # SIGKILL has no handler
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    raise SystemExit(status)


def _is_in_the_foreground() -> bool:
    return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()


def _environment(events: str, practice_port: int) -> dict[str, str]:
    folders = [STARTUP_FOLDER, os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, folders)),
        EVENTS_VARIABLE: events,
        PRACTICE_VARIABLE: str(practice_port),
    }
