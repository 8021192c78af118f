"""Runs a script as it is, shows its requests on a live page, and says at the end what stood out.

The script gets a process of its own, with hooks that note its requests in a file (see
`hooks`).  This process reads that file, serves the page and, in practice, the answers.
"""

import argparse
import marshal
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import webbrowser
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from inflight_lab.plot.points import UPDATE
from inflight_lab.watch.diagnosis import diagnose, summary
from inflight_lab.watch.leftovers import warn_of_practice_answers
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.ui_server import HOME, Page

PATIENCE = 3.0
"""Seconds for which the end waits for the page."""
PERIODS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def _practice(text: str) -> dict[str, Any]:
    if not (quota := re.fullmatch(r"([1-9]\d*)/(s|min|h)", text)):
        raise argparse.ArgumentTypeError(
            f"must be a quota such as 100/s, 300/min or 5000/h, got {text!r}"
        )
    return {
        "quota": "sliding-window",
        "rate": int(quota[1]),
        "period": PERIODS[quota[2]],
        "latency": 0.1,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "inflight-lab watch", description=str(__doc__).partition("\n")[0]
    )
    help_ = "send nothing out: a practice server here answers all requests, within this quota"
    parser.add_argument(
        "--practice", metavar="100/s", type=_practice, default={}, help=help_
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the page's address"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="of the page; by default any free one"
    )
    parser.add_argument("script", help="a Python script")
    parser.add_argument(
        "args", nargs=argparse.REMAINDER, help="its arguments"
    ).required = False
    return parser


def start(command: list[str], **env: str) -> subprocess.Popen[bytes]:
    """Start the script, so that a signal reaches it once, as it would without watch."""
    folders = [
        str(Path(__file__).with_name("startup")),
        os.environ.get("PYTHONPATH", ""),
    ]
    env["PYTHONPATH"] = os.pathsep.join(filter(None, folders))
    # Ctrl-C at a terminal reaches all that runs in its foreground.  Any other signal is
    # for this process, or for its group, of which the script is then no part: it is
    # handed on.
    shared = os.name != "posix" or (os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp())
    child = subprocess.Popen(
        command, env=os.environ | env, process_group=None if shared else 0
    )
    signal.signal(
        signal.SIGINT, lambda number, _: None if shared else child.send_signal(number)
    )
    signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
    return child


def events(file: BinaryIO) -> Iterator[tuple[Any, ...]]:
    """What was noted since the last time.  A line that is not whole yet is left for the next."""
    for line in file:
        if not line.endswith(b"\n"):
            file.seek(-len(line), os.SEEK_CUR)
            return
        with suppress(ValueError, EOFError):  # a line cut off by a full disk
            yield marshal.loads(a2b_base64(line))


def follow(child: subprocess.Popen[bytes], seen: RequestLog) -> int:
    """Take in what the script notes until it ends.  Returns its exit status."""
    status = None
    while status is None:
        with suppress(subprocess.TimeoutExpired):
            status = child.wait(
                UPDATE
            )  # before the last look, so that nothing is missed
        seen.look()
    return status


def main(arguments: Sequence[str] | None = None) -> None:
    """Watch the script of the command line; exits as the script does, or with 2 if it cannot be started."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not os.path.exists(options.script):
        parser.error(f"there is no script {options.script}")
    script = Path(options.script).resolve()
    here = Path.cwd()  # now: the script may delete either
    command = [sys.executable, options.script, *options.args]
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "events").open("xb+") as file,
    ):
        seen = RequestLog(partial(events, file))
        try:
            page = Page(
                seen, " ".join(command[1:]), port=options.port, **options.practice
            ).start()
        except (OSError, ValueError) as error:
            parser.error(
                f"the page cannot have this port: {error}. By default any free one is taken"
            )
        with page:
            address = f"http://127.0.0.1:{page.port}{HOME}"
            print(f"watch: the plot is at {address}", file=sys.stderr)
            if not options.no_browser:
                threading.Thread(
                    target=webbrowser.open, args=[address], daemon=True
                ).start()
            practice = str(page.port if options.practice else 0)
            child = start(
                command, INFLIGHT_LAB_WATCH=file.name, INFLIGHT_LAB_PRACTICE=practice
            )
            status = follow(child, seen)
            words = [summary(seen), *diagnose(seen)]
            if options.practice:
                words += warn_of_practice_answers(seen, script, here)
            page.words = "\n".join(words)
            print(f"watch: {page.words}", file=sys.stderr)
            if (
                page.readers or not options.no_browser
            ):  # a browser may open later than a script ends
                page.done.wait(PATIENCE)
    if (
        status < 0
    ):  # it died of a signal: so does this process, and the shell says what it always says
        with suppress(OSError):  # SIGKILL has no handler
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
