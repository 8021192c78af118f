"""Prints a recipe as one script that you own, with your settings filled in.

A rung of the ladder can be printed as well: its functions, for your own code to call.
"""

import argparse
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from inflight_lab import recipes
from inflight_lab.commands.snippet.script import page_of, snippet
from inflight_lab.lesson.runs.urls import is_named_as_a_secret
from inflight_lab.recipes import RECIPES
from inflight_lab.runners import RUNGS, SHARED

EDITS = Path(recipes.__file__).with_name("edits")
SETTINGS = {  # what each option sets: the first that the page has
    "url": ("URL",),
    "ids": ("IDS",),
    "rate": ("RATE", "REQUESTS"),
    "period": ("PERIOD",),
    "tokens": ("TOKENS",),
    "model": ("MODEL",),
    "limit": ("LIMIT",),
    "header": ("HEADERS",),
}
NAMES = list(dict.fromkeys([*RECIPES, *RUNGS, *SHARED]))
NAME = f"a recipe, by default fetch_all, or a rung: {', '.join(NAMES)}"
IDS = "a range such as 1-3000, or ids between commas, such as 17,abc"
HEADER = (
    "a header that the API needs, such as 'Accept: text/csv'; repeat it for several. A "
    "name alone, such as X-Api-Key, gets its value from a variable of the environment, "
    "so that no key is in the script; Authorization@GH_TOKEN says from which"
)
EPILOG = f"""\
A setting whose option you leave out stays as it is in the recipe.
A rung by its name: pacer prints the class Pacer alone, to take a semaphore's place.
Edits that people make to a script; --import says which of them fit a page alone:
patch -F0 SCRIPT.py < {shlex.quote(f"{EDITS}/EDIT.diff")}
edits: {", ".join(sorted(path.stem for path in EDITS.iterdir()))}
"""
IMPORT = (
    "print the page alone, which imports the rest from this package; "
    "all edits but post and sqlite fit it"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what the command line asks for, or write it to a file."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        script = snippet(
            options.name, keep_imports=options.keep_imports, **settings_in(options)
        )
        if not options.output:
            print(script, end="")
            return
        with Path(options.output).open("x", encoding="utf-8") as file:
            file.write(script)
    except FileExistsError:
        parser.error(
            f"{options.output} is there already: delete it, or name another file with "
            "--output"
        )
    except OSError as error:
        parser.error(f"--output must be a file that can be written to: {error}")
    except ValueError as error:
        parser.error(str(error))
    to_run = "Check the settings at its top, then run it."
    to_import = "Import from it what your script needs."
    print(
        f"Wrote {options.output}.  {to_run if options.name in RECIPES else to_import}"
    )


def make_parser() -> argparse.ArgumentParser:
    """What the command takes."""
    about = [f"  {name:14}{what}" for name, what in RECIPES.items()]
    parser = argparse.ArgumentParser(
        "inflight-lab snippet",
        description="\n".join([__doc__, "recipes:", *about]),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "name", nargs="?", default="fetch_all", choices=NAMES, metavar="NAME", help=NAME
    )
    add("--url", help="the address of the API, with {id} where the id goes")
    add("--ids", type=ids_in, help=IDS)
    add("--rate", type=number_in, help="requests that the API allows in a period")
    add("--period", type=number_in, help="how long a period is, in seconds")
    add("--tokens", type=int, help="tokens that the API allows in a period")
    add("--model", metavar="NAME", help="the language model, as the API names it")
    add("--limit", type=int, help="the most requests in flight at once")
    add("--header", metavar="NAME", action="append", type=header_in, help=HEADER)
    add("--output", metavar="FILE", help="write it to a new file")
    add("--import", action="store_true", dest="keep_imports", help=IMPORT)
    return parser


def settings_in(options: argparse.Namespace) -> dict[str, object]:
    """The settings that the options change, by their names on the page."""
    page = page_of(options.name)
    settings = {}
    for option, names in SETTINGS.items():
        value = getattr(options, option)
        if value is None:
            continue
        found = [name for name in names if re.search(rf"(?m)^{name}\b.* = ", page)]
        if not found:
            raise ValueError(f"{options.name} has no --{option}")
        if option == "header":
            value = {"User-Agent": "my-script/1.0"} | dict(value)
        settings[found[0]] = value
    return settings


def number_in(text: str) -> float:
    """A number of requests or of seconds; whole numbers are printed as such."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be greater than 0, got {text}")
    return int(number) if number.is_integer() else number


def ids_in(text: str) -> object:
    """A range, or a list in which numbers are numbers."""
    ends = re.fullmatch(r"(\d+)-(\d+)", text)
    if ends:
        return range(int(ends[1]), int(ends[2]) + 1)
    return [int(id) if id.isdecimal() else id for id in text.split(",")]


def header_in(text: str) -> tuple[str, str]:
    """The name of a header, and its value; with ``$`` if it comes from a variable."""
    name, _, value = text.partition(":")
    name, _, variable = name.partition("@")
    names = (name, variable or "A")
    if not all(re.fullmatch(r"[A-Za-z][\w-]*", each, re.ASCII) for each in names):
        raise argparse.ArgumentTypeError(
            "must be a name such as X-Api-Key without a value, or one that is not a "
            "secret with its value, such as 'Accept: text/csv'"
        )
    if value and is_named_as_a_secret(name):
        raise argparse.ArgumentTypeError(
            f"must be {name} without a value: that may be a secret, so it comes from "
            "the environment"
        )
    if value:
        return name.title(), value.strip()
    is_token = name.upper() == "AUTHORIZATION"
    usual = "API_KEY" if is_token else name.upper().replace("-", "_")
    return name.title(), f"{'Bearer ' if is_token else ''}${variable or usual}"
