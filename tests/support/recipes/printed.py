"""Printed scripts at work on a dozen items, so that one table of faults serves all."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inflight_lab import recipes
from inflight_lab.commands.snippet.script import snippet, with_setting
from tests.support.recipes.faulty_path import FaultyPath

EDITS = Path(recipes.__file__).with_name("edits")
IDS = list(range(12))
HASTE = 0.1  # seconds for one attempt, where the path is silent
QUICK = 0.001  # seconds until the second attempt


@dataclass(frozen=True)
class Job:
    """A recipe with items of its own.  Each item has a name, which is a text."""

    recipe: str
    items: frozenset[str]
    settings: Callable[[str], dict[str, object]]
    """For the address of a server, without a path."""
    mark: str
    """A pattern for the name of an item, in a request and in a line of the file."""
    hopeless: frozenset[str]
    """The faults that no retry can help against, beside those that all requests
    meet.
    """
    edit: str = ""
    """The name of the edit that is made first."""
    keep_imports: bool = False
    """Whether the page runs on the package, as with ``--import``."""

    def script(self, url: str, folder: Path, **changed: object) -> Path:
        """The script in a folder, for the server that has this address."""
        root = url.removesuffix("/get")
        settings = {"LIMIT": 3, "RESULTS": str(folder / "results.jsonl")}
        settings |= self.settings(root) | changed
        text = snippet(self.recipe, keep_imports=self.keep_imports)
        if self.edit:
            text = edited(text, f"{self.recipe}-{self.edit}")
        return write_script(folder, text, settings)

    def asked_for(self, path: FaultyPath) -> Counter[str]:
        """How often each item was asked for."""
        requests = zip(path.heads, path.bodies, strict=True)
        return Counter(self.name_in(head + body.decode()) for head, body in requests)

    def name_in(self, text: str) -> str:
        """The name of the item that a request or a line is about."""
        found = re.search(self.mark, text)
        assert found, text
        return found[1]

    def answered(self, folder: Path) -> Counter[str]:
        """The items in the file, every line of which is whole."""
        return Counter(self.name_in(json.dumps(line)) for line in lines_in(folder))


def edited(script: str, name: str) -> str:
    """A script after an edit: each of its hunks is found once, and replaced."""
    diff = (EDITS / f"{name}.diff").read_text("utf-8")
    for hunk in re.split(r"(?m)^@@.*@@\n", diff)[1:]:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert script.count(before) == 1, before
        script = script.replace(before, after)
    return script


def write_script(folder: Path, text: str, settings: Mapping[str, object]) -> Path:
    """A script in a folder, with other settings."""
    for name, value in settings.items():
        text = with_setting(text, name, value)
    script = folder / "my_script.py"
    script.write_text(text, "utf-8")
    return script


def lines_in(folder: Path) -> list[dict[str, Any]]:
    """The answers in the file."""
    file = folder / "results.jsonl"
    text = file.read_text("ascii") if file.exists() else ""
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def by_id(recipe: str, *hopeless: str) -> Job:
    """A recipe that has IDS."""
    return Job(
        recipe,
        items=frozenset(map(str, IDS)),
        settings=lambda root: {
            "URL": f"{root}/get?id={{id}}",
            "IDS": IDS,
            "RATE": 1000,
        },
        mark=r"\?id=(\w+)",
        hopeless=frozenset(hopeless),
    )


WHOLE_BUT_WRONG = ("no JSON", "no UTF-8", "no body")
FETCH_ALL = by_id("fetch_all", *WHOLE_BUT_WRONG)
WITH_REQUESTS = by_id(
    "with_requests",
    *WHOLE_BUT_WRONG,
    # For Python's own HTTP client these are answers, two of them with an empty body.
    *("closed in mid head", "a negative length"),
)
ON_A_CLUSTER = by_id("on_a_cluster", *WHOLE_BUT_WRONG)
ASK_MODEL = Job(
    "ask_model",
    items=frozenset(map(str, IDS)),
    settings=lambda root: {
        "URL": f"{root}/v1/chat/completions",
        "MODEL": "any",
        "PROMPTS": {str(id): f"question {id}?" for id in IDS},
        "REQUESTS": 1000,
        "TOKENS": 1_000_000,
        "PERIOD": 1,
    },
    mark=r"question (\d+)\?",
    hopeless=frozenset({*WHOLE_BUT_WRONG, "404"}),
)
JOBS = {job.recipe: job for job in (FETCH_ALL, WITH_REQUESTS, ASK_MODEL)}
VARIANTS = {
    "fetch_all --import": replace(FETCH_ALL, keep_imports=True),
    "ask_model --import": replace(ASK_MODEL, keep_imports=True),
    "with_requests --import": replace(WITH_REQUESTS, keep_imports=True),
    "fetch_all with aiohttp": replace(FETCH_ALL, edit="aiohttp"),
    "ask_model with openai": replace(ASK_MODEL, edit="openai"),
}
"""The same jobs done otherwise."""


async def run_here(script: Path) -> object:
    """Run a script to its end, in a thread of this process; returns its exit status."""
    return await asyncio.to_thread(execute, script)


def execute(script: Path) -> object:
    """As ``python my_script.py`` does."""
    code = compile(script.read_text("utf-8"), str(script), "exec", dont_inherit=True)
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit as end:
        return end.code
    return 0


def make_hasty(script: Path) -> None:
    """Let the script give an attempt up soon."""
    text = script.read_text("utf-8")
    hasty = re.sub(r"(?m)(timeout: float|^TIMEOUT) = [\d.]+", rf"\1 = {HASTE}", text)
    assert hasty != text
    script.write_text(hasty, "utf-8")


def make_quick(script: Path) -> None:
    """Let the script wait for milliseconds only, where the API does not say how long.

    A page that runs on the package has no line for that.
    """
    text = script.read_text("utf-8")
    script.write_text(re.sub(r"(?m)^BACKOFF = [\d.]+", f"BACKOFF = {QUICK}", text))
