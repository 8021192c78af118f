"""Snippet: a recipe or a rung as one script, with your settings."""

import ast
import json
import re
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Any

from inflight_lab.arguments import check, integer, one_of, text
from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.bundle import bundle, with_imports
from inflight_lab.recipes.source import read
from inflight_lab.recipes.two_files import TwoFiles, two_files
from inflight_lab.runners import RUNGS
from inflight_lab.runners.__main__ import first_line_of

FILE = text("the name of a file", "the name of a file", bool)
FIRST_DEFINITION = re.compile(r"^(?:@|class |def |async def )", re.MULTILINE)


class NoSetting(ValueError):
    """A recipe or a rung does not have a setting."""

    def __init__(self, name: str, setting: str) -> None:
        super().__init__(f"{name} has no setting {setting}")
        self.setting = setting


def snippet(
    name: str = "fetch_all",
    *,
    notebook: bool = False,
    keep_imports: bool = False,
    **settings: object,
) -> str:
    """The code of a recipe or a rung, ready to paste.

    ``settings`` replace the values at the top of a recipe: ``snippet("fetch_all",
    LIMIT=10)``.  Only ``HEADERS`` are added to those that the recipe has.  For a
    ``notebook``, the recipe's last line is a cell's.
    To ``keep_imports`` makes it short, but it needs this package then.

    Raises ``TypeError`` or ``ValueError`` for a name or a value that is not allowed.
    """
    one_of(*RECIPES, *RUNGS).check("name", name)
    room = "recipes" if name in RECIPES else "runners"
    make = with_imports if keep_imports else bundle
    return with_settings(settings, make(f"{room}.{name}", notebook=notebook), name)


def snippet_in_two_files(
    name: str = "fetch_all", *, path: Path, **settings: object
) -> TwoFiles:
    """A recipe as a short script for ``path``, and a file beside it with the rest.

    Raises ``TypeError`` or ``ValueError`` for a name or a value that is not allowed.
    """
    one_of(*RECIPES).check("name", name)
    files = two_files(name, path)
    return replace(files, script=with_settings(settings, files.script, name))


def with_settings(settings: dict[str, object], code: str, name: str) -> str:
    """The code of a recipe or a rung with other values for its settings."""
    for setting, value in settings.items():
        check_setting(setting, value)
        old = assignment_of(setting, code)
        if old is None:
            raise NoSetting(name, setting)
        if setting == "URL":
            check_id(name, str(value), is_filled_in="{id}" in old)
        if setting == "HEADERS":
            value = with_headers(headers_in(old), value)
        target, _, _ = old.partition(" = ")  # the name, and its type if it has one
        code = code.replace(f"\n{old}", f"\n{target} = {in_code(value)}", 1)
    return code


def headers_in(assignment: str) -> dict[str, str]:
    """The headers that a recipe has."""
    _, _, value = assignment.partition(" = ")
    return dict(ast.literal_eval(value))


def with_headers(old: dict[str, str], new: Any) -> dict[str, str]:
    """Both; a name counts once, however its letters are written, and the last wins."""
    by_name: dict[str, tuple[str, str]] = {}
    for name, value in [*old.items(), *new.items()]:
        by_name[name.lower()] = (name, value)
    return dict(by_name.values())


def settings_to_change(recipe: str, *, but: Container[str] = ()) -> list[str]:
    """The settings of a recipe that everybody has to change: its first few lines."""
    names: list[str] = []
    for statement in read(f"recipes.{recipe}").statements:
        if names and statement.blank_lines:
            break
        names += statement.defines
    return [name for name in names if name not in but]


def other_rungs() -> dict[str, str]:
    """What each rung is for, except those that have the name of a recipe."""
    names = [rung for rung in RUNGS if rung not in RECIPES]
    return {name: first_line_of(name).removesuffix(".") for name in names}


def check_setting(name: str, value: Any) -> None:
    """Raise ``TypeError`` or ``ValueError`` if a setting does not allow the value."""
    match name:
        case "URL" | "LIMIT":
            check(name.lower(), value)
        case "RESULTS":
            FILE.check("results", value)
        case "QUOTAS":
            check_quotas(value)
        case "HEADERS":
            check_headers(value)
        case "TOKENS":
            tokens, period = value
            integer(1).check("tokens", tokens)
            check("period", period)


def check_quotas(value: Any) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless it is a list of quotas."""
    pairs = value if isinstance(value, list | tuple) else []
    if not pairs or not all(map(is_pair, pairs)):
        raise TypeError(
            "QUOTAS must be a list of pairs (requests, seconds) such as [(100, 1)], "
            f"got {value!r:.100}"
        )
    for rate, period in pairs:
        integer(1).check("rate", rate)
        check("period", period)


def check_headers(value: Any) -> None:
    """Raise ``TypeError`` unless it is a dict of texts; the message shows no value."""
    if not isinstance(value, dict) or not are_texts(value):
        raise TypeError("HEADERS must be a dict that maps header names to strings")


def is_pair(value: object) -> bool:
    """Whether it holds two things."""
    return isinstance(value, list | tuple) and len(value) == 2


def check_id(name: str, url: str, *, is_filled_in: bool) -> None:
    """Raise ``ValueError`` if the URL has no {id} for a recipe that fills it in."""
    if is_filled_in and "{id}" not in url:
        raise ValueError(f"url must have {{id}} where the id goes, got {url!r}")
    if "{id}" in url and not is_filled_in:
        raise ValueError(
            f"url must be one address for {name}, without {{id}}, got {url!r}"
        )


def assignment_of(name: str, code: str) -> str | None:
    """The code above the first function or class that sets a name, if there is any."""
    top = FIRST_DEFINITION.split(code, maxsplit=1)[0]
    for node in ast.parse(top).body:
        if name in names_assigned(node):
            return ast.get_source_segment(top, node)
    return None


def names_assigned(node: ast.stmt) -> list[str]:
    """What a statement sets, with a type beside it or without."""
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets]
    return [ast.unparse(node.target)] if isinstance(node, ast.AnnAssign) else []


def in_code(value: object) -> str:
    """A value as code: a text in double quotes, a dict of texts in several lines."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or not value or not are_texts(value):
        return repr(value)
    lines = ""
    for name, words in value.items():
        lines += f"    {in_code(name)}: {in_code(words)},\n"
    return f"{{\n{lines}}}"


def are_texts(value: dict[object, object]) -> bool:
    """Whether a dict holds texts by texts, as ``HEADERS`` do."""
    everything = [*value.keys(), *value.values()]
    return all(isinstance(each, str) for each in everything)
