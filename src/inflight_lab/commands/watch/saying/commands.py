"""How to stay within the quota: lines for the script, and a command for a new one.

They have what was seen: the quota, the address, the headers.  The lines are the calls
of the script, at the API's pace, and again if refused: `lines.toml` has their texts.
Which ids there are, nobody saw; the new script says itself what is left to fill in.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from inflight_lab.commands.watch.noting.quota import Quota
from inflight_lab.commands.watch.noting.request_log import Request
from inflight_lab.commands.watch.saying.allowed import Allowed, allowed_by
from inflight_lab.commands.watch.saying.counting import first_pages, groups
from inflight_lab.lesson.runs.urls import has_a_secret, is_named_as_a_secret

SDK = "x-stainless-lang"
"""A header of openai's client, and of others that were generated as it was."""
LONG_PAUSE = 600
"""Seconds, the ``longest_pause`` of `Patience`: it gives up if an API asks for more."""
TO_KEEP = "to keep your script, take these lines into it, in a semaphore's place:"
TO_OWN = "to own their code: inflight-lab snippet pacer, budgets, patiently or threaded"
TURN = "pacer.turn(tokens=most_tokens(body))"
FILE = Path(__file__).with_name("lines.toml")
TEXTS: dict[str, str] = tomllib.loads(FILE.read_text(encoding="utf-8"))
"""By the library, and for what else a script sends with."""
RECIPES = {"requests": "with_requests"}
"""The recipe that saves each answer, by the script's library; else `FOR_ASYNCIO`."""
FOR_ASYNCIO = "fetch_all"
FOR_MODELS = "ask_model"
CHATS = "/chat/completions"
EDITS = {
    "httpx": "fetch_all-pages",
    "httpx2": "fetch_all-pages",
    "aiohttp": "fetch_all-aiohttp",
    FOR_MODELS: "ask_model-openai",
}
"""An edit of the recipe, by that or by the script's library."""
TO_PRINT = (
    "or this writes a script of its own, which saves each answer and resumes; check "
    "the settings at its top:"
)
TO_ADD = "your script also sends these, for its HEADERS: {names}"
TO_EDIT = "its edits, such as {edit}: inflight-lab snippet --help"
ID = "{id}"
"""Stands in an address where the requests differ."""
SEPARATOR = re.compile("([/?&=.])")
SAFE = re.compile(r"https?://[\w.:/?&=%~+,@;{}-]+", re.ASCII)
"""An address that every shell takes as it is between double quotes."""
VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
"""The name of one, in the environment."""
SCRIPTS_OWN = re.compile(
    r"(?!x-(stainless|inflight))"
    r"(accept|authorization|cookie|user-agent|.*(api-?key|token|version)|x-.+)",
    re.I,
)
"""Headers that a script gives; others are the client's, or make little difference."""
CLIENTS_OWN = re.compile(r"python\b.*|\w+/Python .*|\*/\*|application/json", re.I)
"""What clients send as ``User-Agent`` and ``Accept``, where a script gives none."""


def command_for(
    requests: Iterable[Request], quota: Quota | None, *, limit: int = 0
) -> str:
    """The lines that keep the script, and ``inflight-lab snippet ...`` where a recipe
    fits.

    Without a ``quota`` it is a rate to start with.  ``limit`` is how many may be in
    flight, 0 if that is not known.  Of headers, the names stand there.
    """
    kinds = groups(lambda each: (each.library, each.method, each.host), requests)
    most = max(kinds, key=len)  # that one script could send
    allowed, notes = allowed_by(most, quota, limit=limit)
    lines = [*notes, *lines_to_keep(most, allowed), *_commands(most, allowed)]
    return "\n  ".join(lines)


# Lines for the script


def lines_to_keep(requests: Sequence[Request], allowed: Allowed) -> list[str]:
    """What to write into a script that sends such requests.

    Nothing for threads if fewer are all that is asked for.
    """
    request = requests[0]
    if allowed.limit and not allowed.rate and not request.is_async:
        return []
    sent = {
        name.lower(): str(value) for name, value in dict(request.sent_headers).items()
    }
    pacer = allowed.pacer(is_async=request.is_async)
    kind = pacer.partition("(")[0]
    text = TEXTS[_kind_of_text(request, has_sdk=SDK in sent)]
    options = ["lost=lost"] if "lost = " in text else []
    if max(each.refusal.pause for each in requests) > LONG_PAUSE:
        options.append("longest_pause=3600")
    has_tokens = kind == "Budgets"
    code = (TEXTS["tokens"] + text if has_tokens else text).format(
        **_names_of_the_sdk(sent.get("user-agent", ""), request.url),
        kind=kind,
        pacer=pacer,
        turn=TURN if has_tokens else "pacer",
        patience=", ".join(options),
        method=request.method.lower(),
    )
    return [TO_KEEP, *(f"  {line}" for line in code.splitlines()), TO_OWN]


def _kind_of_text(request: Request, *, has_sdk: bool) -> str:
    if has_sdk:
        return "sdk" if request.is_async else "sdk_threads"
    has_threads = request.library.startswith("httpx") and not request.is_async
    return "threads" if has_threads else request.library


def _names_of_the_sdk(agent: str, url: str) -> dict[str, str]:
    """Its package and its client, as in ``AsyncOpenAI/Python 2.8``, and the call."""
    client = agent.partition("/")[0]
    package = client.removeprefix("Async").removeprefix("Azure").lower()
    _, _, call = url.partition("?")[0].rpartition("/")
    return {
        "package": package,
        "client": client,
        "call": "chat.completions" if call == "completions" else call,
        "wait": "" if package == "openai" else "await ",
    }


# A command for a new script


def _commands(requests: list[Request], allowed: Allowed) -> list[str]:
    """What writes a script, and what it lacks; nothing if no recipe fits."""
    recipe = _recipe_for(requests[0])
    if not recipe:
        return []
    options = [f"--{name} {number}" for name, number in allowed.settings.items()]
    if url := _url_of(first_pages(requests) or requests):
        options.append(f'--url "{url}"')
    others = []
    for name, value in _headers_given(requests[0]).items():
        if is_named_as_a_secret(name):
            options.append(f"--header {name}{_variable_of(value)}")
        else:
            others.append(name)
    options.append(f"--output {_new_file()}")
    commands = [TO_PRINT, " ".join(["inflight-lab snippet", recipe, *options])]
    if others:
        commands.append(TO_ADD.format(names=", ".join(others)))
    if edit := EDITS.get(recipe) or EDITS.get(requests[0].library):
        commands.append(TO_EDIT.format(edit=edit))
    return commands


def _recipe_for(request: Request) -> str:
    if urlsplit(request.url).path.endswith(CHATS):
        return FOR_MODELS
    if request.method != "GET":
        return ""
    return RECIPES.get(request.library, FOR_ASYNCIO)


def _new_file() -> str:
    """``fixed.py``, or ``fixed_2.py`` where that is there already, and so on."""
    names = (f"fixed_{number}.py" if number > 1 else "fixed.py" for number in count(1))
    return next(name for name in names if not Path(name).exists())


def _headers_given(request: Request) -> dict[str, str]:
    """The headers that the script gave, with their values."""
    return {
        name.title(): str(value)
        for name, value in dict(request.sent_headers).items()
        if SCRIPTS_OWN.fullmatch(name) and not CLIENTS_OWN.fullmatch(str(value))
    }


def _variable_of(value: str) -> str:
    """``@GH_TOKEN``, if that variable has this value; "" if none has."""
    secret = value.rpartition(" ")[2]  # without "Bearer"
    for name, held in os.environ.items():
        if secret and held == secret and VARIABLE.fullmatch(name):
            return f"@{name}"
    return ""


def _url_of(requests: list[Request]) -> str:
    """Their address, with ``{id}`` where they differ.

    "" if they differ in more than one part, or hold what may be a secret.
    """
    urls = sorted({each.url for each in requests})
    parts = [SEPARATOR.split(url) for url in urls]
    if len(set(map(len, parts))) > 1:
        return ""
    columns = [set(column) for column in zip(*parts, strict=True)]
    common = [ID if len(column) > 1 else column.pop() for column in columns]
    url = "".join(common)
    is_known = common.count(ID) == 1 or len(urls) == 1
    is_safe = SAFE.fullmatch(url) and not has_a_secret(url.replace(ID, ""))
    return url if is_known and is_safe else ""
