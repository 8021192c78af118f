"""The code to leave with: `snippet` gives what your choices need, ready to paste.

All of it is cut from one file, ``leave_with.py``, which is the whole script.  Marks in
it say which choices a line is there for:

- ``#? retries`` at the end of a line: without retries the line goes, and the block
  below it.
- ``#^ retries``: without retries the line goes, and the block below moves up, or
  belongs to the line above.
- ``#| notebook | await main()``: a line that the whole script does not have.
"""

import json
import re
from collections.abc import Sequence
from inspect import getsource
from pathlib import Path
from typing import Any

from inflight_lab.arguments import Validator, check, integer, text
from inflight_lab.snippets.token_budgets import Budget, Budgets, Share, UsageReader

URL = "https://api.example.com/items/{id}"
CHAT = "https://api.example.com/v1/chat/completions#{id}"
SETTINGS = 'QUOTAS, LIMIT, FILE = [(100, 1)], 50, "results.jsonl"'
WIDTH = 110
MARKED = re.compile(r"(.*?)  #([?^|]) (.+)")
EXTRA = re.compile(r"( *)#\| (.+?) \| (.+)")
SOURCE = Path(__file__).with_name("leave_with.py")
PAIRS = "pairs of requests and seconds"
FILE = text("the name of a file", "the name of a file", bool)
QUOTAS = Validator(
    (tuple, list), PAIRS, PAIRS, lambda it: all(len(each) == 2 for each in it)
)


def snippet(
    url: str = URL,
    *,
    quotas: Sequence[tuple[int, float]] = ((100, 1),),
    tokens: int | None = None,
    limit: int | None = 50,
    retries: bool = True,
    progress: bool = True,
    save: str | None = "results.jsonl",
    as_completed: bool = False,
    per_host: bool = False,
    notebook: bool = False,
) -> str:
    """The code for these choices and no more.  By default it is the whole script.

    ``quotas`` are what the API allows, each as requests and seconds.  All are kept, and
    each is used as far as the others let it; without any there is no pace.  With
    ``tokens``, so many in the first one's seconds, the ids are questions to a language
    model's API.  ``limit`` is how many may be in flight, and None is 50. ``save`` names
    the file for the results, from which a second start goes on; without it they come as
    a list in the order of the ids or, with ``as_completed``, one by one. ``per_host``
    takes addresses in place of ids, and gives each host a pace and a limit of its own.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, and for choices that
    exclude each other.
    """
    chosen = {
        **locals(),
        "order": not (save or as_completed),
        "pace": quotas and not tokens,
    }
    check("url", url)
    check("limit", limit, or_none=True)
    integer(1).check("tokens", tokens, or_none=True)
    FILE.check("save", save, or_none=True)
    QUOTAS.check("quotas", quotas)
    for quota in quotas:
        integer(1).check("requests", quota[0])
        check("period", quota[1])
    if per_host and url != URL:
        raise ValueError(
            "url must not come with per_host, whose addresses stand in URLS, "
            f"got {url!r}"
        )
    if "{id}" not in url:
        raise ValueError(f"url must have {{id}} where the id goes, got {url!r}")
    if tokens and (per_host or not quotas):
        raise ValueError(
            f"tokens must come with a rate and without per_host, got {tokens}"
        )
    if save and as_completed:
        raise ValueError(f"save must not come with as_completed, got {save!r}")
    pairs = [
        (count, int(period) if period == int(period) else period)
        for count, period in quotas
    ]
    budgets = {"requests" + "_too" * number: pair for number, pair in enumerate(pairs)}
    if tokens:
        budgets["tokens"] = (tokens, pairs[0][1])
    values = [
        ("QUOTAS", json.dumps(budgets) if tokens else pairs, "(requests, seconds)"),
        ("LIMIT", limit or 50, "in flight"),
        ("FILE", save and in_quotes(save), "results"),
    ]
    used = [map(str, each) for each in values if each[1]]
    names, given, meaning = map(", ".join, zip(*used, strict=True))
    settings = f"{names} = {given}"
    settings += f"  # {meaning}" if len(f"{settings}  # {meaning}") <= WIDTH else ""
    address = CHAT if tokens and url == URL else url
    code = (
        compose(chosen)
        .replace(in_quotes(URL), in_quotes(address))
        .replace(SETTINGS, settings)
    )
    classes = map(getsource, (Budgets, Budget, Share, UsageReader))
    return code.replace("BUDGETS", "\n\n" + "\n\n".join(classes).rstrip())


def in_quotes(text: str) -> str:
    """``text`` as Python writes it in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def compose(choices: dict[str, Any]) -> str:
    """The lines of the script that these choices need."""
    kept: list[str] = []
    moved: list[int] = []  # how far in the lines stood whose blocks move up
    gone = 999  # how far in the line stood whose block goes
    dropped = False
    source = SOURCE.read_text(encoding="utf-8")
    for line in source[source.index('"""') :].splitlines():
        indent = len(line) - len(line.lstrip())
        if indent > gone or (
            not line and dropped and not kept[-1]
        ):  # one blank line is enough there
            continue
        if line:
            gone, moved = 999, [each for each in moved if each < indent]
        mark = MARKED.fullmatch(EXTRA.sub(r"\1\3  #| \2", line))
        code, kind, needs = mark.groups() if mark else (line, "", "True")
        shift = 4 * len(moved)
        dropped = not eval(needs, {}, choices)
        if not dropped:
            kept.append(code[shift:])
        elif kind == "?":
            gone = indent
        elif kind == "^" and not re.fullmatch(rf" {{{indent - shift}}}\S.*:", kept[-1]):
            moved.append(indent)
    return "\n".join(kept) + "\n"
