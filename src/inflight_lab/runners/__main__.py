"""The ladder's command line: ``inflight-lab run RUNG [URL]`` runs one rung, and prints."""

import argparse
import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from pprint import pprint
from typing import Any

import httpx

from inflight_lab.arguments import VALIDATORS
from inflight_lab.observation.hosts import is_loopback
from inflight_lab.runners import RUNGS

COMMAND = "inflight-lab run"


def list_of_rungs() -> str:
    """The first line of each rung's file, which is read and not imported: it may need an extra."""
    lines = [
        f"{COMMAND} RUNG [URL] runs one rung of the ladder against URL.  RUNG is one of:",
        "",
    ]
    for rung in RUNGS:
        first, *_ = (
            Path(__file__).with_name(f"{rung}.py").read_text("utf-8").splitlines()
        )
        lines.append(f"  {rung:16}{first.partition(': ')[2].replace('``', '')}")
    return "\n".join([*lines, "", f"{COMMAND} RUNG --help lists its options."])


def parser_for(name: str, run: Callable[..., object]) -> argparse.ArgumentParser:
    """The options of a rung: the parameters of its ``make_many_requests`` that have a rule."""
    about, *_ = (inspect.getdoc(run) or "").replace("``", "").split("\n\n")
    parser = argparse.ArgumentParser(
        f"{COMMAND} {name}", usage="%(prog)s [URL] [options]", description=about
    )
    parser.add_argument(
        "url", nargs="?", default="https://httpbin.org/get", help="default: %(default)s"
    )
    for each in inspect.signature(run).parameters.values():
        if each.name in VALIDATORS and each.name != "url":
            rule, default = (
                VALIDATORS[each.name],
                200 if each.name == "count" else each.default,
            )
            text = rule.kind if default is None else f"{rule.kind}; default {default}"
            parser.add_argument(
                f"--{each.name}",
                type=partial(read, rule.types),
                default=default,
                help=text,
            )
    parser.add_argument(
        "--return-exceptions", action="store_true", help="keep the failures too"
    )
    parser.add_argument(
        "--yes", action="store_true", help="send to another machine without being asked"
    )
    return parser


def read(types: tuple[type, ...], text: str) -> Any:
    """``text`` as the first of ``types`` that takes it; as it is if none does, for the rule to refuse."""
    for each in types:
        try:
            return each(text)
        except ValueError:
            pass
    return text


def ask_first(url: str, plan: str, *, yes: bool) -> None:
    """Before anything is sent to another machine: show the plan, and end unless the answer is yes."""
    if is_loopback(host := httpx.URL(url).host):
        return
    plan = f"This sends to {host}, which is not this machine: {plan}."
    if yes:
        print(plan, file=sys.stderr)
    elif not (sys.stdin and sys.stdin.isatty()):
        print(plan, "Nothing was sent. To allow it, add --yes.", file=sys.stderr)
        sys.exit(2)
    elif input(f"{plan} Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        sys.exit("Nothing was sent.")


def print_result(outcomes: Sequence[object]) -> None:
    """Print the first response's JSON, or say why there is none, and how many failed."""
    print("\n\nFinal result:\n==============\n")
    responses = [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
    failures = [
        outcome for outcome in outcomes if not isinstance(outcome, httpx.Response)
    ]
    if not outcomes:
        print("[] (no request was asked for)")
    elif not responses:
        print(
            f"No response: all {len(outcomes)} requests failed, the first with {failures[0]!r}"
        )
    else:
        if failures:
            print(
                f"{len(failures)} of {len(outcomes)} failed, the first with {failures[0]!r}\n"
            )
        try:
            pprint(responses[0].json())
        except ValueError:
            print(f"The first response is not JSON: {responses[0].text!r}")


def main(arguments: Sequence[str]) -> None:
    """Run the rung that is named first with the options that follow."""
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(list_of_rungs())
        return
    if name not in RUNGS:
        print(
            f"No rung is called {name!r}. Take one of {', '.join(RUNGS)}.",
            file=sys.stderr,
        )
        sys.exit(2)
    rung = importlib.import_module(f"inflight_lab.runners.{name}")
    run = rung.make_many_requests
    parser = parser_for(name, run)
    options = vars(parser.parse_args(rest))
    yes = options.pop("yes")
    try:
        run.check(**options)
    except (TypeError, ValueError) as error:
        parser.exit(2, f"{error}\n")
    ask_first(options["url"], rung.PLAN.format(**options), yes=yes)
    try:
        result = run(**options, verbose=True)
        print_result(asyncio.run(result) if inspect.iscoroutine(result) else result)
    except BrokenPipeError:  # the command ends without a word
        raise
    except Exception as error:  # of httpx, of a store, of a proxy in the environment
        failed = isinstance(error, ValueError | httpx.HTTPError)
        hint = [
            "The first failure ended the run.  With --return-exceptions the others go on."
        ] * failed
        sys.exit(
            "\n".join(
                [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", hint)]
            )
        )


if __name__ == "__main__":
    main(sys.argv[1:])
