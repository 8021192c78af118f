"""What to know about a command before it is used: sentences beside it."""

from dataclasses import replace

from inflight_lab.watch.findings.address import why_no_address
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.fixes import (
    RECIPE_BY_LIBRARY,
    is_in_a_thread,
    most_of,
)
from inflight_lab.watch.request_group import RequestGroup

INSTEAD_OF_THREADS = (
    "The code below sends with asyncio: it takes the place of your threads."
)
WITH_HTTPX = (
    "The code below sends with httpx, because no recipe sends POST with {library}."
)


def with_notes(command: Command, group: RequestGroup, *, first: str = "") -> Command:
    """With sentences on how the code that it prints differs from the script.

    ``first`` is what to say before them.
    """
    most = most_of(group)
    notes = [
        first,
        _on_threads(command.recipe, group),
        _on_the_library(command.recipe, most),
        why_no_address(command.recipe, most),
    ]
    return replace(command, note=" ".join(filter(None, notes)))


def _on_threads(recipe: str, group: RequestGroup) -> str:
    threads = len(group.by_sender())
    if not is_in_a_thread(group) or threads == 1 or recipe == "with_requests":
        return ""
    return INSTEAD_OF_THREADS


def _on_the_library(recipe: str, group: RequestGroup) -> str:
    library = group.first.library
    if recipe != "send_all" or library not in RECIPE_BY_LIBRARY:
        return ""
    return WITH_HTTPX.format(library=library)
