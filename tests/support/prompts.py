"""The recipes that ask a language model, as scripts against the practice server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet

KEY = {"API_TOKEN": "secret", "OPENAI_API_KEY": "secret"}
"""The token as both recipes take it, from the environment."""
# A few more than the scripts send: a busy machine holds requests up until several
# arrive together.
ALLOWED = {"quota": "sliding-window", "rate": 60, "tokens": 2600}
QUOTAS = {"QUOTAS": [(40, 1)], "TOKENS": (2000, 1), "MAX_TOKENS": 60}


@contextmanager
def model_server(**knobs: Any) -> Iterator[PracticeServer]:
    """An API that counts requests and tokens on arrival, and refused ones as well."""
    with PracticeServer(latency=0.05, dialect="openai", **ALLOWED, **knobs) as server:
        yield server


def paste(recipe: str, path: Path, url: str, count: int, **settings: object) -> Path:
    """The script in a file of its own; it asks so many questions."""
    prompts = {f"no. {n}": f'Say "Grüß Gott {n}"' for n in range(count)}
    code = snippet(recipe, URL=url, PROMPTS=prompts, **QUOTAS | settings)
    path.write_text(code, encoding="utf-8")
    return path


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The answers in the file, every line of which is whole."""
    text = (folder / "results.jsonl").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


def ids_of(lines: Iterable[dict[str, Any]]) -> list[str]:
    """Whose answers they are, sorted."""
    return sorted(line["id"] for line in lines)
