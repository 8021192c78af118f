"""Prints a recipe or a rung as one script, with your settings, ready to paste."""

import argparse
import sys
from collections.abc import Sequence

from inflight_lab.arguments import check, integer, text
from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.snippet import snippet
from inflight_lab.runners import RUNGS
from inflight_lab.snippets.__main__ import main as print_chosen_parts

FILE = text("the name of a file", "the name of a file", bool)
ABOUT = """\
{description}

recipes:
{recipes}

rungs (of paced, it prints the recipe):
  {rungs}

Without the name of a recipe or a rung, it prints the script of notebook 10 for the
parts that you choose:
  inflight-lab snippet [URL] [--rate N --period S] [--tokens N] [--limit N] [--retries]
                       [--progress] [--save FILE] [--as-completed] [--per-host]
                       [--notebook]"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what the command line asks for."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    known = {*RECIPES, *RUNGS, "-h", "--help"}
    if known.isdisjoint(given):
        print_chosen_parts(given)
        return
    parser = make_parser()
    options = parser.parse_args(given)
    try:
        settings = settings_in(options)
        code = snippet(options.recipe, notebook=options.notebook, **settings)
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    print(code, end="")


def make_parser() -> argparse.ArgumentParser:
    """What the command takes."""
    recipes = [f"  {name:14}{about}" for name, about in RECIPES.items()]
    about = ABOUT.format(
        description=__doc__, recipes="\n".join(recipes), rungs=", ".join(RUNGS)
    )
    parser = argparse.ArgumentParser(
        "inflight-lab snippet",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("recipe", choices=[*RECIPES, *RUNGS], metavar="RECIPE")
    add("--url", help="the address of the API; {id} in it is filled in")
    add("--rate", type=int, action="append", default=[], help="requests allowed")
    add("--period", type=float, action="append", default=[], help="in so many seconds")
    add("--limit", type=int, help="requests in flight")
    add("--results", metavar="FILE", help="where the answers are written")
    add("--notebook", action="store_true", help="for a cell of a notebook")
    parser.epilog = "For several quotas, repeat --rate and --period."
    return parser


def settings_in(options: argparse.Namespace) -> dict[str, object]:
    """The settings that the options change, by their names in the code.

    Raises ``TypeError`` or ``ValueError`` for a value that is not allowed.
    """
    settings: dict[str, object] = {}
    if options.url is not None:
        check("url", options.url)
        settings["URL"] = options.url
    if options.rate or options.period:
        settings["QUOTAS"] = quotas_of(options.rate, options.period)
    if options.limit is not None:
        check("limit", options.limit)
        settings["LIMIT"] = options.limit
    if options.results is not None:
        FILE.check("results", options.results)
        settings["RESULTS"] = options.results
    return settings


def quotas_of(rates: list[int], periods: list[float]) -> list[tuple[int, float]]:
    """Pairs of requests and seconds; a single rate is per second."""
    if len(rates) == 1 and not periods:
        periods = [1]
    if len(rates) != len(periods):
        raise ValueError(
            f"--period must come once for each --rate, "
            f"got {len(periods)} for {len(rates)}"
        )
    quotas = []
    for rate, period in zip(rates, periods, strict=True):
        integer(1).check("rate", rate)
        check("period", period)
        is_whole = period == int(period)
        quotas.append((rate, int(period) if is_whole else period))
    return quotas
