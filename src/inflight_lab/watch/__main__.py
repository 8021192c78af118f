"""Runs a script as it is, and says why its requests are refused or slow.

The script runs in this process, as ``coverage run`` does it: what it sends with httpx,
httpx2, aiohttp and requests is noted on the way.  What other processes send that it
starts is not seen.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inflight_lab.observation.timeline import Timeline
from inflight_lab.watch.asyncio_probe import watch_asyncio, watch_processes
from inflight_lab.watch.findings import Run
from inflight_lab.watch.kept_files import KeptFiles
from inflight_lab.watch.page import RecordedRun, policy_of, write_page
from inflight_lab.watch.practice import start_server, stay_inside
from inflight_lab.watch.probes import watch_libraries
from inflight_lab.watch.quota import Quota
from inflight_lab.watch.report import report
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.script import Script

OPTIONS = ("--practice", "--page")
CERTAINTY = (
    "certain: it was counted. likely: the numbers suggest it, but something else could "
    "look the same."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Watch the script of the command line.

    Ends as the script does, or with status 2 if it cannot be started.
    """
    options = _parse(sys.argv[1:] if arguments is None else arguments)
    port = start_server(options.practice) if options.practice else 0
    log = RequestLog(practice_port=port, timeline=Timeline() if options.page else None)
    recorded = RecordedRun(log, policy_of(options.practice)) if options.page else None
    files = KeptFiles(Path.cwd())

    def conclude(status: int) -> None:
        log.exit_status = status
        run = Run(log, options.practice)
        lines = [*report(run), *files.words()]
        say("\n".join(lines))
        if recorded:
            title = " ".join([options.script, *options.args])
            write_page(options.page, title, lines, recorded.end())

    def warn_of_processes() -> None:
        if port:
            say("The script starts another process. What that one sends may be real.")

    watch_libraries(log)
    watch_asyncio(log)
    watch_processes(log, warn_of_processes)
    if port:
        stay_inside(port)
        files.watch()
        say(f"practice, {options.practice} are allowed: no request leaves this machine")
    else:
        say("real requests go to the API (with --practice, none would)")
    Script(options.script, options.args, conclude).run()


def say(words: str) -> None:
    """Print it where it is not taken for the script's output."""
    print(f"watch: {words}", file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
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
        "this quota, such as 20/s, 60/20s or 5000/h. Its answers are made up. A file "
        "that Python then writes to is first copied to NAME.before-practice",
    )
    parser.add_argument(
        "--page",
        metavar="FILE.html",
        help="write what was said into one HTML file, with the run, which plays",
    )
    parser.add_argument("script", help="the Python script to run")
    rest = parser.add_argument(
        "args",
        nargs=argparse.REMAINDER,
        help="the script's arguments; put -- before those that watch has as well",
    )
    rest.required = False
    options = parser.parse_args(arguments)
    if not Path(options.script).is_file():
        parser.error(f"there is no script {options.script}")
    if options.script.endswith(".ipynb"):
        parser.error(
            f"{options.script} is a notebook: in it, use `from inflight_lab import "
            "Watch`"
        )
    if options.page and not Path(options.page).resolve().parent.is_dir():
        parser.error(f"--page must be in a folder that exists, got {options.page}")
    if options.args[:1] == ["--"]:
        del options.args[0]
        return options
    for argument in options.args:
        name = argument.partition("=")[0]
        if name in OPTIONS:
            parser.error(
                f"{name} after the script would go to the script. If it is for watch, "
                f"put it before {options.script}; else put -- after {options.script}"
            )
    return options


def _quota(text: str) -> Quota:
    try:
        return Quota.written(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    main()
