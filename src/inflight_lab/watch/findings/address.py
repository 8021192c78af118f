"""The address that was seen, as the option ``--url`` of a recipe takes it."""

import re

from inflight_lab.server.secrets_in_urls import has_a_secret
from inflight_lab.watch.request_group import RequestGroup

SEPARATOR = re.compile("([/?&=])")
IN_QUOTES = re.compile(r"https?://[\w.:/?&=%~+,@;-]+", re.ASCII)
"""An address that every shell takes as it is between double quotes."""
ID = "{id}"
"""Stands where the addresses differ: a recipe fills in an id."""
WORD_AT_THE_END = re.compile(r"\w*$")
WORD_AT_THE_START = re.compile(r"^\w*")

WITH_AN_ID = ("fetch_all", "paced", "with_aiohttp", "with_requests")
"""The recipes in whose address an id is filled in."""
ONE_FOR_ALL = ("send_all", "language_model")
"""Those that send to one address."""
OF_OPENAI = "with_openai"
"""It takes an address without its end, as openai's client does."""
WITH_AN_ADDRESS = (*WITH_AN_ID, *ONE_FOR_ALL, OF_OPENAI)
CHATS = "/chat/completions"
"""How an address ends that takes chats as OpenAI's API does."""

SECRET_ADDRESS = (
    "The command has no --url, because the addresses hold what may be a secret: set "
    "URL in the script."
)
ONE_ADDRESS = (
    "The command has no --url, because all requests had the same address: set URL in "
    "the script, with {id} where the requests should differ."
)
SEVERAL_PATTERNS = (
    "The command has no --url, because a script has one address with one {id}, and "
    "yours differ in more: set URL in the script, and print one for each kind of "
    "address."
)
SEVERAL_ADDRESSES = (
    "The command has no --url, because the script has one address, and you sent to "
    "several: set URL in it, and print one for each."
)


def address_for(recipe: str, group: RequestGroup) -> str:
    """``https://a.example/items/{id}``; "" where there is none that may be printed."""
    address = _address(recipe, _urls_of(group))
    return "" if _has_a_secret(address) else address


def why_no_address(recipe: str, group: RequestGroup) -> str:
    """A sentence on why the command for a recipe lacks ``--url``; "" if it does not."""
    if recipe not in WITH_AN_ADDRESS:
        return ""
    urls = _urls_of(group)
    address = _address(recipe, urls)
    if _has_a_secret(address) or not _are_printable(urls):
        return SECRET_ADDRESS
    if address:
        return ""
    if len(urls) == 1:
        return ONE_ADDRESS
    return SEVERAL_PATTERNS if recipe in WITH_AN_ID else SEVERAL_ADDRESSES


def _urls_of(group: RequestGroup) -> set[str]:
    return {request.url for request in group.requests}


def _has_a_secret(address: str) -> bool:
    """Whether what is the same in all addresses may hold one; an id is left out."""
    return has_a_secret(address.replace(ID, ""))


def _are_printable(urls: set[str]) -> bool:
    """Whether a shell changes nothing in them."""
    return all(IN_QUOTES.fullmatch(url) for url in urls)


def _address(recipe: str, urls: set[str]) -> str:
    """The one for all of them, secrets included; "" if there is none."""
    if not _are_printable(urls):
        return ""
    if recipe in WITH_AN_ID:
        return pattern_of(urls)
    if len(urls) > 1:
        return ""
    (url,) = urls
    if recipe == OF_OPENAI:
        return url.removesuffix(CHATS) if url.endswith(CHATS) else ""
    return url if recipe in ONE_FOR_ALL else ""


def pattern_of(urls: set[str]) -> str:
    """The URL in which all of them are the same but for one part, ``{id}``.

    "" if there is none: they differ in several parts, or not at all.
    """
    split = [SEPARATOR.split(url) for url in sorted(urls)]
    if len({len(parts) for parts in split}) > 1:
        return ""
    pattern = []
    for parts in zip(*split, strict=True):
        is_same = len(set(parts)) == 1
        pattern.append(parts[0] if is_same else _with_id(list(parts)))
    url = "".join(pattern)
    return url if url.count(ID) == 1 and ID not in _host(url) else ""


def _with_id(parts: list[str]) -> str:
    """``item-{id}.json`` for several such parts; only whole words differ."""
    start = WORD_AT_THE_END.sub("", _shared_start(parts))
    rests = [part[len(start) :] for part in parts]
    backwards = _shared_start([rest[::-1] for rest in rests])
    end = WORD_AT_THE_START.sub("", backwards[::-1])
    return f"{start}{ID}{end}"


def _shared_start(parts: list[str]) -> str:
    start = ""
    for letters in zip(*parts, strict=False):
        if len(set(letters)) > 1:
            break
        start += letters[0]
    return start


def _host(url: str) -> str:
    return url.split("/")[2]
