"""How to stay within the quota: lines for the script, and a command for a new one.

They have what was seen: the quota, the address, the headers.  Which ids there are, the
script alone knows.
"""

import os
import re
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from inflight_lab.observation.urls import has_a_secret, is_named_as_a_secret
from inflight_lab.watch.noting.quota import Quota, tokens_said_in
from inflight_lab.watch.noting.request_log import Request
from inflight_lab.watch.saying.counting import groups
from inflight_lab.watch.saying.lines import MINUTE, lines_to_keep, pacer_for
from inflight_lab.watch.saying.paging import first_pages

RECIPES = {"requests": "with_requests"}
"""The recipe that saves each answer, by the script's library; else `FOR_ASYNCIO`."""
FOR_ASYNCIO = "fetch_all"
FOR_MODELS = "ask_model"
CHATS = "/chat/completions"
TO_PRINT = "or this writes a script of its own, which saves each answer and resumes:"
TO_LOWER = "your script keeps a pace already: lower that to {lower}"
TO_FILL = "then fill in, in {file}: {settings}"
TO_EDIT = "its edits, such as {edit}: inflight-lab snippet --help"
EDITS = {"aiohttp": "fetch_all-aiohttp", FOR_MODELS: "ask_model-openai"}
ASSUMED = "for tokens, 60 s are assumed: no answer says how long"
TO_ASK = "MODEL; PROMPTS; MAX_TOKENS, and what else you send, such as a system message"
TO_START = "start with {quota} ({why}); halve it if refusals come, else double it"
ENOUGH = 10
"""Seconds that show a rate; and requests a second that are said as such."""
MARGIN = 0.9
"""Of what was accepted: who starts with all of that is refused again."""
ID = "{id}"
"""Stands in an address where the requests differ."""
SEPARATOR = re.compile("([/?&=.])")
SAFE = re.compile(r"https?://[\w.:/?&=%~+,@;{}-]+", re.ASCII)
"""An address that every shell takes as it is between double quotes."""
VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
"""The name of one, in the environment."""
BUDGETS = {
    "--rate": "x-ratelimit-limit-requests",
    "--tokens": "x-ratelimit-limit-tokens",
}
"""The headers in which APIs of language models name what they allow in a minute."""
SCRIPTS_OWN = re.compile(
    r"(?!x-(stainless|inflight))"
    r"(accept|authorization|cookie|user-agent|.*(api-?key|token|version)|x-.+)",
    re.I,
)
"""Headers that a script gives; others are the client's, or make little difference."""
CLIENTS_OWN = re.compile(r"python\b.*|\w+/Python .*|\*/\*|application/json", re.I)
"""What clients send as ``User-Agent`` and ``Accept``, where a script gives none."""


def command_for(
    requests: Iterable[Request],
    quota: Quota | None,
    *,
    limit: int = 0,
    has_a_pacer: bool = False,
) -> str:
    """The lines that keep the script, and ``inflight-lab snippet ...`` where a recipe
    fits; one line if the script has a pacer.

    Without a ``quota`` it is a rate to start with.  ``limit`` is how many may be in
    flight, 0 if that is not known.  Of headers, the names stand there.
    """
    most = _most_alike(requests)
    allowed = _allowed(most, quota)
    lines = []
    if "--tokens" in allowed and not _tokens_said_to(most):
        lines.append(ASSUMED)
    if limit:
        allowed["--limit"] = str(limit)
    elif pacer_for(most[0], allowed).endswith("Pacer()"):
        start, why = _rate_to_start_with(most)
        allowed |= _as_options(start)
        lines.append(TO_START.format(quota=start, why=why))
    if has_a_pacer:
        lower = ", ".join(f"{name[2:].upper()} = {allowed[name]}" for name in allowed)
        return "\n  ".join([*lines, TO_LOWER.format(lower=lower)])
    kept = lines_to_keep(most, allowed)
    recipe = _recipe_for(most[0])
    commands = [TO_PRINT, *_commands(most, recipe, allowed)] if recipe else []
    return "\n  ".join([*lines, *kept, *commands])


def _most_alike(requests: Iterable[Request]) -> list[Request]:
    """The largest part that one script could send."""
    kinds = groups(lambda each: (each.library, each.method, each.host), requests)
    return max(kinds, key=len)


def _allowed(requests: list[Request], quota: Quota | None) -> dict[str, str]:
    """What the API allows, as far as it says so itself, by the options of `snippet`."""
    options = {}
    if requests[0].method == "POST":
        options = _budgets_named_in(requests)
    if not quota:
        return options
    period = float(options.get("--period", MINUTE))
    rate = int(quota.rate * period / quota.period)
    if "--tokens" not in options or not rate:  # a day's requests decide alone
        return _as_options(quota)
    # Both are spread evenly.
    return _as_options(Quota(rate, period)) | {"--tokens": options["--tokens"]}


def _rate_to_start_with(requests: Sequence[Request]) -> tuple[Quota, str]:
    """A little less than was accepted on average, until the last pause is over.

    What was accepted before the first refusal may have used up a quota that was full.
    """
    accepted = [each.asked for each in requests if each.is_accepted]
    begin = min(each.asked for each in requests)
    refused = [each.last_seen for each in requests if each.is_over_quota]
    refusal = min(refused, default=float("inf"))
    since = ""
    if later := [asked for asked in accepted if asked > refusal]:
        accepted, begin, since = later, refusal, " after the first refusal"
    end = max(each.last_seen + each.refusal.pause for each in requests)
    has_pauses = any(each.refusal.pause for each in requests)
    seconds = max(1.0, end - begin)
    if not accepted or not (has_pauses or seconds >= ENOUGH):
        return Quota(10, 10.0), "a guess: this run does not show it"
    rate = MARGIN * len(accepted) / seconds
    period = 1 if rate >= ENOUGH else MINUTE
    why = f"{len(accepted)} were accepted in {seconds:.1f} s{since}, pauses included"
    return Quota(max(1, int(period * rate)), float(period)), f"{why}, less a tenth"


def _as_options(quota: Quota) -> dict[str, str]:
    return {"--rate": str(quota.rate), "--period": f"{quota.period:g}"}


def _budgets_named_in(requests: list[Request]) -> dict[str, str]:
    """What headers say, and the words of refusals, which also say for how long."""
    options = {}
    for option, name in BUDGETS.items():
        named = [each.headers.get(name, "") for each in requests]
        numbers = [int(number) for number in named if number.isdecimal()]
        if numbers:
            options[option] = str(max(numbers))
    if tokens := _tokens_said_to(requests):
        options |= {"--tokens": str(tokens.rate), "--period": f"{tokens.period:g}"}
    return options


def _tokens_said_to(requests: list[Request]) -> Quota | None:
    """What the words of the last refusal say that name tokens."""
    said = (tokens_said_in(each.refusal.reason) for each in reversed(requests))
    return next(filter(None, said), None)


def _recipe_for(request: Request) -> str:
    if urlsplit(request.url).path.endswith(CHATS):
        return FOR_MODELS
    if request.method != "GET":
        return ""
    return RECIPES.get(request.library, FOR_ASYNCIO)


def _commands(
    requests: list[Request], recipe: str, allowed: dict[str, str]
) -> list[str]:
    """What writes a script; then what is left to fill in."""
    file = _new_file()
    headers = _headers_given(requests)
    others = [name for name in headers if not is_named_as_a_secret(name)]
    keys = [name for name in headers if is_named_as_a_secret(name)]
    variables = [_variable_of(headers[name]) for name in keys]
    options = [f"{name} {value}" for name, value in allowed.items()]
    options += _url_option(first_pages(requests) or requests)
    for name, variable in zip(keys, variables, strict=True):
        options.append(f"--header {name}{variable}")
    command = " ".join(["inflight-lab snippet", recipe, *options, f"--output {file}"])
    settings = _yours_to_fill(command)
    if others:
        settings.append(f"HEADERS: {', '.join(others)}")
    if "" in variables:
        settings.append("and set, in the environment, the variable that HEADERS names")
    to_fill = TO_FILL.format(file=file, settings="; ".join(settings))
    edit = EDITS.get(recipe) or EDITS.get(requests[0].library, "fetch_all-pages")
    return [command, to_fill, TO_EDIT.format(edit=edit)]


def _yours_to_fill(command: str) -> list[str]:
    """The settings of the new script that cannot be known from what was seen."""
    if FOR_MODELS in command:
        unknown = {"--rate": "REQUESTS", "--tokens": "TOKENS"}
        yours = TO_ASK
    else:
        unknown = {"--rate": "RATE and PERIOD"}
        yours = f"IDS, for {ID}" if ID in command else f"URL, with {ID} in it, and IDS"
    missing = [words for option, words in unknown.items() if option not in command]
    return [*missing, yours]


def _new_file() -> str:
    """``fixed.py``, or ``fixed_2.py`` where that is there already, and so on."""
    names = (f"fixed_{number}.py" if number > 1 else "fixed.py" for number in count(1))
    return next(name for name in names if not Path(name).exists())


def _headers_given(requests: list[Request]) -> dict[str, str]:
    """The headers that the script gave, with their values."""
    return {
        name.title(): str(value)
        for name, value in dict(requests[0].sent_headers).items()
        if SCRIPTS_OWN.fullmatch(name) and not CLIENTS_OWN.fullmatch(str(value))
    }


def _variable_of(value: str) -> str:
    """``@GH_TOKEN``, if that variable has this value; "" if none has."""
    secret = value.rpartition(" ")[2]  # without "Bearer"
    for name, held in os.environ.items():
        if secret and held == secret and VARIABLE.fullmatch(name):
            return f"@{name}"
    return ""


def _url_option(requests: list[Request]) -> list[str]:
    """``--url`` with ``{id}`` where they differ.

    Nothing if they differ in more than one part, or hold what may be a secret.
    """
    urls = sorted({each.url for each in requests})
    address = urls[0] if len(urls) == 1 else _with_an_id(urls)
    if not SAFE.fullmatch(address) or has_a_secret(address.replace(ID, "")):
        return []
    return [f'--url "{address}"']


def _with_an_id(urls: list[str]) -> str:
    """What they have in common, around ``{id}``; "" if they differ in several parts."""
    if len({len(SEPARATOR.findall(url)) for url in urls}) > 1:
        return ""
    parts = [SEPARATOR.split(url) for url in urls]
    columns = [set(column) for column in zip(*parts, strict=True)]
    common = [ID if len(column) > 1 else column.pop() for column in columns]
    return "".join(common) if common.count(ID) == 1 else ""
