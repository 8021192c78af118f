"""Recipes at work on a dozen items, so that one table of faults serves several."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inflight_lab import PracticeServer
from inflight_lab.recipes.model_api import text_in
from inflight_lab.recipes.snippet import snippet
from tests.support.faulty_path import FaultyPath
from tests.support.paged_server import PagedServer
from tests.support.pasting import run_cell

Outcome = dict[str, Any]
IDS = list(range(12))
LISTS = "abcdef"  # of two pages each
PROMPTS = {id: f"question {id}" for id in IDS}


@dataclass(frozen=True)
class Job:
    """A recipe with items of its own.  Each item has a name, which is a text."""

    recipe: str
    items: frozenset[str]
    settings: Callable[[str], dict[str, object]]
    """For the address of a server, without a path."""
    asked_for: Callable[[FaultyPath], list[str]]
    """The item of each request."""
    name_of: Callable[[Outcome], str]
    is_right: Callable[[Outcome, str], bool]
    """Whether an outcome is the answer for the item with this name."""
    make_server: Callable[[], PracticeServer] = lambda: PracticeServer(latency=0)
    not_settled: frozenset[str] = field(default_factory=frozenset)
    """The faults that no retry can help against, beside those that all requests
    meet.
    """
    not_noticed: frozenset[str] = frozenset({"404"})
    """Those that are an answer like any other, for the recipe or for its client."""

    def code(self, url: str, file: Path, **changed: object) -> str:
        """The recipe as a cell, for the server that has this address."""
        root = url.removesuffix("/get")
        settings = {"QUOTAS": [(1000, 1)], "LIMIT": 3, **self.settings(root)}
        settings |= {"RESULTS": str(file), **changed}
        return snippet(self.recipe, notebook=True, **settings)

    def script(self, url: str, folder: Path, **changed: object) -> Path:
        """The recipe as a script in a folder, with its results beside it."""
        root = url.removesuffix("/get")
        settings = {"QUOTAS": [(1000, 1)], "LIMIT": 3, **self.settings(root), **changed}
        path = folder / "my_script.py"
        path.write_text(snippet(self.recipe, **settings), encoding="utf-8")
        return path


# ---- One answer for each id


def ids_asked_for(path: FaultyPath) -> list[str]:
    """Those in the addresses."""
    return re.findall(r"^GET \S*\?id=(\S+)", "\n".join(path.heads), re.M)


def by_id(
    recipe: str, *, not_settled: set[str], not_noticed: Collection[str] = ()
) -> Job:
    """A recipe that has IDS."""
    return Job(
        recipe,
        items=frozenset(map(str, IDS)),
        settings=lambda root: {"URL": f"{root}/get?id={{id}}", "IDS": IDS},
        asked_for=ids_asked_for,
        name_of=lambda outcome: str(outcome["id"]),
        is_right=lambda outcome, id: outcome["data"]["args"] == {"id": id},
        not_settled=frozenset(not_settled),
        not_noticed=frozenset({"404", *not_noticed}),
    )


# ---- Pages


def pages_asked_for(path: FaultyPath) -> list[str]:
    """Their queries."""
    return re.findall(r"^GET \S*\?(\S+)", "\n".join(path.heads), re.M)


def is_page(outcome: Outcome, query: str) -> bool:
    """Whether it is the page with this query."""
    name, number, _ = outcome["data"]
    return query in (f"list={name}", f"list={name}&page={number}")


def first_pages(root: str) -> dict[str, object]:
    """Where the lists begin."""
    return {"URLS": [f"{root}/get?list={name}" for name in LISTS]}


FOLLOW_PAGES = Job(
    "follow_pages",
    items=frozenset(f"list={name}{page}" for name in LISTS for page in ("", "&page=2")),
    settings=first_pages,
    asked_for=pages_asked_for,
    name_of=lambda outcome: outcome["key"].partition("?")[2],
    is_right=is_page,
    make_server=lambda: PagedServer(pages=2, latency=0),
    not_settled=frozenset(
        {"a status of nobody's", "no gzip", "no JSON", "no UTF-8", "no body"}
    ),
)


# ---- Questions


def questions_asked(path: FaultyPath) -> list[str]:
    """Those in the bodies."""
    return [json.loads(body)["messages"][0]["content"] for body in path.bodies]


def questions(root: str) -> dict[str, object]:
    """For an API that has room for all of them."""
    return {"URL": f"{root}/v1", "PROMPTS": PROMPTS, "TOKENS": (1_000_000, 60)}


WITH_OPENAI = Job(
    "with_openai",
    items=frozenset(PROMPTS.values()),
    settings=questions,
    asked_for=questions_asked,
    name_of=lambda outcome: outcome["body"]["messages"][0]["content"],
    is_right=lambda outcome, _: bool(text_in(outcome)),
    not_settled=frozenset({"a status of nobody's", "no JSON", "no UTF-8", "no body"}),
)

FETCH_ALL = by_id(
    "fetch_all",
    not_settled={"a status of nobody's", "no gzip", "no JSON", "no UTF-8", "no body"},
)
WITH_AIOHTTP = by_id(
    "with_aiohttp",
    not_settled={"a status of nobody's", "no JSON", "no UTF-8", "no body"},
)
WITH_REQUESTS = by_id(
    "with_requests",
    not_settled={
        *("a status of nobody's", "no gzip", "no JSON", "no UTF-8", "no body"),
        # For Python's own HTTP client these are answers with an empty body.
        *("closed in mid head", "a negative length"),
    },
    not_noticed=["a field without a colon"],
)
ON_A_CLUSTER = by_id(
    "on_a_cluster",
    not_settled={"a status of nobody's", "no gzip", "no JSON", "no UTF-8", "no body"},
)
JOBS = {
    job.recipe: job
    for job in (FETCH_ALL, WITH_AIOHTTP, WITH_REQUESTS, FOLLOW_PAGES, WITH_OPENAI)
}


async def check_both_starts(
    job: Job, path: FaultyPath, file: Path, **changed: object
) -> set[str]:
    """Start a job twice, the second time without the fault; returns what failed first.

    Each item has its answer, or an error that says why not, and the second start asks
    for all that had no answer, and for nothing else.
    """
    cell = job.code(path.url, file, **changed)
    hasty = re.sub(r"(?m)(timeout: float|^TIMEOUT) = \d+\.0", r"\1 = 0.05", cell)
    first = (await run_cell(hasty if path.is_silent else cell))["results"]
    await path.quiet()
    failed = {job.name_of(each) for each in first if "error" in each}
    answered = {job.name_of(each) for each in first} - failed
    path.recover()
    before = Counter(job.asked_for(path))
    second = (await run_cell(cell))["results"]
    again = Counter(job.asked_for(path)) - before
    assert again == Counter(job.items - answered)
    assert {job.name_of(each) for each in second} == job.items
    assert all(job.is_right(each, job.name_of(each)) for each in second)
    return failed
