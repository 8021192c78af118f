"""How to stay within the quota: lines for the script, and commands that write another.

They have what was seen: the quota, the address, the headers.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

from inflight_lab.observation.urls import (
    has_a_secret,
    is_named_as_a_secret,
    looks_random,
)
from inflight_lab.watch.noting.quota import Quota, period_said_in
from inflight_lab.watch.noting.request_log import LimitUse, Request, RequestLog
from inflight_lab.watch.saying.counting import groups, guessed_quota
from inflight_lab.watch.saying.lines import is_of_an_sdk, lines_to_keep
from inflight_lab.watch.saying.paging import first_pages, next_pages

RECIPES = {"requests": "with_requests"}
"""The recipe that saves each answer, by the script's library; else `FOR_ASYNCIO`."""
FOR_ASYNCIO = "fetch_all"
FOR_MODELS = "ask_model"
CHATS = "/chat/completions"
TO_PRINT = "or let this write a script of its own, which saves each answer and resumes:"
TO_FILL = "then fill in, in {file}: {settings}"
TO_PAGE = "and this lets it follow pages (practice has none: run it for real):"
STOPPED = ": your script stopped, so it may not have asked for all"
TO_ASK = "PROMPTS, MAX_TOKENS, and what else you send, such as a system message"
GUESS = "no pace was announced: {quota} is a guess, so watch again with it"
NO_JSON = (
    "the answers are {kind}, no JSON: in its fetch, return response.text, or write "
    "response.content to a file of its own"
)
EDITS = Path(__file__).parents[2] / "recipes" / "edits"
ID = "{id}"
"""Stands in an address where the requests differ."""
SEPARATOR = re.compile("[/?&=]")
SAFE = re.compile(r"https?://[\w.:/?&=%~+,@;{}-]+", re.ASCII)
"""An address that every shell takes as it is between double quotes."""
WHOLE_NUMBER = re.compile(r"0|[1-9]\d{0,15}", re.ASCII)
SIMPLE = re.compile(r"(?!0\d+$)[A-Za-z0-9][\w.-]{0,39}", re.ASCII)
"""An id that a command line and an address take as it is."""
FEW_IDS = 50
VARIABLE = re.compile("[A-Z][A-Z0-9_]*")
"""The name of one, in the environment."""
BUDGETS = {
    "--rate": "x-ratelimit-limit-requests",
    "--tokens": "x-ratelimit-limit-tokens",
}
"""By the option of `FOR_MODELS`: the header that names it."""
SCRIPTS_OWN = re.compile(
    r"(?!x-(stainless|inflight))"
    r"(accept(-language)?|authorization|cookie|user-agent|.*(api-?key|token|version)"
    r"|x-.+)",
    re.I,
)
"""Headers that a script gives; others are the client's, or differ each time."""
CLIENTS_OWN = re.compile(r"\*/\*|python\b.*|\w+/Python .*", re.I)
"""What clients send where a script gives no value."""
PLAIN_VALUE = re.compile(r"[\w./;=+,:()@ -]{1,80}", re.ASCII)
"""A header's value that every shell takes as it is between double quotes."""


def command_for(
    log: RequestLog,
    requests: Iterable[Request],
    quota: Quota | None,
    *,
    limit: int = 0,
    semaphore: LimitUse | None = None,
) -> str:
    """The lines that keep the script, where the rate is known; ``inflight-lab snippet
    ...``, where a recipe fits, and below it an edit; "" without either.

    ``limit`` is how many may be in flight, 0 if that is not known; ``semaphore`` is the
    script's own, which the lines make needless.  The ids that were asked for stand
    there unless the ``log`` was cut short; of headers that may be secret, the names.
    """
    most = _most_alike(requests)
    recipe = _recipe_for(most[0])
    allowed = _quota_options(most, quota, recipe)
    if limit:
        allowed["--limit"] = str(limit)
    guess = None if allowed else guessed_quota(most)
    if guess:
        allowed = _rate_options(guess)
    lines = lines_to_keep(most[0], allowed, semaphore)
    if recipe and lines:
        lines.append(TO_PRINT)
    if guess:
        lines.insert(0, GUESS.format(quota=guess))
    if recipe:
        why_no_ids = "" if log.ended_as_meant else STOPPED
        lines += _commands(most, recipe, allowed, why_no_ids)
        lines += _words_on_downloads(most)
    return "\n  ".join(lines)


def _words_on_downloads(requests: list[Request]) -> list[str]:
    """What to change in the printed script, where answers are no JSON."""
    answered = (each for each in requests if each.is_accepted)
    kinds = Counter(each.headers.get("content-type", "json") for each in answered)
    for kind, _ in kinds.most_common(1):
        if "json" not in kind:
            return [NO_JSON.format(kind=kind.partition(";")[0])]
    return []


def _commands(
    requests: list[Request], recipe: str, allowed: dict[str, str], why_no_ids: str
) -> list[str]:
    """What writes a script, and an edit of it."""
    file = _new_file()
    options = [f"{name} {value}" for name, value in allowed.items()]
    address = _address_options(first_pages(requests) or requests)
    options += address[:1] if why_no_ids else address  # the ids come last
    if recipe == FOR_MODELS and requests[0].model:
        options.append(f"--model {requests[0].model}")
    options += _header_options(requests)
    command = " ".join(["inflight-lab snippet", recipe, *options, f"--output {file}"])
    edit = _edit(requests, recipe, file)
    return [command, *edit, *_yours_to_fill(command, file, why_no_ids)]


def _yours_to_fill(command: str, file: str, why_no_ids: str) -> list[str]:
    """The settings of the new script that cannot be known from what was seen."""
    settings = {"--rate": "RATE and PERIOD", "--ids": f"IDS, for {ID}{why_no_ids}"}
    if FOR_MODELS in command:
        settings = {"--rate": "REQUESTS", "--tokens": "TOKENS", "--prompts": TO_ASK}
    elif ID not in command:
        settings["--ids"] = f"URL, with {ID} where the requests differ, and IDS"
    missing = [words for option, words in settings.items() if option not in command]
    if not missing:
        return []
    return [TO_FILL.format(file=file, settings="; ".join(missing))]


def _most_alike(requests: Iterable[Request]) -> list[Request]:
    """The largest part that one script could send."""
    kinds = groups(lambda each: (each.library, each.method, each.host), requests)
    return max(kinds, key=len)


def _recipe_for(request: Request) -> str:
    if urlsplit(request.url).path.endswith(CHATS):
        return FOR_MODELS
    if request.method != "GET":
        return ""
    return RECIPES.get(request.library, FOR_ASYNCIO)


def _edit(requests: list[Request], recipe: str, file: str) -> list[str]:
    """How to let the new script follow pages, if answers name next ones."""
    edit = EDITS / f"{recipe}-pages.diff"
    has_pages = next_pages(requests) and edit.exists()
    return [TO_PAGE, f'patch {file} < "{edit}"'] if has_pages else []


def _quota_options(
    requests: list[Request], quota: Quota | None, recipe: str
) -> dict[str, str]:
    """What the API allows, as far as it says so itself."""
    answered = [each for each in requests if each.ended]
    options = _budgets_named_in(answered) if recipe == FOR_MODELS else {}
    return options | _rate_options(quota) if quota else options


def _rate_options(quota: Quota) -> dict[str, str]:
    return {"--rate": str(quota.rate), "--period": f"{quota.period:g}"}


def _budgets_named_in(answered: list[Request]) -> dict[str, str]:
    """APIs of models name limits in headers, by the minute, which is the recipe's own
    period, unless the words of a refusal say another.
    """
    options = {}
    for option, name in BUDGETS.items():
        limits = (each.headers.get(name, "") for each in answered)
        options[option] = max(filter(str.isdecimal, limits), key=int, default="")
    periods = filter(None, (period_said_in(each.reason) for each in answered))
    options["--period"] = next((f"{period:g}" for period in periods), "")
    return {name: value for name, value in options.items() if value}


def _header_options(requests: list[Request]) -> list[str]:
    """The headers that the script gave, if each request has the same."""
    is_from_an_sdk = is_of_an_sdk(requests[0])
    values: dict[str, set[str]] = {}
    for request in requests:
        for name, value in dict(request.sent_headers).items():
            if SCRIPTS_OWN.fullmatch(name) and not CLIENTS_OWN.fullmatch(str(value)):
                values.setdefault(name.title(), set()).add(str(value))
    if is_from_an_sdk:
        values.pop("Accept", None)  # the client's own
    key = "@OPENAI_API_KEY" if is_from_an_sdk else ""  # where the client looks for it
    options = [_header_option(name, *values[name], key=key) for name in sorted(values)]
    return list(filter(None, options))


def _header_option(name: str, value: str, *others: str, key: str) -> str:
    """How to give a header, "" if that is not known.

    A secret comes from the environment, so it has no value here.  ``key`` is the
    variable that usually has it.
    """
    if is_named_as_a_secret(name):
        return f"--header {name}{_variable_of(value) or key}"
    if others or not PLAIN_VALUE.fullmatch(value) or looks_random(value):
        return ""
    return f'--header "{name}: {value}"'


def _variable_of(value: str) -> str:
    """``@GH_TOKEN``, if that variable has this value; "" if none has."""
    secret = value.rpartition(" ")[2]  # without "Bearer"
    for name, held in os.environ.items():
        if secret and held == secret and VARIABLE.fullmatch(name):
            return f"@{name}"
    return ""


def _new_file() -> str:
    """``fixed.py``, or ``fixed_2.py`` where that is there already, and so on."""
    names = chain(["fixed.py"], (f"fixed_{number}.py" for number in count(2)))
    return next(name for name in names if not Path(name).exists())


def _address_options(requests: list[Request]) -> list[str]:
    """``--url`` with ``{id}`` where they differ, and ``--ids`` if that is clear.

    Nothing if they differ in more than one part, or hold what may be a secret.
    """
    urls = sorted({each.url for each in requests})
    address = urls[0]
    ids: list[str] = []
    if len(urls) > 1:
        address, ids = _with_one_id(urls)
    if not SAFE.fullmatch(address) or has_a_secret(address.replace(ID, "")):
        return []
    return [f'--url "{address}"', *_ids_option(ids)]


def _with_one_id(urls: list[str]) -> tuple[str, list[str]]:
    """What they have in common, and where they differ; "" if that is not one part."""
    before = re.sub("[^/?&=]*$", "", _same_start(urls))
    backwards = _same_start([url[::-1] for url in urls])
    after = re.sub("^[^/?&=.]*", "", backwards[::-1])
    ids = [url[len(before) : len(url) - len(after)] for url in urls]
    has_a_path = before.count("/") > 2
    if not has_a_path or any(not each or SEPARATOR.search(each) for each in ids):
        return "", []
    return f"{before}{ID}{after}", ids


def _same_start(texts: list[str]) -> str:
    return os.path.commonprefix(texts)  # noqa: RUF071  # letter by letter, as wanted


def _is_plain(text: str) -> bool:
    """Whether an id can stand in a command, and is no secret."""
    return bool(SIMPLE.fullmatch(text)) and not looks_random(text)


def _ids_option(ids: list[str]) -> list[str]:
    """``--ids 1-3000``, or a few between commas; nothing where that is not clear."""
    if ids and all(WHOLE_NUMBER.fullmatch(each) for each in ids):
        numbers = sorted(map(int, ids))
        if numbers[-1] - numbers[0] + 1 == len(numbers):
            return [f"--ids {numbers[0]}-{numbers[-1]}"]
    if 0 < len(ids) <= FEW_IDS and all(map(_is_plain, ids)):
        return [f"--ids {','.join(sorted(ids))}"]
    return []
