"""The ladder's command line: ``inflight-lab run RUNG [URL]`` runs one rung."""

import argparse
import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import httpx

from inflight_lab.arguments import VALIDATORS
from inflight_lab.observation.hosts import is_loopback
from inflight_lab.runners import RUNGS
from inflight_lab.runners.command_line.observed_run import ObservedRun
from inflight_lab.runners.command_line.report import (
    describe,
    print_result,
    report_of_failures,
)
from inflight_lab.runners.command_line.urls import name_in, word_for

COMMAND = "inflight-lab run"
URL = "https://httpbin.org/get"
COUNT = 200
HINT = "The first failure ended the run.  With --return-exceptions the others go on."
RETRY_OR_PACE = (
    "`inflight-lab run resilient` tries again after temporary failures; "
    "`paced` and `adaptive` keep to a rate, which avoids 429."
)
STOPPED_BY_CTRL_C = 130


def main(arguments: Sequence[str]) -> None:
    """Run the rung that is named first with the options that follow."""
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        print(list_of_rungs())
        return
    if name not in RUNGS:
        refuse(name)
    rung = importlib.import_module(f"inflight_lab.runners.{name}")
    options = read_options(name, rung.make_many_requests, rest)
    plan = rung.PLAN.format(**options)
    ask_first(options["url"], plan, yes=options.pop("yes"))
    run = ObservedRun(rung, options)
    outcomes = outcomes_of(run, options["url"])
    print_result(outcomes)
    failures = report_of_failures(outcomes, options["url"])
    if failures:
        hint = [] if name == "resilient" else [RETRY_OR_PACE]
        sys.exit("\n".join([*failures, *hint]))


def refuse(name: str) -> NoReturn:
    """End the program: there is no such rung."""
    rungs = ", ".join(RUNGS)
    if name.startswith(("http://", "https://")):
        print(
            f"Which rung? Write one before the address: {COMMAND} resilient {name}. "
            f"The rungs are {rungs}.",
            file=sys.stderr,
        )
    else:
        print(f"No rung is called {name!r}. Use one of {rungs}.", file=sys.stderr)
    sys.exit(2)


def list_of_rungs() -> str:
    """Each rung by name, with the first line of its file."""
    usage = f"{COMMAND} RUNG [URL] runs one rung of the ladder against URL."
    lines = [f"{usage}  The rungs:", ""]
    for rung in RUNGS:
        lines.append(f"  {rung:16}{first_line_of(rung)}")
    lines += ["", f"{COMMAND} RUNG --help lists its options."]
    return "\n".join(lines)


def first_line_of(rung: str) -> str:
    """What a rung is.  Its file is not imported, which may need an extra."""
    source = Path(__file__).with_name(f"{rung}.py").read_text("utf-8")
    title = source.partition("\n")[0]
    _, _, what_it_is = title.partition(": ")
    return what_it_is.replace("``", "")


def read_options(
    name: str, run: Callable[..., object], arguments: Sequence[str]
) -> dict[str, Any]:
    """What the command line says, checked.  Ends the program if it makes no sense."""
    parser = parser_for(name, run)
    options = vars(parser.parse_args(arguments))
    parameters = {name: value for name, value in options.items() if name != "yes"}
    try:
        run.check(**parameters)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        parser.exit(2, f"{error}\n")
    return options


def parser_for(name: str, run: Callable[..., object]) -> argparse.ArgumentParser:
    """The options of a rung: those of its parameters that have a rule."""
    docstring = inspect.getdoc(run) or ""
    about, *_ = docstring.replace("``", "").split("\n\n")
    parser = argparse.ArgumentParser(
        f"{COMMAND} {name}", usage="%(prog)s [URL] [options]", description=about
    )
    parser.add_argument(
        "url",
        nargs="?",
        default=URL,
        help="the address; {id} in it becomes 1, 2, 3 and so on; default: %(default)s",
    )
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name in VALIDATORS and parameter.name != "url":
            add_option(parser, parameter)
    parser.add_argument(
        "--return-exceptions",
        action="store_true",
        help="go on after a failure, and report all failures at the end",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="print a line for each request"
    )
    parser.add_argument(
        "--yes", action="store_true", help="send to another machine without asking"
    )
    return parser


def add_option(parser: argparse.ArgumentParser, parameter: inspect.Parameter) -> None:
    """An option for one parameter: what it allows, and its default."""
    rule = VALIDATORS[parameter.name]
    default = COUNT if parameter.name == "count" else parameter.default
    about = rule.kind if default is None else f"{rule.kind}; default {default}"
    parser.add_argument(
        f"--{parameter.name}",
        type=partial(read, rule.types),
        default=default,
        help=about,
    )


def read(types: tuple[type, ...], text: str) -> Any:
    """``text`` as the first of ``types`` that takes it.

    If none does, it stays as it is, and the parameter's rule will refuse it.
    """
    for each in types:
        try:
            return each(text)
        except ValueError:
            pass
    return text


def ask_first(url: str, plan: str, *, yes: bool) -> None:
    """Before anything is sent to another machine: show the plan, and ask.

    Ends the program unless the answer is yes.
    """
    host = httpx.URL(url).host
    if is_loopback(host):
        return
    plan = f"This sends to {host}, which is not this machine: {plan}."
    if yes:
        print(plan, file=sys.stderr)
        return
    nobody_to_ask = sys.stdin is None or not sys.stdin.isatty()
    if nobody_to_ask:
        print(plan, "Nothing was sent. To allow it, add --yes.", file=sys.stderr)
        sys.exit(2)
    answer = input(f"{plan} Go on? [y/N] ").strip().lower()
    if answer not in ("y", "yes"):
        sys.exit("Nothing was sent.")


def outcomes_of(run: ObservedRun, url: str) -> Sequence[object]:
    """Run it to its end.  Ends the program if it is stopped, or raises."""
    try:
        return run.outcomes()
    except KeyboardInterrupt:
        print(f"Stopped: {run.progress}.", file=sys.stderr)
        sys.exit(STOPPED_BY_CTRL_C)
    except BrokenPipeError:  # the reader of the output wants no more: see `cli`
        raise
    except Exception as error:  # of httpx, of a store, of a proxy in the environment
        exit_with(error, run, url)


def exit_with(error: Exception, run: ObservedRun, url: str) -> NoReturn:
    """End the program with the error, its notes and, of a request, which one it was."""
    lines = [describe(error), *getattr(error, "__notes__", [])]
    if isinstance(error, ValueError | httpx.HTTPError):
        number = run.number_of(error)
        if number is not None:
            which = f"{word_for(url)} {name_in(url, number)}"
            lines.append(f"This was {which}: {run.progress}.")
        lines.append(HINT)
    sys.exit("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
