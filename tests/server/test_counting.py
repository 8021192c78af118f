"""What counts against the quotas: what was used, or what was asked for on arrival."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.server.app import PracticeApp
from inflight_lab.server.dialects import DIALECTS
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio

TOKENS = 1000


def app_with(dialect: str, **knobs: object) -> PracticeApp:
    """An app that answers at once and allows `TOKENS` and 100 requests a minute."""
    defaults = {"quota": "sliding-window", "rate": 100, "period": 60, "tokens": TOKENS}
    app = PracticeApp(latency=0, seed=3, dialect=dialect, **(defaults | knobs))
    app.timeline.clock = SetClock(1000.0)
    return app


async def ask(client: httpx.AsyncClient, words: int, **options: Any) -> httpx.Response:
    """A question of so many words, with five characters each."""
    messages = [{"role": "user", "content": "word " * words}]
    return await client.post(
        "/v1/chat/completions", json={"messages": messages} | options
    )


class Counted(NamedTuple):
    """What a chat counts for."""

    dialect: str
    words: int
    max_tokens: int | None
    tokens: int
    why: str


ON_ARRIVAL = [
    Counted("openai", 8, 200, 200, "max_tokens is more than the prompt"),
    Counted("openai", 400, 100, 500, "2000 characters may be 500 tokens"),
    Counted("openai", 8, None, 10, "there is only the prompt's estimate"),
    Counted("azure", 8, 200, 210, "the prompt and max_tokens"),
    Counted("azure", 400, 100, 600, "the prompt and max_tokens"),
    Counted("azure", 8, None, 510, "the longest answer there is"),
]


@pytest.mark.parametrize(
    "chat", ON_ARRIVAL, ids=lambda row: f"{row.dialect}: {row.why}"
)
async def test_tokens_count_on_arrival(chat: Counted) -> None:
    """As OpenAI and Azure document it; what the answer does not use is not given
    back.
    """
    app = app_with(chat.dialect)
    limit = {} if chat.max_tokens is None else {"max_tokens": chat.max_tokens}
    async with client_of(app) as client:
        answer = await ask(client, chat.words, **limit)
    assert answer.status_code == 200
    left = int(answer.headers["x-ratelimit-remaining-tokens"])
    assert TOKENS - left == chat.tokens == app.timeline.recent_tokens()
    assert answer.json()["usage"]["total_tokens"] != chat.tokens


@pytest.mark.parametrize("dialect", ["draft", "github", "anthropic", "gemini"])
async def test_tokens_count_as_they_are_used(dialect: str) -> None:
    """In the other dialects a chat counts for what its usage says."""
    app = app_with(dialect)
    async with client_of(app) as client:
        answer = await ask(client, 8, max_tokens=300)
    assert app.timeline.recent_tokens() == answer.json()["usage"]["total_tokens"]


class Hammered(NamedTuple):
    """The pauses of three refusals at once, 20 s into a minute whose two are used."""

    quota: str
    pauses: list[float]


HAMMERED = [
    Hammered("fixed-window", [40, 40, 40]),
    Hammered("sliding-window", [40, 60, 60]),
    Hammered("token-bucket", [40, 70, 100]),
    Hammered("gcra", [40, 70, 100]),
]


@pytest.mark.parametrize("dialect", ["openai", "azure"])
@pytest.mark.parametrize("row", HAMMERED, ids=lambda row: row.quota)
async def test_refused_requests_count_too(row: Hammered, dialect: str) -> None:
    """A client that asks again at once has to wait longer, and is admitted when it has
    waited for as long as the last refusal says.
    """
    app = app_with(dialect, quota=row.quota, rate=2)
    app.burst = 2
    clock = app.timeline.clock
    assert isinstance(clock, SetClock)
    clock.now = 1020.0  # a window begins
    async with client_of(app) as client:
        for _ in range(2):
            assert (await client.get("/get")).status_code == 200
        clock.now += 20
        refused = [await client.get("/get") for _ in range(3)]
        pauses = [float(each.headers["retry-after-ms"]) / 1000 for each in refused]
        assert pauses == row.pauses
        clock.now += pauses[-1]
        assert (await client.get("/get")).status_code == 200


async def test_a_refused_chat_takes_tokens() -> None:
    """All that it asked for, of the tokens and of the requests."""
    app = app_with("openai")
    async with client_of(app) as client:
        assert (await ask(client, 8, max_tokens=700)).status_code == 200
        for tokens, requests in ((0, 98), (0, 97)):
            refused = await ask(client, 8, max_tokens=400)
            assert refused.status_code == 429
            headers = refused.headers
            assert int(headers["x-ratelimit-remaining-tokens"]) == tokens
            assert int(headers["x-ratelimit-remaining-requests"]) == requests
        assert app.timeline.recent_tokens() == 1500


async def test_by_default_a_refusal_costs_nothing() -> None:
    """Asking again at once does not make the pause longer."""
    app = app_with("draft", rate=1)
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200
        pauses = {(await client.get("/get")).headers["retry-after"] for _ in range(5)}
    assert pauses == {"60"}


@pytest.mark.parametrize(
    "max_tokens",
    [-5, 0, True, 1e300, 10**400],
    ids=["negative", "zero", "boolean", "huge", "huge integer"],
)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_odd_limit_breaks_no_count(dialect: str, max_tokens: float) -> None:
    """Negative or absurd: nothing is given back for it, and the next chat is served."""
    app = app_with(dialect)
    async with client_of(app) as client:
        answer = await ask(client, 8, max_tokens=max_tokens)
        assert answer.status_code in (200, 400, 413, 429)
        assert app.timeline.recent_tokens() >= 0
        assert (await ask(client, 8, max_tokens=10)).status_code == 200
