"""The commands that print the code that fixes what stands out."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.request_group import RequestGroup

CHATS = "/chat/completions"
"""How an address ends that takes chats as OpenAI's API does."""


def snippet(
    recipe: str, quotas: Sequence[AnnouncedQuota] = (), *, more: str = ""
) -> str:
    """The command that prints a recipe or a rung, with the quotas filled in."""
    words = ["inflight-lab snippet", recipe]
    for quota in quotas:
        rate, period = whole(quota)
        words.append(f"--rate {rate} --period {period:.12g}")
    if more:
        words.append(more)
    return " ".join(words)


def whole(quota: AnnouncedQuota) -> tuple[int, float]:
    """The quota as requests and seconds: 2.5 in 1 s are 5 in 2 s."""
    for times in (1, 2, 3, 4, 5, 10, 60, 100):
        rate = quota.quota * times
        if rate % 1 == 0:
            return int(rate), quota.window * times
    return max(1, int(quota.quota)), quota.window


def at_a_rate(group: RequestGroup) -> str:
    """The recipe that sends what the group sends, at a rate."""
    if asks_a_model(group):
        return for_a_model(group)
    return "with_aiohttp" if group.first.library == "aiohttp" else "paced"


def for_a_model(group: RequestGroup) -> str:
    """The recipe for chats, or a rung for any client of a language model."""
    if not asks_a_model(group):
        return "budgets"
    return "with_openai" if is_sent_by_openai(group) else "language_model"


def with_retries(group: RequestGroup) -> str:
    """The recipe or rung that retries as it should."""
    return at_a_rate(group) if asks_a_model(group) else "resilient"


def in_flight(group: RequestGroup) -> str:
    """The recipe or rung that limits requests in flight: in tasks, or in threads."""
    if group.first.library == "aiohttp":
        return "with_aiohttp"
    _, sender = group.first.sender
    is_in_a_task = sender > 0
    return "semaphore" if is_in_a_task else "threaded"


def asks_a_model(group: RequestGroup) -> bool:
    """Whether the requests are chats, as OpenAI's API takes them."""
    return urlsplit(group.first.url).path.endswith(CHATS)


def is_sent_by_openai(group: RequestGroup) -> bool:
    """Whether openai's client, or one like it, says how often it has sent them."""
    return any(
        each.retry is not None and each.library in ("httpx", "httpx2")
        for each in group.requests
    )
