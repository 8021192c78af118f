"""The commands that print the code that fixes what stands out."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.findings.address import CHATS, address_for
from inflight_lab.watch.findings.command import WHOLE_SCRIPTS, Command
from inflight_lab.watch.findings.headers import headers_for
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup

RECIPE_BY_LIBRARY = {
    "aiohttp": "with_aiohttp",
    "requests": "with_requests",
    "urllib3": "with_requests",
}
"""The recipe that uses the script's own library."""


def snippet(
    recipe: str, quotas: Sequence[AnnouncedQuota] = (), *, more: Iterable[str] = ()
) -> Command:
    """The command for a recipe or a rung, with the quotas and other options."""
    options = []
    for quota in quotas:
        rate, period = whole(quota)
        options.append(f"--rate {rate} --period {period:.12g}")
    return Command(recipe, (*options, *more))


def for_requests(
    group: RequestGroup,
    recipe: str,
    quotas: Sequence[AnnouncedQuota] = (),
    *,
    more: Iterable[str] = (),
) -> Command:
    """The same for what most of a group is: with its address and its headers."""
    if recipe not in WHOLE_SCRIPTS:
        return snippet(recipe)
    most = most_of(group)
    return replace(
        snippet(recipe, quotas, more=more),
        url=address_for(recipe, most),
        headers=headers_for(recipe, most),
    )


def whole(quota: AnnouncedQuota) -> tuple[int, float]:
    """The quota as requests and seconds: 2.5 in 1 s are 5 in 2 s.

    Where no whole number fits, it is a little less than the quota, never more.
    """
    for times in (1, 2, 3, 4, 5, 10, 60, 100):
        rate = quota.quota * times
        if rate % 1 == 0:
            return int(rate), quota.window * times
    if quota.quota < 1:
        return 1, math.ceil(quota.window / quota.quota)
    return int(quota.quota), quota.window


def at_the_quotas(group: RequestGroup, quotas: Sequence[AnnouncedQuota]) -> Command:
    """The command for a recipe that sends what most of the group is, within quotas."""
    recipe = _recipe(most_of(group), quotas)
    return for_requests(group, recipe, quotas)


def most_of(group: RequestGroup) -> RequestGroup:
    """The largest part of it that one recipe could send."""
    return max(group.grouped_by(_kind_of), key=len)


def _kind_of(request: Request) -> Hashable:
    is_chat = urlsplit(request.url).path.endswith(CHATS)
    return request.library, request.method, request.host, is_chat


def _recipe(group: RequestGroup, quotas: Sequence[AnnouncedQuota]) -> str:
    """If the quotas are a guess, the recipe obeys the headers as well."""
    if asks_a_model(group):
        return for_a_model(group)
    if group.first.method == "POST":
        return "send_all"
    if group.first.library in RECIPE_BY_LIBRARY:
        return RECIPE_BY_LIBRARY[group.first.library]
    are_known = all(quota.is_certain for quota in quotas)
    return "paced" if are_known else "fetch_all"


def for_a_model(group: RequestGroup) -> str:
    """The recipe for chats, or a rung for any client of a language model."""
    if not asks_a_model(group):
        return "budgets"
    return "with_openai" if is_sent_by_openai(group) else "language_model"


def with_retries(group: RequestGroup) -> Command:
    """The command for code that retries as it should."""
    if asks_a_model(group):
        return for_requests(group, for_a_model(group))
    return for_requests(group, _of_its_library(group) or "resilient")


def with_a_limit(group: RequestGroup) -> Command:
    """The command for code that limits requests in flight."""
    if asks_a_model(group) and is_sent_by_openai(group):
        return for_requests(group, "with_openai")
    usual = "fetch_all" if is_in_a_thread(group) else "semaphore"
    return for_requests(group, _of_its_library(group) or usual)


def _of_its_library(group: RequestGroup) -> str:
    """The recipe for the library that sends most of it; "" if that is httpx."""
    most = most_of(group).first
    if most.library not in RECIPE_BY_LIBRARY:
        return ""
    return "send_all" if most.method == "POST" else RECIPE_BY_LIBRARY[most.library]


def is_in_a_thread(group: RequestGroup) -> bool:
    """Whether no task sends the requests, but a thread that waits for each answer."""
    _, sender = group.first.sender
    return sender < 0


def asks_a_model(group: RequestGroup) -> bool:
    """Whether most of the requests are chats, as OpenAI's API takes them."""
    return urlsplit(most_of(group).first.url).path.endswith(CHATS)


def is_sent_by_openai(group: RequestGroup) -> bool:
    """Whether openai's client, or one like it, says how often it has sent them."""
    return any(
        each.retry is not None and each.library in ("httpx", "httpx2")
        for each in group.requests
    )
