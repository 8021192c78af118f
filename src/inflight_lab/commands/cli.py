"""The command ``inflight-lab``: opens the series, or hands over to a room."""

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from inflight_lab.commands.publish.series import files, lay_out
from inflight_lab.extras import needs_more


class Command(NamedTuple):
    """A module of the package with a ``main(arguments)``, and what it does."""

    module: str
    about: str
    extra: str
    """The extra that brings what it needs besides httpx."""


COMMANDS = {
    "run": Command("run", "run one rung of the ladder against an address", "redis"),
    "snippet": Command(
        "snippet.__main__",
        "print a recipe or a rung as one script, ready to paste",
        "lab",
    ),
    "watch": Command(
        "watch.__main__", "run your own script and watch its requests", "practice"
    ),
    "class": Command(
        "classroom.__main__", "let the phones of a class share one quota", "practice"
    ),
    "site": Command(
        "publish.site",
        "build the series as a folder of files for any web server",
        "browser",
    ),
}
ABOUT = """\
Opens the notebooks in JupyterLab, in a folder of your own.  A newer version never
overwrites what you changed there.

Commands:
{commands}

To learn more about a command: inflight-lab COMMAND --help.  Options that are not listed
here, such as --no-browser, go to JupyterLab."""
FIRST_NOTEBOOK = "00"


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        hand_over(given[0], given[1:])
    else:
        open_series(given)


def hand_over(name: str, arguments: list[str]) -> None:
    """Run one of the commands with the arguments that follow its name."""
    command = COMMANDS[name]
    try:
        module = importlib.import_module(f"inflight_lab.commands.{command.module}")
        module.main(arguments)
    except ModuleNotFoundError as error:
        sys.exit(needs_more(name, command.extra, error))
    except KeyboardInterrupt:  # what was printed stays; a traceback adds nothing
        sys.exit(130)
    except BrokenPipeError:
        # The program that reads the output, such as `head`, wants no more.  Without
        # this, Python would fail again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_series(arguments: list[str]) -> None:
    """Lay the notebooks out in a folder, and open it in JupyterLab."""
    parser = make_parser()
    if arguments and not arguments[0].startswith("-"):
        commands = ", ".join(COMMANDS)
        parser.error(f"no command is called {arguments[0]!r}: use one of {commands}")
    options, for_jupyterlab = parser.parse_known_args(arguments)
    folder = options.folder
    first = notebook_of(options.open)
    if first is None:
        names = ", ".join(notebooks_by_name())
        parser.error(f"--open must be one of {names}, got {options.open!r}")
    try:
        from inflight_lab.commands import lab
    except ModuleNotFoundError as error:
        sys.exit(needs_more("JupyterLab", "lab", error))
    try:
        kept = lay_out(folder)
    except OSError as error:
        parser.error(
            f"--folder must be a folder that can be created and written to, "
            f"got {folder}: {error}"
        )
    notices = [
        f"{folder / name}: there is a newer version, but you changed this file.  "
        "Rename yours to get both."
        for name in kept
    ]
    lab.launch(folder, first, for_jupyterlab, notices)


def notebook_of(name: str) -> str | None:
    """The path of a notebook in the folder of the series, or None if there is none.

    Its name is its number, 06 or 6, or the first word of a notebook without a number.
    """
    return notebooks_by_name().get(name.zfill(2) if name.isdecimal() else name)


def notebooks_by_name() -> dict[str, str]:
    """The path of each notebook, by its number or by its first word."""
    paths = [path for path in files() if path.endswith(".ipynb")]
    return {Path(path).stem.partition("_")[0]: path for path in paths}


def folder_in(text: str) -> Path:
    """A folder; ``~`` is the home directory, which a shell may leave as it is."""
    if not text:
        raise argparse.ArgumentTypeError("must be a folder, got ''")
    return Path(text).expanduser()


def make_parser() -> argparse.ArgumentParser:
    """What the command takes when it opens the series."""
    lines = [f"  {name:14}{command.about}" for name, command in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        "inflight-lab",
        usage="inflight-lab [COMMAND] [options]",
        description=ABOUT.format(commands="\n".join(lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = importlib.metadata.version("inflight-lab")
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument(
        "--folder",
        type=folder_in,
        default=Path.home() / "inflight-lab",
        help="where your notebooks are; default: %(default)s",
    )
    parser.add_argument(
        "--open",
        metavar="06",
        default=FIRST_NOTEBOOK,
        help="the number of the notebook to open; default: %(default)s",
    )
    return parser
