"""Lists of items with parameters are read as their definition demands.

The cases in ``data/structured_field_tests.json`` are those of the HTTP working group,
github.com/httpwg/structured-field-tests, under the licence beside them: its lists, and
its items, which are lists of one.  (Left out are the two items that fail because they
are lists of none and of two, and what its program generates except keys.)
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.structured_fields import items_in, parse_list

DATA = Path(__file__).parent / "data" / "structured_field_tests.json"
CASES = json.loads(DATA.read_text("utf-8"))


def expected_items(case: dict[str, Any]) -> list[Any] | None:
    """What the case expects, in Python's types; None if it is a mistake to be found, or
    has an inner list, which is not supported.
    """
    if "expected" not in case:
        return None
    members = case["expected"] if case["type"] == "list" else [case["expected"]]
    if any(isinstance(value, list) for value, _ in members):
        return None
    return [(as_python(value), parameters_of(pairs)) for value, pairs in members]


def parameters_of(pairs: list[list[Any]]) -> dict[str, Any]:
    return {key: as_python(value) for key, value in pairs}


def as_python(value: Any) -> Any:
    """A value of the cases, which write what JSON lacks as an object with a type."""
    if not isinstance(value, dict):
        return value
    if value["__type"] == "binary":
        return base64.b32decode(value["value"])
    return value["value"]


def parsed(field: str) -> list[Any] | None:
    """The items of a field; None if there is a mistake in it."""
    try:
        return [tuple(item) for item in parse_list(field)]
    except ValueError:
        return None


def is_right(case: dict[str, Any]) -> bool:
    """Whether the case is read as it expects."""
    found = parsed(", ".join(case["raw"]))
    may_be_refused = case.get("can_fail", False)
    return found == expected_items(case) or (found is None and may_be_refused)


def test_the_working_groups_cases() -> None:
    """Each case is read to the value that it expects, or found to be a mistake."""
    assert len(CASES) == 434
    assert [case for case in CASES if not is_right(case)] == []


def test_types_are_kept_apart() -> None:
    """A number, a truth value and a string that look alike are not the same."""
    (item,) = parse_list('a;b=1;c=?1;d="1";e=1.0')
    kinds = [type(value) for value in item.parameters.values()]
    assert kinds == [int, bool, str, float]


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_any_text(field: str) -> None:
    """Whatever a field holds, it is read or ignored, and never an error."""
    assert isinstance(items_in(field), list)


STRINGS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(st.lists(STRINGS, min_size=1, max_size=5))
def test_strings_hold_anything(strings: list[str]) -> None:
    """Commas, semicolons, quotes and backslashes in a string are part of it."""
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"') for text in strings]
    field = ", ".join(f'"{text}";q=5' for text in escaped)
    assert parse_list(field) == [(text, {"q": 5}) for text in strings]
