"""The ladder's command line: ``inflight-lab run RUNG [URL]`` runs one rung."""

import argparse
import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pprint import pprint
from typing import Any

import httpx

from inflight_lab.lesson.arguments import check
from inflight_lab.lesson.runs.urls import is_loopback
from inflight_lab.runners import RUNGS

COMMAND = "inflight-lab run"
URL = "https://httpbin.org/get"
COUNT = 200
SETTINGS = {
    "limit": (int, "how many may be in flight at once"),
    "rate": (float, "how many the API allows in a period"),
    "period": (float, "the period, in seconds"),
}
"""A rung's parameters that can be options: the type, and what each is."""
STOPPED_BY_CTRL_C = 130


def main(arguments: Sequence[str]) -> None:
    """Run the rung that is named first with the options that follow."""
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(list_of_rungs())
        return
    if name not in RUNGS:
        rungs = ", ".join(RUNGS)
        print(f"No rung is called {name!r}. Use one of {rungs}.", file=sys.stderr)
        sys.exit(2)
    run = importlib.import_module(f"inflight_lab.runners.{name}").make_many_requests
    options = read_options(name, run, rest)
    ask_first(options)
    del options["yes"]
    print_result(responses_of(run, options))


def list_of_rungs() -> str:
    """Each rung by name, with the first line of its file."""
    lines = [f"{COMMAND} RUNG [URL] runs one rung of the ladder.  The rungs:", ""]
    for rung in RUNGS:
        # Its file is only read: to import it may need an extra.
        source = (files("inflight_lab.runners") / f"{rung}.py").read_text("utf-8")
        title, _, _ = source.partition("\n")
        _, _, what_it_is = title.partition(": ")
        lines.append(f"  {rung:16}{what_it_is}")
    lines += ["", f"{COMMAND} RUNG --help lists its options."]
    return "\n".join(lines)


def read_options(
    name: str, run: Callable[..., object], arguments: Sequence[str]
) -> dict[str, Any]:
    """What the command line says, checked.  Ends the program if it makes no sense."""
    parser = argparse.ArgumentParser(f"{COMMAND} {name}")
    parser.add_argument("url", nargs="?", default=URL, help="default: %(default)s")
    parser.add_argument(
        "--count", type=int, default=COUNT, help="how many; default: %(default)s"
    )
    parameters = inspect.signature(run).parameters
    for setting, (kind, about) in SETTINGS.items():
        if setting in parameters:
            default = parameters[setting].default
            help_ = f"{about}; default: {default}"
            parser.add_argument(f"--{setting}", type=kind, default=default, help=help_)
    parser.add_argument(
        "--yes", action="store_true", help="send to another machine without asking"
    )
    options = vars(parser.parse_args(arguments))
    try:
        for option in ("url", "count", *SETTINGS):
            if options.get(option) is not None:
                check(option, options[option])
    except (TypeError, ValueError) as error:
        parser.exit(2, f"{error}\n")
    return options


def ask_first(options: dict[str, Any]) -> None:
    """Before anything is sent to another machine: show the plan, and ask.

    Ends the program unless the answer is yes.
    """
    host = httpx.URL(options["url"]).host
    plan = f"This sends {plan_of(**options)} to {host}, which is not this machine."
    if is_loopback(host):
        return
    if options["yes"]:
        print(plan, file=sys.stderr)
        return
    if not sys.stdin.isatty():  # nobody to ask
        print(plan, "Nothing was sent. To allow it, add --yes.", file=sys.stderr)
        sys.exit(2)
    answer = input(f"{plan} Go on? [y/N] ").strip().lower()
    if answer not in ("y", "yes"):
        sys.exit("Nothing was sent.")


def plan_of(
    count: int,
    limit: int | None = None,
    rate: float | None = None,
    period: float = 1.0,
    **_: object,
) -> str:
    """What will be sent: ``200 requests, at most 3 at once``."""
    plan = f"{count} requests"
    plan += f", at most {limit} at once" if limit else ", all at once"
    return plan + (f" and {rate:g} in {period:g} s" if rate else "")


def responses_of(run: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Run it to its end.  Ends the program if it is stopped, or a request fails."""
    try:
        responses = run(**options, verbose=True)
        return asyncio.run(responses) if inspect.iscoroutine(responses) else responses
    except KeyboardInterrupt:
        print("Stopped: there is no result.", file=sys.stderr)
        sys.exit(STOPPED_BY_CTRL_C)
    except BrokenPipeError:  # the reader of the output wants no more: see `cli`
        raise
    except Exception as error:  # of httpx, of a store, of a proxy in the environment
        words = [type(error).__name__, str(error)]
        first_line = ": ".join(word for word in words if word)
        sys.exit("\n".join([first_line, *getattr(error, "__notes__", [])]))


def print_result(responses: Sequence[httpx.Response]) -> None:
    """Print the first response's JSON, or why there is none."""
    print("\n\nFinal result:\n==============\n")
    if not responses:
        print("[] (no request was asked for)")
        return
    try:
        pprint(responses[0].json())
    except ValueError:
        print(f"The first response is not JSON: {responses[0].text!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
