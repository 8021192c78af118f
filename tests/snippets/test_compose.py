"""The snippet maker: every combination of choices gives clean code, and nothing that it
does not need.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inflight_lab.snippets import SOURCE, snippet
from tests.support.browser import ROOT
from tests.support.choices import COMBINATIONS


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every combination, as a file each."""
    folder = tmp_path_factory.mktemp("snippets")
    for name, choices in COMBINATIONS.items():
        (folder / f"{name}.py").write_text(snippet(**choices))
    return folder


def test_there_are_as_many_as_there_are_choices() -> None:
    """No two combinations give the same code: each choice is there, or is not."""
    assert len(COMBINATIONS) == 3 * 3 * 2**4 + 1 * 3 * 2**3
    assert len({snippet(**choices) for choices in COMBINATIONS.values()}) == len(
        COMBINATIONS
    )


@pytest.mark.parametrize("command", ["check --select E,F,I,W --ignore F704"])
def test_ruff_has_nothing_to_say(files: Path, command: str) -> None:
    """Every combination has its imports sorted and used; F704 is a cell that
    awaits.
    """
    config = ["--config", ROOT / "pyproject.toml", "--config", "line-length = 110"]
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", *command.split(), *config, files],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_name_is_used() -> None:
    """Whatever is defined, imported, assigned or taken as a parameter is read
    somewhere.
    """
    unused = {
        name: names_never_read(snippet(**choices))
        for name, choices in COMBINATIONS.items()
    }
    assert {name: names for name, names in unused.items() if names} == {}


def names_never_read(code: str) -> set[str]:
    made: set[str] = set()
    read = {
        "_",
        "__init__",
        "__aiter__",
        "aclose",
        "handle_async_request",
    }  # they are called by others
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(id=name, ctx=ctx) | ast.Attribute(attr=name, ctx=ctx):
                (read if isinstance(ctx, ast.Load) else made).add(name)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                made.add(name)
            case ast.arg(arg=name):
                made.add(name)
            case ast.alias(name=name, asname=alias):
                made.add(alias or name.partition(".")[0])
    return made - read


def test_the_whole_script_is_short() -> None:
    """At most 100 lines, in both forms, of which three are to be changed."""
    for notebook in (False, True):
        code = snippet(notebook=notebook)
        assert len(code.splitlines()) <= 100
        values = re.findall(r"^([A-Z, ]+) = ", code, flags=re.M)
        assert values[:3] == ["URL", "IDS", "QUOTAS, LIMIT, FILE"]
        assert code.count("example.com") == 1


def test_the_source_is_the_whole_script() -> None:
    """It runs as it stands, and only as a script: all that is marked or left out is in
    comments.
    """
    source, whole = ast.parse(SOURCE.read_text()), ast.parse(snippet())
    *above, guarded = source.body
    assert isinstance(guarded, ast.If)
    assert ast.unparse(guarded.test) == "__name__ == '__main__'"
    assert [*map(ast.dump, [*above, *guarded.body])] == [*map(ast.dump, whole.body)]
    assert "#?" not in snippet()


def test_settings_are_in_the_code() -> None:
    """The address, the quotas, the limit and the file that were chosen stand in the
    three lines.
    """
    code = snippet(
        "https://api.example.net/ünits/{id}?a=1",
        quotas=[(10, 1), (300, 60.5)],
        limit=7,
        save='a "b".jsonl',
    )
    assert 'URL = "https://api.example.net/ünits/{id}?a=1"' in code
    assert 'QUOTAS, LIMIT, FILE = [(10, 1), (300, 60.5)], 7, "a \\"b\\".jsonl"' in code
    assert snippet(quotas=(), limit=None) == snippet(quotas=(), limit=50)
    chat = snippet(quotas=[(500, 60), (10_000, 86_400)], tokens=30_000)
    assert 'URL = "https://api.example.com/v1/chat/completions#{id}"' in chat
    assert (
        '{"requests": [500, 60], "requests_too": [10000, 86400], '
        '"tokens": [30000, 60]}, 50' in chat
    )
    assert "URLS = [" in snippet(per_host=True)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "example.com/{id}"}, "url must be a valid URL"),
    ({"url": "https://example.com/"}, r"url must have \{id\} where the id goes"),
    (
        {"url": "https://example.com/{id}", "per_host": True},
        "url must not come with per_host",
    ),
    ({"limit": 0}, "limit must be 1 or more, or None, got 0"),
    ({"limit": 2.5}, "limit must be an integer"),
    ({"quotas": [(0, 1)]}, "requests must be 1 or more, got 0"),
    ({"quotas": [(0.5, 1)]}, "requests must be an integer"),
    ({"quotas": [(1, 0)]}, "period must be more than 0"),
    (
        {"quotas": [(1, 2, 3)]},
        r"quotas must be pairs of requests and seconds, got \[\(1, 2, 3\)\]",
    ),
    ({"quotas": [100]}, r"quotas must be pairs"),
    ({"quotas": None}, r"quotas must be pairs"),
    ({"quotas": 100}, r"quotas must be pairs"),
    ({"tokens": 0}, "tokens must be 1 or more, or None, got 0"),
    (
        {"tokens": 10, "quotas": ()},
        "tokens must come with a rate and without per_host, got 10",
    ),
    (
        {"tokens": 10, "per_host": True},
        "tokens must come with a rate and without per_host, got 10",
    ),
    ({"save": ""}, "save must be the name of a file, or None, got ''"),
    (
        {"save": "results.jsonl", "as_completed": True},
        "save must not come with as_completed",
    ),
]


@pytest.mark.parametrize(
    ("choices", "message"), BAD, ids=[message for _, message in BAD]
)
def test_bad_choices(choices: dict[str, Any], message: str) -> None:
    """Each says which choice, what it was given, and what is allowed."""
    with pytest.raises((TypeError, ValueError), match=message):
        snippet(**choices)
