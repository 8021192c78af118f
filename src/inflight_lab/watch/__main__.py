"""Runs a script as it is, shows its requests live, and says what stood out.

The script gets a process of its own, with hooks that note its requests in a file (see
`hooks`).  This process reads that file, serves the page and, in practice, the answers.
"""

import argparse
import os
import re
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from inflight_lab.server.dialects import DIALECTS
from inflight_lab.server.knobs import Knobs
from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.conclusion import CERTAINTY
from inflight_lab.watch.diagnosis import conclude
from inflight_lab.watch.event_file import read_events
from inflight_lab.watch.leftovers import (
    warn_of_made_up_data,
    warn_of_practice_answers,
    words_on_earlier_practice,
)
from inflight_lab.watch.log_source import LogSource
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.script import exit_as, follow, start
from inflight_lab.watch.ui_server import Page

PAGE_TIMEOUT = 3.0
"""Seconds to wait, at the end, until the page has read the last events."""
SECONDS_BY_UNIT = {"s": 1.0, "min": 60.0, "h": 3600.0}
PRACTICE_LATENCY = 0.1
"""How long the practice server takes to answer, in seconds."""

OPTIONS = ("--practice", "--dialect", "--no-browser", "--port")
ARGS = "the script's arguments; put -- before those that watch has as well"
MISPLACED = (
    "{name} after the script would go to the script, and watch would not see it. If it "
    "is for watch, put it before {script}; if it is for the script, put -- after "
    "{script}"
)
NOTEBOOK = "is a notebook, not a script: in it, use `from inflight_lab import Watch`"


def main(arguments: Sequence[str] | None = None) -> None:
    """Watch the script of the command line.

    Exits as the script does, or with 2 if it cannot be started.
    """
    parser = _parser()
    options = _parse(parser, sys.argv[1:] if arguments is None else arguments)
    if not os.path.exists(options.script):
        parser.error(f"there is no script {options.script}")
    if options.script.endswith(".ipynb"):
        parser.error(f"{options.script} {NOTEBOOK}")
    if options.dialect:
        if not options.practice:
            parser.error("--dialect needs --practice with a quota, such as 100/s")
        options.practice["dialect"] = options.dialect
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(folder, "events").open("xb+") as events,
    ):
        log = RequestLog(
            partial(read_events, events),
            practice_quota=_quota_in(options.practice),
        )
        title = " ".join([options.script, *options.args])
        try:
            page = Page(
                LogSource(log),
                title,
                clients=log.client_rows,
                port=options.port,
                **options.practice,
            ).start()
        except (OSError, ValueError) as error:
            parser.error(
                f"the page cannot have this port: {error}. "
                "Without --port, it takes any that is free"
            )
        with page:
            status = _watch(options, page, log, events.name)
    exit_as(status)


def _watch(
    options: argparse.Namespace, page: Page, log: RequestLog, events: str
) -> int:
    """Run the script to its end, and say what stood out.  Returns its exit status."""
    # Where things are now: the script may delete either.
    script = Path(options.script).resolve()
    here = Path.cwd()
    began = time.time()
    where = _where_requests_go(options.practice)
    print(
        f"watch: {where}; while the script runs, the plot is at {page.address}",
        file=sys.stderr,
    )
    if not options.no_browser:
        _open_in_a_browser(page.address)
    child = start(
        [sys.executable, options.script, *options.args],
        events=events,
        practice_port=page.port if options.practice else 0,
    )
    status = follow(child, log)
    warnings = []
    if options.practice:
        log.dialect = page.dialect
        warnings = _words_on_practice(page, log, script, here, began=began)
    page.conclusion = conclude(log, warnings=warnings, status=status)
    print(f"watch: {page.conclusion}", file=sys.stderr)
    a_browser_may_yet_open = not options.no_browser
    if page.readers or a_browser_may_yet_open:
        page.done.wait(PAGE_TIMEOUT)
    return status


def _parse(
    parser: argparse.ArgumentParser, arguments: Sequence[str]
) -> argparse.Namespace:
    """Read the command line; what follows ``--`` is not read, but for the script."""
    to_read = list(takewhile(lambda argument: argument != "--", arguments))
    unread = arguments[len(to_read) + 1 :]
    options = parser.parse_args(to_read)
    _refuse_misplaced(options, parser)
    if options.args and len(to_read) < len(arguments):
        options.args.append("--")  # it is one of the script's arguments
    options.args += unread
    return options


def _refuse_misplaced(
    options: argparse.Namespace, parser: argparse.ArgumentParser
) -> None:
    """End with an error if an option of watch stands after the script.

    Without it, a forgotten ``--practice`` would send real requests.
    """
    for argument in options.args:
        name = argument.partition("=")[0]
        if name in OPTIONS:
            parser.error(MISPLACED.format(name=name, script=options.script))


def _quota_in(practice: dict[str, Any]) -> AnnouncedQuota | None:
    if not practice:
        return None
    return AnnouncedQuota(practice["rate"], practice["period"], is_certain=True)


def _where_requests_go(practice: dict[str, Any]) -> str:
    if not practice:
        return "real requests go to the API (with --practice, none would)"
    quota = f"{practice['rate']} allowed in {practice['period']:g} s"
    return f"practice, {quota}: no request leaves this machine"


def _words_on_practice(
    page: Page, log: RequestLog, script: Path, here: Path, *, began: float
) -> list[str]:
    """What to know after practice: how it answered, and where its answers are."""
    earlier = words_on_earlier_practice(log, here)
    if earlier:
        return earlier
    return [
        *_words_on_the_dialect(page, log),
        *warn_of_made_up_data(log),
        *warn_of_practice_answers(log, script, here, began=began),
    ]


def _words_on_the_dialect(page: Page, log: RequestLog) -> list[str]:
    """A sentence, if practice imitated the API that the script asked."""
    if not page.imitated_host:
        return []
    words = (
        f"The practice server imitated {page.imitated_host} (--dialect {page.dialect})"
    )
    if log.refused and DIALECTS[page.dialect].counts_refused:
        words += ": refused requests count against the quota as well"
    return [f"{words}."]


def _open_in_a_browser(address: str) -> None:
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "inflight-lab watch",
        description=str(__doc__).partition("\n")[0],
        epilog=CERTAINTY,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--practice",
        metavar="100/s",
        type=_practice_knobs,
        default={},
        help="send no real requests: a practice server on this machine answers them "
        "all, within this quota, such as 100/s, 60/20s or 5000/h. Files that the "
        "script writes then contain made-up answers",
    )
    parser.add_argument(
        "--dialect",
        choices=DIALECTS,
        help="the API that the practice server imitates when it refuses; by default "
        "the one that the script asks first, if it is one of these, or else draft, the "
        "headers that the IETF proposes",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the page's address"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="the page's port; by default, any free one"
    )
    parser.add_argument("script", help="the Python script to run")
    rest = parser.add_argument("args", nargs=argparse.REMAINDER, help=ARGS)
    rest.required = False
    return parser


def _practice_knobs(text: str) -> dict[str, Any]:
    """The practice server's knobs for a quota such as ``100/s``."""
    quota = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)?(s|min|h)", text)
    if not quota:
        raise argparse.ArgumentTypeError(
            f"must be a quota such as 100/s, 60/20s, 300/min or 5000/h, got {text!r}"
        )
    rate, periods, unit = quota.groups(default="1")
    knobs: dict[str, Any] = {
        "quota": "sliding-window",
        "rate": int(rate),
        "period": int(periods) * SECONDS_BY_UNIT[unit],
        "latency": PRACTICE_LATENCY,
    }
    try:
        Knobs(**knobs)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return knobs


if __name__ == "__main__":
    main()
