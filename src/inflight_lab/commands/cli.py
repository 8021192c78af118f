"""The command ``inflight-lab``: opens the series, or hands over to a room."""

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inflight_lab.commands.publish.series import files, lay_out


class Command(NamedTuple):
    """A module of the package with a ``main(arguments)``, and what it does."""

    module: str
    about: str
    extra: str = "lab"
    """The extra that brings the packages it needs."""


COMMANDS = {
    "run": Command("run", "run one rung of the ladder against an address"),
    "snippet": Command(
        "snippet.__main__", "print a recipe or a rung as one script, ready to paste"
    ),
    "watch": Command(
        "watch.__main__", "run your own script and watch its requests", "practice"
    ),
    "class": Command(
        "classroom.__main__", "let the phones of a class share one quota", "practice"
    ),
    "site": Command(
        "publish.site", "build the series as a folder of files for any web server"
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
NEWS = "@jupyterlab/apputils-extension:announcements"
"""It looks for updates on another site, and asks whether to show news.  The question
would cover the panel on a phone."""
NO_JUPYTERLAB = """JupyterLab is not installed here.  Either of these installs it:

  uv run inflight-lab                               (in a clone of the repository)
  pip install "inflight-lab[lab]" && inflight-lab   (where the package is installed)"""


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
        if "pip install" in str(error):  # it says which extra brings it
            sys.exit(str(error))
        package = f"inflight-lab[{command.extra}]"
        sys.exit(f'{name} needs more: pip install "{package}" ({error})')
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
    try:
        from jupyterlab.labapp import LabApp
    except ImportError:
        sys.exit(NO_JUPYTERLAB)
    folder = options.folder
    first = notebook_of(options.open)
    if first is None:
        parser.error(f"--open must be the number of a notebook, got {options.open}")
    try:
        kept = lay_out(folder)
    except OSError as error:
        parser.error(
            f"--folder must be a folder that can be created and written to, "
            f"got {folder}: {error}"
        )
    for name in kept:
        print(
            f"{folder / name}: there is a newer version, but you changed this file.  "
            "Rename yours to get both."
        )
    LabApp.serverapp_config |= {"tornado_settings": {"page_config_hook": without_news}}
    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url=/lab/tree/{first}",
            *for_jupyterlab,
        ]
    )


def without_news(_handler: object, page: dict[str, Any]) -> dict[str, Any]:
    """The settings of JupyterLab's page, without `NEWS`."""
    page["disabledExtensions"] = [*page["disabledExtensions"], NEWS]
    return page


def notebook_of(number: str) -> str | None:
    """The path of a notebook in the folder of the series, or None if there is none.

    A notebook without a number is found by the beginning of its name.
    """
    for name in files():
        if name.startswith((f"notebooks/{number}_", f"notebooks/{number}.")):
            return name
    return None


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
        type=Path,
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
