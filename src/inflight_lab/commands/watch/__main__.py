"""Runs a script as it is, and says why its requests are refused or slow.

The script runs in this process, as ``coverage run`` does it: what it sends with httpx,
httpx2, aiohttp and requests is noted on the way.  What other processes send that it
starts is not seen.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from inflight_lab.commands.watch.noting.asyncio_probe import watch_asyncio
from inflight_lab.commands.watch.noting.probes import watch_libraries
from inflight_lab.commands.watch.noting.quota import SECONDS, Quota
from inflight_lab.commands.watch.noting.request_log import RequestLog
from inflight_lab.commands.watch.practice.kept_files import KeptFiles
from inflight_lab.commands.watch.saying.report import report
from inflight_lab.commands.watch.script import Script

WRITTEN = re.compile(r"([1-9]\d*)/([1-9]\d*)?(s|min|h)")
CERTAINTY = (
    "certain: it was counted. likely: the numbers suggest it, but something else could "
    "look the same. To page through it: 2>&1 | less"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Watch the script of the command line, or of these ``arguments``.

    Ends as the script does, or with status 2 if it cannot be started.
    """
    options = _parse(arguments)
    log = RequestLog()
    page = None
    if options.page:
        from inflight_lab.commands.watch.page import RunPage  # loads what draws

        title = " ".join(["inflight-lab watch", options.script, *options.args])
        page = RunPage(log, options.page, title=title)
    files = KeptFiles(Path.cwd())

    def conclude(status: int) -> None:
        log.exit_status = status
        lines = [*report(log), *files.words()]
        say("\n".join(lines))
        if page:
            page.write(lines)

    if options.practice:
        _practise(options.practice, log)
        files.watch()
    else:
        say("real requests go to the API (with --practice, none would)")
    for trouble in watch_libraries(log):
        say(trouble)
    watch_asyncio(log)
    Script(options.script, options.args, conclude).run()


def _practise(quota: Quota, log: RequestLog) -> None:
    """From now on a server answers in place of every API, and nothing leaves here."""
    from inflight_lab.commands.watch.practice.server import start_server, stay_inside

    log.practice = quota
    log.practice_port = start_server(quota)
    stay_inside()
    say(f"practice, {quota} are allowed: this process sends nothing to other machines")


def say(words: str) -> None:
    """Print it where it is not taken for the script's output."""
    print(f"watch: {words}", file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "inflight-lab watch",
        description=str(__doc__).partition("\n")[0],
        epilog=CERTAINTY,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--practice",
        metavar="20/s",
        type=_quota,
        help="send no real requests: a server on this machine answers them all, within "
        "this quota, such as 20/s, 60/20s or 5000/h. Its answers are made up. Requests "
        "of other processes, which the script starts, are real. What Python changes is "
        "first copied to a folder, before-practice-1, and one command brings it back; "
        "what other programs and libraries in C++ write, such as pyarrow, is not",
    )
    parser.add_argument(
        "--page",
        metavar="FILE.html",
        help="write what was said into one HTML file, with the run, which plays",
    )
    parser.add_argument("script", help="the Python script to run")
    rest = parser.add_argument("args", nargs=argparse.REMAINDER, help="its arguments")
    rest.required = False
    options = parser.parse_args(arguments)
    if not Path(options.script).is_file():
        hint = ": leave out python" if options.script.startswith("python") else ""
        parser.error(f"there is no script {options.script}{hint}")
    if options.script.endswith(".ipynb"):
        parser.error("in a notebook, use `from inflight_lab import Watch`")
    if options.page and not Path(options.page).resolve().parent.is_dir():
        parser.error(f"--page must be in a folder that exists, got {options.page}")
    if any(each.startswith("--practice") for each in options.args):
        parser.error(f"--practice must stand before {options.script}")
    return options


def _quota(text: str) -> Quota:
    """Read ``20/s``, ``60/20s``, ``300/min`` or ``5000/h``."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(
            f"must be a quota such as 20/s, 60/20s, 300/min or 5000/h, got {text!r}"
        )
    rate, periods, unit = found.groups(default="1")
    return Quota(int(rate), int(periods) * SECONDS[unit])


if __name__ == "__main__":
    main()
