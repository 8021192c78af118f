"""What a run ends with: the first response, and which requests failed and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pprint import pprint

import httpx

from inflight_lab.runners.command_line.urls import name_in, word_for

MAX_RANGES = 6
"""How many ranges of requests are named for each reason."""
IN_TIME = "in time (httpx waits 5 s by default)"
WORDS_FOR = {
    "ConnectTimeout": f"no connection {IN_TIME}",
    "ReadTimeout": f"no answer {IN_TIME}",
    "WriteTimeout": f"it could not be sent {IN_TIME}",
    "PoolTimeout": f"no connection became free {IN_TIME}: more requests at once than "
    "connections",
    "TimeoutError": "it took too long",
}
"""For errors whose own message is empty."""
NO_WORDS = "the error says no more"


def print_result(outcomes: Sequence[object]) -> None:
    """Print the first response's JSON, or why there is none."""
    print("\n\nFinal result:\n==============\n")
    if not outcomes:
        print("[] (no request was asked for)")
        return
    for outcome in outcomes:
        if isinstance(outcome, httpx.Response):
            print_json(outcome)
            return
    print(f"No response: all {len(outcomes)} requests failed, ", end="")
    print(f"the first with {outcomes[0]!r}")


def print_json(response: httpx.Response) -> None:
    """Print a response's JSON, or its text if it is not JSON."""
    try:
        pprint(response.json())
    except ValueError:
        print(f"The first response is not JSON: {response.text!r}")


def describe(error: BaseException) -> str:
    """An error's name and message, in words where it has none of its own."""
    name = type(error).__name__
    words = str(error) or WORDS_FOR.get(name, NO_WORDS)
    return f"{name}: {words}"


def report_of_failures(outcomes: Sequence[object], url: str) -> list[str]:
    """Lines: how many failed, and each reason with its requests.

    No lines if nothing failed.
    """
    failures = _by_reason(outcomes)
    failed = sum(len(failure.numbers) for failure in failures)
    lines = [f"{failed} of {len(outcomes)} requests failed:"]
    for failure in failures:
        which = f"{word_for(url)} {in_ranges(failure.numbers, url)}"
        lines.append(f"  {len(failure.numbers)}x {failure.reason} ({which})")
        lines += [f"     {note}" for note in failure.notes]
    return lines if failures else []


@dataclass
class Failure:
    """Requests that failed for the same reason."""

    reason: str
    notes: list[str]
    """Those of the first one."""
    numbers: list[int] = field(default_factory=list)


def _by_reason(outcomes: Sequence[object]) -> list[Failure]:
    failures: dict[str, Failure] = {}
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, BaseException):
            reason = describe(outcome)
            notes = getattr(outcome, "__notes__", [])
            failure = failures.setdefault(reason, Failure(reason, notes))
            failure.numbers.append(number)
    return list(failures.values())


def in_ranges(numbers: Sequence[int], url: str) -> str:
    """``3, 40 to 77``, as ids if the address has a place for them."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    names = [_range(first, last, url) for first, last in ranges[:MAX_RANGES]]
    if len(ranges) > MAX_RANGES:
        names.append("...")
    return ", ".join(names)


def _range(first: int, last: int, url: str) -> str:
    begin = name_in(url, first)
    return begin if first == last else f"{begin} to {name_in(url, last)}"
