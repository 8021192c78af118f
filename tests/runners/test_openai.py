"""The openai package against the practice server: refused as by the real API, and never
within budgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners.budgets import Budgets

if TYPE_CHECKING:
    import openai

pytestmark = pytest.mark.anyio

TOKENS, PERIOD = 2000, 2.0
QUESTION: Any = [{"role": "user", "content": "How many words are these?"}]


@pytest.fixture
async def api() -> AsyncIterator[PracticeServer]:
    """An API that counts requests and tokens."""
    knobs = {"quota": "sliding-window", "rate": 50, "tokens": TOKENS, "period": PERIOD}
    with PracticeServer(latency=0.02, seed=1, **knobs) as server:
        yield server


def client_for(api: PracticeServer, **options: Any) -> openai.AsyncOpenAI:
    """The package's own client, pointed at the practice server."""
    import openai  # takes long, and every worker collects this file

    return openai.AsyncOpenAI(
        base_url=f"http://127.0.0.1:{api.port}/v1", api_key="none", **options
    )


async def ask(client: openai.AsyncOpenAI, *, stream: bool) -> int:
    """One chat: how many tokens it took, by what the package makes of the answer."""
    options: Any = {"model": "practice", "messages": QUESTION, "max_tokens": 100}
    if not stream:
        answer = await client.chat.completions.create(**options)
        assert (
            len(answer.choices[0].message.content.split())
            == answer.usage.completion_tokens
        )
        return int(answer.usage.total_tokens)
    words, usage = [], None
    chunks = await client.chat.completions.create(
        **options, stream=True, stream_options={"include_usage": True}
    )
    async for chunk in chunks:
        words += [choice.delta.content for choice in chunk.choices]
        usage = chunk.usage or usage
    assert usage is not None
    assert len(words) == usage.completion_tokens
    return int(usage.total_tokens)


async def test_refused_as_by_the_real_api(api: PracticeServer) -> None:
    """Without its retries it raises its own error, whose headers say what is left, and
    when.
    """
    import openai

    async with client_for(api, max_retries=0) as client:
        outcomes = await asyncio.gather(
            *(ask(client, stream=False) for _ in range(60)), return_exceptions=True
        )
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert 0 < len(errors) == api.stats().refused
    for error in errors:
        assert isinstance(error, openai.RateLimitError)
        headers = error.response.headers
        assert 1 <= int(headers["Retry-After"]) <= PERIOD
        assert (
            headers["x-ratelimit-limit-requests"],
            headers["x-ratelimit-limit-tokens"],
        ) == ("50", "2000")
        assert 0 <= int(headers["x-ratelimit-remaining-tokens"]) < 200
        assert (
            0 < float(headers["x-ratelimit-reset-tokens"].removesuffix("s")) <= PERIOD
        )
    accepted = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    assert accepted <= TOKENS


async def test_its_own_retries_find_the_quota_by_being_refused(
    api: PracticeServer,
) -> None:
    """With its retries it gets further, at the price of refusals: they react, and
    prevent nothing.
    """
    async with client_for(api, max_retries=5) as client:
        outcomes = await asyncio.gather(
            *(ask(client, stream=False) for _ in range(60)), return_exceptions=True
        )
    assert sum(isinstance(outcome, int) for outcome in outcomes) > 30
    assert api.stats().refused > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_within_budgets_nothing_is_refused(
    api: PracticeServer, stream: bool
) -> None:
    """With our transport in its ``http_client``: every answer, over more than one
    period, and no 429, of an API that counts what was used.
    """
    budgets = Budgets(
        requests=(50, PERIOD),
        tokens=(TOKENS, PERIOD),
        requests_a_day=(10_000, 86_400),
        refunds=True,
    )
    async with client_for(
        api, max_retries=0, http_client=httpx.AsyncClient(transport=budgets)
    ) as client:
        used = await asyncio.gather(*(ask(client, stream=stream) for _ in range(80)))
    stats = api.stats()
    assert (stats.refused, stats.accepted) == (0, 80)
    assert sum(used) > TOKENS, "the quota was never reached"


# In OpenAI's own dialect: it counts on arrival, and gives nothing back.


@pytest.fixture
async def openai_api() -> AsyncIterator[PracticeServer]:
    """An API that counts ``max_tokens`` when a request arrives."""
    knobs = {"quota": "sliding-window", "rate": 500, "tokens": 10_000, "period": 1.0}
    with PracticeServer(latency=0.02, seed=1, dialect="openai", **knobs) as server:
        yield server


def within(api: PracticeServer, budgets: Budgets, **options: Any) -> openai.AsyncOpenAI:
    """The package's client, as notebook 13 shows it."""
    http_client = httpx.AsyncClient(transport=budgets)
    return client_for(api, max_retries=0, http_client=http_client, **options)


async def test_250_prompts_where_nothing_comes_back(openai_api: PracticeServer) -> None:
    """250 of 250 are answered, none is refused, and none is lost."""
    budgets = Budgets(requests=(500, 1.0), tokens=(10_000, 1.0))
    async with within(openai_api, budgets) as client:
        used = await asyncio.gather(*(ask(client, stream=False) for _ in range(250)))
    stats = openai_api.stats()
    assert len(used) == 250
    assert (stats.accepted, stats.refused, stats.failed) == (250, 0, 0)
    assert sum(used) < 250 * 100, "what it used is less than what it was counted for"


async def test_a_quota_that_is_smaller_than_the_budget(
    openai_api: PracticeServer,
) -> None:
    """Refused requests are sent again when the API says, so the package sees none."""
    openai_api.rate = 20
    budgets = Budgets(requests=(500, 1.0), tokens=(10_000, 1.0))
    async with within(openai_api, budgets) as client:
        used = await asyncio.gather(*(ask(client, stream=False) for _ in range(40)))
    assert len(used) == 40
    assert openai_api.stats().accepted == 40
    assert openai_api.stats().refused > 0


async def test_no_money_is_left(openai_api: PracticeServer) -> None:
    """Each gets the package's own error with the API's reason, and nothing more than
    what was in flight is sent.
    """
    import openai

    openai_api.exhausted = True
    budgets = Budgets(requests=(5, 1.0), tokens=(10_000, 1.0))
    async with within(openai_api, budgets) as client:
        outcomes = await asyncio.gather(
            *(ask(client, stream=False) for _ in range(100)), return_exceptions=True
        )
    for outcome in outcomes:
        assert isinstance(outcome, openai.RateLimitError)
        assert outcome.code == "insufficient_quota"
        assert "check your plan" in outcome.message
    assert openai_api.stats().started <= 5
