"""The command that writes a script which stays within the quota, with what was seen."""

import os
import re
from collections import Counter
from collections.abc import Iterable
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
SCRIPTS_OWN = re.compile(r"authorization|api-?key|x-(?!stainless|inflight)[\w-]+", re.I)
"""Headers that a script gives; others are the client's, or differ each time."""


def command_for(requests: Iterable[Request], quota: Quota | None) -> str:
    """``inflight-lab snippet ...``; "" where no recipe does what was sent.

    Headers have their names only: a value may be a secret.
    """
    most = _most_alike(requests)
    recipe = _recipe_for(most[0])
    if not recipe:
        return ""
    words = ["inflight-lab snippet", recipe]
    if quota:
        words.append(f"--rate {quota.rate} --period {quota.period:g}")
    address = address_of(most)
    if address:
        words.append(f'--url "{address}"')
    names = sorted({name.lower() for each in most for name in each.header_names})
    words += [f"--header {name}" for name in names if SCRIPTS_OWN.fullmatch(name)]
    words.append("--output fixed.py")
    return " ".join(words)


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
