"""The command ``inflight-lab``: it opens the series in JupyterLab, or hands over to one of the rooms."""

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from inflight_lab.publish.series import lay_out

COMMANDS = {
    "run": ("runners.__main__", "run one rung of the ladder against an address"),
    "judge": (
        "judge.__main__",
        "judge your own limiter: what it uses of a quota, and how it fails",
    ),
    "snippet": (
        "snippets.__main__",
        "print code for the parts you choose, ready to paste",
    ),
    "watch": ("watch.__main__", "run your own script and watch its requests"),
    "site": (
        "publish.site",
        "make a static site of the series: it needs only a web server",
    ),
    "pages": (
        "publish.static_pages",
        "make static pages of the notebooks, with their output",
    ),
    "student-page": (
        "publish.student_page",
        "serve the panel alone, as a page for students",
    ),
}
HELP = """Opens the notebooks in JupyterLab, in your own folder; it never overwrites what you changed there.

Commands:
{}

For more: inflight-lab COMMAND --help.  All other options go to JupyterLab, such as --no-browser."""
FIRST = "/lab/tree/notebooks/00_start_here.ipynb"
NO_LAB = """JupyterLab is not installed here.  Either of these brings it:

  uv run inflight-lab                               (in a clone of the repository)
  pip install "inflight-lab[lab]" && inflight-lab   (where the package is installed)"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in COMMANDS:
        module, _ = COMMANDS[given[0]]
        try:
            importlib.import_module(f"inflight_lab.{module}").main(given[1:])
        except ModuleNotFoundError as error:  # it says which extra brings it
            sys.exit(str(error))
        except (
            KeyboardInterrupt
        ):  # Ctrl-C: what was printed stays, and a traceback adds nothing
            sys.exit(130)
        except BrokenPipeError:  # whoever reads, such as `head`, has enough; Python would say more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    commands = "\n".join(f"  {name:14}{what}" for name, (_, what) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        "inflight-lab", usage="inflight-lab [COMMAND] [options]"
    )
    parser.description, parser.formatter_class = (
        HELP.format(commands),
        argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=importlib.metadata.version("inflight-lab"),
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path.home() / "inflight-lab",
        help="default: %(default)s",
    )
    if given and not given[0].startswith("-"):
        parser.error(
            f"no command is called {given[0]!r}: use one of {', '.join(COMMANDS)}"
        )
    options, others = parser.parse_known_args(given)
    try:
        from jupyterlab.labapp import LabApp
    except ImportError:
        sys.exit(NO_LAB)
    folder = options.folder
    try:
        kept = lay_out(folder)
    except OSError as error:
        parser.error(
            f"--folder must be a folder that can be made and written, got {folder}: {error}"
        )
    for name in kept:
        print(
            f"{folder / name}: there is a newer version.  You changed yours: rename it to get both."
        )
    LabApp.launch_instance(
        [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url={FIRST}", *others]
    )
