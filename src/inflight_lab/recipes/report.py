"""Report: how a script ends, and what is missing."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from inflight_lab.recipes.results_file import Outcome, ResultsFile
from inflight_lab.recipes.settings import Stop

MOST_SHOWN = 10  # items for each error, and kinds of errors


def report(results: ResultsFile) -> list[Outcome]:
    """Print which items have no answer, and why.  Return all outcomes in order."""
    results.progress.close()
    if not results.items:
        print("Nothing to do: the list is empty.")
        return []
    print(results.summary())
    missing = names_by_error([results.outcomes[key] for key in results.items])
    for error, names in list(missing.items())[:MOST_SHOWN]:
        print(f"{len(names)} missing ({shortened(names)}): {error}")
    if len(missing) > MOST_SHOWN:
        print(f"{len(missing) - MOST_SHOWN} more kinds of errors")
    if missing:
        print(results.next_start)
    return results.in_order()


def names_by_error(outcomes: list[Outcome]) -> dict[str, list[str]]:
    """Which items met each error."""
    names: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if "error" in outcome:
            name = outcome.get("id", outcome["key"])
            names[outcome["error"]].append(str(name))
    return names


def shortened(names: list[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:MOST_SHOWN])
    more = len(names) - MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def run(main: Callable[[], Coroutine[Any, Any, list[Outcome]]]) -> list[Outcome]:
    """Run the script, and return its outcomes.

    Ctrl-C, and whatever stops it before it has begun, end it with a short message
    instead of a traceback.
    """
    try:
        return asyncio.run(main())
    except Stop as reason:
        sys.exit(f"Nothing was sent: {reason}")
    except KeyboardInterrupt:
        print("\nInterrupted.  The next start goes on from here.", file=sys.stderr)
        sys.exit(130)
