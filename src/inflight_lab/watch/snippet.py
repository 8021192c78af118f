"""The command that writes a script which stays within the quota, with what was seen."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

from inflight_lab.observation.secrets_in_urls import has_a_secret
from inflight_lab.watch.quota import Quota
from inflight_lab.watch.request_log import Request

RECIPES = {"requests": "with_requests", "urllib3": "with_requests"}
"""The recipe that saves each answer, by the script's library; else `FOR_ASYNCIO`."""
FOR_ASYNCIO = "fetch_all"
FOR_MODELS = "ask_model"
CHATS = "/chat/completions"
ID = "{id}"
"""Stands in an address where the requests differ."""
SEPARATOR = re.compile("([/?&=])")
HOST = 4
"""Where the host stands in an address that is split at `SEPARATOR`."""
SAFE = re.compile(r"https?://[\w.:/?&=%~+,@;{}-]+", re.ASCII)
"""An address that every shell takes as it is between double quotes."""
WHOLE_NUMBER = re.compile(r"0|[1-9]\d{0,15}", re.ASCII)
SIMPLE = re.compile(r"(?!0\d+$)[A-Za-z0-9][\w.-]{0,15}", re.ASCII)
"""An id that a command line and an address take as it is."""
FEW_IDS = 10
BUDGETS = {
    "--rate": "x-ratelimit-limit-requests",
    "--tokens": "x-ratelimit-limit-tokens",
}
"""By the option of `FOR_MODELS`: the header that names it."""
SCRIPTS_OWN = re.compile(r"authorization|api-?key|x-(?!stainless|inflight)[\w-]+", re.I)
"""Headers that a script gives; others are the client's, or differ each time."""


def command_for(
    requests: Iterable[Request], quota: Quota | None, *, limit: int = 0
) -> str:
    """``inflight-lab snippet ...``; "" where no recipe does what was sent.

    ``limit`` is how many may be in flight, 0 if that is not known.  Headers have their
    names only: a value may be a secret.
    """
    most = _most_alike(requests)
    recipe = _recipe_for(most[0])
    if not recipe:
        return ""
    words = ["inflight-lab snippet", recipe]
    if quota:
        words.append(f"--rate {quota.rate} --period {quota.period:g}")
    elif recipe == FOR_MODELS:
        words += _budgets_in(most)
    if limit:
        words.append(f"--limit {limit}")
    address = address_of(most)
    if address:
        words.append(f'--url "{address}"')
    if ID in address:
        words += _ids_option([each.url for each in most], address)
    names = sorted({name.title() for each in most for name in each.header_names})
    words += [f"--header {name}" for name in names if SCRIPTS_OWN.fullmatch(name)]
    words.append(f"--output {_new_file()}")
    return " ".join(words)


def _budgets_in(requests: Iterable[Request]) -> list[str]:
    """What the answers name as limits; APIs of models count them by the minute, which
    is the recipe's own period.
    """
    words = []
    for option, name in BUDGETS.items():
        limits = [each.headers.get(name, "") for each in requests if each.ended]
        named = [limit for limit in limits if WHOLE_NUMBER.fullmatch(limit)]
        if named and named[-1] != "0":
            words.append(f"{option} {named[-1]}")
    return words


def _new_file() -> str:
    """``fixed.py``, or ``fixed_2.py`` where that is there already, and so on."""
    names = chain(["fixed.py"], (f"fixed_{number}.py" for number in count(2)))
    return next(name for name in names if not Path(name).exists())


def _most_alike(requests: Iterable[Request]) -> list[Request]:
    """The largest part that one script could send."""
    listed = list(requests)
    kinds = Counter((each.library, each.method, each.host) for each in listed)
    ((kind, _),) = kinds.most_common(1)
    return [each for each in listed if (each.library, each.method, each.host) == kind]


def _recipe_for(request: Request) -> str:
    if urlsplit(request.url).path.endswith(CHATS):
        return FOR_MODELS
    if request.method != "GET":
        return ""
    return RECIPES.get(request.library, FOR_ASYNCIO)


def address_of(requests: Iterable[Request]) -> str:
    """``https://api.example.com/items/{id}``; "" if they differ in more, or hold what
    may be a secret.
    """
    urls = sorted({each.url for each in requests})
    address = urls[0] if len(urls) == 1 else _with_one_id(urls)
    is_safe = SAFE.fullmatch(address) and not has_a_secret(address.replace(ID, ""))
    return address if is_safe else ""


def _ids_option(urls: Iterable[str], address: str) -> list[str]:
    """``--ids 1-3000``, or a few between commas; nothing where that is not clear."""
    before, _, after = address.partition(ID)
    ids = {url[len(before) : len(url) - len(after)] for url in urls}
    if all(WHOLE_NUMBER.fullmatch(each) for each in ids):
        numbers = sorted(map(int, ids))
        if numbers[-1] - numbers[0] + 1 == len(numbers):
            return [f"--ids {numbers[0]}-{numbers[-1]}"]
    if len(ids) <= FEW_IDS and all(SIMPLE.fullmatch(each) for each in ids):
        return [f"--ids {','.join(sorted(ids))}"]
    return []


def _with_one_id(urls: list[str]) -> str:
    rows = [SEPARATOR.split(url) for url in urls]
    if len({len(row) for row in rows}) > 1:
        return ""
    columns = list(zip(*rows, strict=True))
    different = [n for n, parts in enumerate(columns) if len(set(parts)) > 1]
    if len(different) != 1 or different[0] <= HOST:
        return ""
    parts = list(rows[0])
    endings = {os.path.splitext(part)[1] for part in columns[different[0]]}
    parts[different[0]] = ID + (endings.pop() if len(endings) == 1 else "")
    return "".join(parts)
