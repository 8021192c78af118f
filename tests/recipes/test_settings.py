"""Mistakes in a recipe's settings: named before anything is sent."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.bundle import bundle
from inflight_lab.recipes.settings import Stop, check_settings
from tests.support.pasting import run

PAIRS = "QUOTAS must be a list of pairs above 0 such as [(100, 1)], got "
WHOLE = "LIMIT must be a whole number, 1 or more, got "


class Mistake(NamedTuple):
    """A setting that cannot work, and the message."""

    name: str
    value: object
    message: str


MISTAKES = [
    Mistake("QUOTAS", (100, 1), f"{PAIRS}(100, 1)"),
    Mistake("QUOTAS", [(0, 1)], f"{PAIRS}[(0, 1)]"),
    Mistake("QUOTAS", [(100, -1)], f"{PAIRS}[(100, -1)]"),
    Mistake("QUOTAS", [(100, 1, 1)], f"{PAIRS}[(100, 1, 1)]"),
    Mistake("QUOTAS", [(float("nan"), 1)], f"{PAIRS}[(nan, 1)]"),
    Mistake("QUOTAS", [], f"{PAIRS}[]"),
    Mistake("QUOTAS", 100, f"{PAIRS}100"),
    Mistake("LIMIT", 0, f"{WHOLE}0"),
    Mistake("LIMIT", -1, f"{WHOLE}-1"),
    Mistake("LIMIT", 2.5, f"{WHOLE}2.5"),
    Mistake("LIMIT", None, f"{WHOLE}None"),
    Mistake("IDS", 300, "IDS must be a list or a range, got 300"),
    Mistake("IDS", "abc", "IDS must be a list or a range, got 'abc'"),
    Mistake("URLS", "https://a/", "URLS must be a list of addresses, got 'https://a/'"),
    Mistake("BODIES", {"a": 1}, "BODIES must be a list of bodies, got {'a': 1}"),
    Mistake("URL", "https://a/", "URL must have {id} where the id goes, got 'https:"),
    Mistake("TOKENS", [(9, 1)], "TOKENS must be a pair above 0 such as (30_000, 60),"),
    Mistake("PROMPTS", ["Why?"], "PROMPTS must be a dict of prompts by id such as"),
    Mistake(
        "IDS", "a" * 1000, f"IDS must be a list or a range, got {'a' * 1000!r:.100}"
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.message[:40])
def test_a_mistake_is_named(mistake: Mistake) -> None:
    """With what the setting must be, and what it is, cut short if it is long."""
    with pytest.raises(Stop, match=f"^{re.escape(mistake.message)}") as caught:
        check_settings(**{mistake.name: mistake.value})
    assert len(str(caught.value)) < 160


def test_what_works_is_allowed() -> None:
    """Lists and tuples, several quotas, fractions, no ids at all, and a generator."""
    check_settings(
        URL="https://api.example.com/{id}",
        IDS=(number for number in ()),
        URLS=set(),
        BODIES=[],
        PROMPTS={},
        QUOTAS=([10, 1], (0.5, 60.5)),
        TOKENS=(30_000, 60),
        LIMIT=1,
    )


@pytest.mark.anyio
@pytest.mark.parametrize("recipe", RECIPES)
async def test_each_recipe_checks_first(recipe: str, tmp_path: Path) -> None:
    """The script ends with one line and no traceback, and leaves no file behind."""
    script = tmp_path / "my_script.py"
    code = re.sub(r"(?m)^LIMIT = \d+", "LIMIT = 0", bundle(f"recipes.{recipe}"))
    script.write_text(code, "utf-8")
    status, out, err = await run(script)
    assert (status, out) == (1, "")
    assert err == f"Nothing was sent: {WHOLE}0\n"
    assert os.listdir(tmp_path) == ["my_script.py"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_recipe_checks_all_its_settings(recipe: str) -> None:
    """Each setting that has a rule is checked."""
    names = set(re.findall(r"(?m)^([A-Z_]+) = ", bundle(f"recipes.{recipe}")))
    (checked,) = re.findall(r"    check_settings\((.*)\)", bundle(f"recipes.{recipe}"))
    with_rules = {"IDS", "URLS", "BODIES", "PROMPTS", "QUOTAS", "TOKENS", "LIMIT"}
    assert set(re.findall(r"(\w+)=", checked)) - {"URL"} == names & with_rules


@pytest.mark.anyio
async def test_send_all_has_one_address(tmp_path: Path) -> None:
    """An id in its URL would never be filled in."""
    script = tmp_path / "my_script.py"
    code = bundle("recipes.send_all").replace("com/orders", "com/orders/{id}")
    script.write_text(code, "utf-8")
    status, out, err = await run(script)
    assert (status, out) == (1, "")
    assert err == (
        "Nothing was sent: URL must be one address for all bodies, without {id}, "
        "got https://api.example.com/orders/{id}\n"
    )
