"""Prints a recipe or a rung as one script, with your settings, ready to paste.

With --output, it writes a recipe as two files: a short one to edit, and next to it one
with everything that it uses.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.snippet import (
    NoSetting,
    other_rungs,
    settings_to_change,
    snippet,
    snippet_in_two_files,
)

ABOUT = """\
{description}

A recipe is a whole script; a rung is a pair of functions that your code calls.

recipes:
{recipes}

rungs:
{rungs}"""

OPTIONS = {
    "URL": "--url",
    "QUOTAS": "--rate",
    "TOKENS": "--tokens",
    "LIMIT": "--limit",
    "HEADERS": "--header",
    "RESULTS": "--results",
}
"""The option for each setting."""
INSTEAD = {
    "--url": "put your addresses in its URLS",
    "--tokens": "only language_model and with_openai count tokens",
    "--results": "it keeps the responses in memory; fetch_all writes them to a file",
}
"""What to do where a recipe does not have an option."""
KEEP_IMPORTS = (
    "import what it uses from inflight-lab instead of printing it: that is short, but "
    "the package must be installed"
)
A_MINUTE = 60  # seconds

URL = (
    "the address of the API, with {id} where the id goes; without {id} for send_all "
    "and language models; follow_pages and many_hosts have a list, URLS, in the script"
)
RATE = "requests that the API allows in each period"
TOKENS = "tokens that the API allows in a minute, for language models"
PERIOD = "how long a period is, in seconds; 1 if you leave it out"
HEADER = (
    "a header that the API needs, such as X-Api-Key; repeat it for several. Its value "
    "comes from the environment, so that no key is in the script"
)
HEADER_NAME = re.compile(r"[a-z][\w-]*", re.ASCII | re.IGNORECASE)
TO_EVERY_HOST = (
    "many_hosts has no --header: a key is for one host, and all would get it"
)
NOTEBOOK = "print it so that it runs in a notebook cell"
TO_FILES = (
    "a folder, or the name of a script such as my_script.py: instead of printing one "
    "file, write two, a short script to edit and next to it what it uses"
)
SEVERAL = (
    "For several quotas, repeat --rate and --period.\n"
    "A setting whose option you leave out keeps the recipe's value."
)
WRITTEN = (
    "Wrote {path}, and {parts_name}, which it imports.  "
    "Set {names} at the top of {path}, then run: python {path}\n"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print or write what the command line asks for."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        text = write_files(options) if options.output else code_for(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(text, end="")


def code_for(options: argparse.Namespace) -> str:
    """The script; raises ``ValueError`` that names the options as they are typed."""
    settings = settings_in(options)
    with errors_about_options(options.recipe):
        return snippet(
            options.recipe,
            notebook=options.notebook,
            keep_imports=options.keep_imports,
            **settings,
        )


def write_files(options: argparse.Namespace) -> str:
    """Write a script and the file beside it; returns what was written, and what next.

    Raises ``ValueError`` if one of them is there already, or for a wrong option.
    """
    check_output(options)
    settings = settings_in(options)
    path = Path(options.output)
    if path.is_dir():
        path /= f"{options.recipe}.py"
    with errors_about_options(options.recipe):
        files = snippet_in_two_files(options.recipe, path=path, **settings)
    files.write()
    return WRITTEN.format(
        path=path,
        parts_name=files.parts_path.name,
        names=in_a_row(settings_to_change(options.recipe, but=settings)),
    )


def check_output(options: argparse.Namespace) -> None:
    """Raise ``ValueError`` if what was asked for cannot be two files."""
    if options.recipe not in RECIPES:
        raise ValueError(f"--output is for recipes, and {options.recipe} is a rung")
    if options.recipe == "on_a_cluster":
        raise ValueError("on_a_cluster has no --output: its workers get only one file")
    if options.notebook or options.keep_imports:
        raise ValueError("--output is for a script, without --notebook or --import")
    is_script = options.output.endswith(".py")
    if not is_script and not Path(options.output).is_dir():
        raise ValueError(
            "--output must be a folder, or the name of a script such as my_script.py, "
            f"got {options.output!r}"
        )
    folder = Path(options.output).parent
    if not folder.is_dir():
        raise ValueError(f"--output: there is no folder {folder}")


def in_a_row(names: list[str]) -> str:
    """The names as a phrase: "URL, IDS and QUOTAS"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


@contextmanager
def errors_about_options(name: str) -> Iterator[None]:
    """Turn errors about settings into ``ValueError`` that names the options."""
    try:
        yield
    except NoSetting as error:
        raise ValueError(no_option(name, error.setting)) from None
    except (TypeError, ValueError) as error:  # they begin with the name of a setting
        raise ValueError(f"--{error}") from None


def no_option(name: str, setting: str) -> str:
    """Why a recipe or a rung does not have an option, and what to do instead."""
    option = OPTIONS[setting]
    if name in RECIPES:
        return f"{name} has no {option}: {INSTEAD[option]}"
    return f"{name} has no {option}: it is a rung, which your own code calls"


def make_parser() -> argparse.ArgumentParser:
    """What the command takes."""
    recipes = [f"  {name:16}{about}" for name, about in RECIPES.items()]
    rungs = [f"  {name:16}{about}" for name, about in other_rungs().items()]
    about = ABOUT.format(
        description=__doc__, recipes="\n".join(recipes), rungs="\n".join(rungs)
    )
    parser = argparse.ArgumentParser(
        "inflight-lab snippet",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "recipe",
        nargs="?",
        default="fetch_all",
        choices=[*RECIPES, *other_rungs()],
        metavar="RECIPE",
        help="a recipe or a rung; by default fetch_all",
    )
    add("--url", help=URL)
    for_each_quota: dict[str, Any] = {"action": "append", "default": []}
    add("--rate", type=rate_in, help=RATE, **for_each_quota)
    add("--period", type=float, help=PERIOD, **for_each_quota)
    add("--tokens", type=int, help=TOKENS)
    add("--limit", type=int, help="the most requests in flight at once")
    add("--header", metavar="NAME", type=header_in, help=HEADER, **for_each_quota)
    add("--results", metavar="FILE", help="where the answers are written")
    add("--notebook", action="store_true", help=NOTEBOOK)
    add("--import", action="store_true", dest="keep_imports", help=KEEP_IMPORTS)
    add("--output", metavar="PATH", help=TO_FILES)
    parser.epilog = SEVERAL
    return parser


def rate_in(text: str) -> int:
    """The whole number in a text."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a whole number, got {text}: "
            "for one request every two seconds, use --rate 1 --period 2"
        ) from None


def header_in(text: str) -> str:
    """The name of a header; a value would be a secret on a command line."""
    if not HEADER_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "must be a name such as X-Api-Key, without a value: that comes from the "
            "environment"
        )
    return text


def value_for(header: str) -> str:
    """Where the script finds a header's value: a variable of the environment.

    A name that may have a meaning already gets another word before it: a single word,
    such as PATH, and names such as HTTP_PROXY.
    """
    if header.lower() == "authorization":
        return "Bearer $API_TOKEN"
    words = re.findall("[A-Z0-9]+", header.upper())
    if len(words) == 1 or words[-1] == "PROXY":
        words.insert(0, "API")
    return f"${'_'.join(words)}"


def settings_in(options: argparse.Namespace) -> dict[str, object]:
    """The settings that the options change, by their names in the code."""
    settings: dict[str, object] = {
        "URL": options.url,
        "LIMIT": options.limit,
        "RESULTS": options.results,
    }
    if options.tokens is not None:
        settings["TOKENS"] = (options.tokens, A_MINUTE)
    if options.header:
        if options.recipe == "many_hosts":
            raise ValueError(TO_EVERY_HOST)
        settings["HEADERS"] = {name: value_for(name) for name in options.header}
    if options.rate or options.period:
        settings["QUOTAS"] = quotas_of(options.rate, options.period)
    return {name: value for name, value in settings.items() if value is not None}


def quotas_of(rates: list[int], periods: list[float]) -> list[tuple[int, float]]:
    """Pairs of requests and seconds; a single rate is per second."""
    if not rates:
        raise ValueError("--period needs a --rate before it")
    if len(rates) == 1 and not periods:
        periods = [1.0]
    if len(rates) != len(periods):
        raise ValueError(
            f"{len(rates)} --rate but {len(periods)} --period: "
            "give a pair for each quota"
        )
    whole = [int(period) if period.is_integer() else period for period in periods]
    return list(zip(rates, whole, strict=True))
