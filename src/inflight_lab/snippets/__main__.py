"""Prints the code for the options that are given; without any, the whole script."""

import argparse
from collections.abc import Sequence

from inflight_lab.snippets import snippet


def main(arguments: Sequence[str] | None = None) -> None:
    """Print it."""
    parser = argparse.ArgumentParser("inflight-lab snippet", description=__doc__)
    parser.argument_default = argparse.SUPPRESS  # what is not given is not there
    parser.add_argument("url", nargs="?", help="the address; {id} in it is filled in")
    add = parser.add_argument
    add(
        "--rate",
        type=int,
        action="append",
        help="requests that the API allows; twice for two quotas",
    )
    add(
        "--period",
        type=float,
        action="append",
        help="seconds for which it allows them; by default 1",
    )
    add(
        "--tokens",
        type=int,
        help="tokens of a language model that it allows, in the first --rate's period",
    )
    add("--limit", type=int, help="how many may be in flight; by default 50")
    add(
        "--retries",
        action="store_true",
        help="try again what may pass, and wait when the API says so",
    )
    add("--progress", action="store_true", help="show how far it is")
    add(
        "--save",
        metavar="FILE",
        help="write each result to a JSON Lines file, and go on from it",
    )
    add(
        "--as-completed",
        action="store_true",
        help="results as they come, not in the order of the ids",
    )
    add(
        "--per-host",
        action="store_true",
        help="addresses in place of ids; each host has its own limits",
    )
    add("--notebook", action="store_true", help="for a notebook's cell")
    given = vars(parser.parse_args(arguments))
    rates, periods = given.pop("rate", []), given.pop("period", [])
    try:
        if len(periods) != len(rates) and (periods or len(rates) > 1):
            raise ValueError(
                f"--period must come once for each --rate, "
                f"got {len(periods)} for {len(rates)}"
            )
        if rates or given.keys() - {"url", "notebook"}:
            given["quotas"] = list(zip(rates, periods or [1] * len(rates), strict=True))
            given = {"retries": False, "progress": False, "save": None} | given
        print(snippet(**given), end="")
    except (TypeError, ValueError) as error:
        parser.error(str(error))
