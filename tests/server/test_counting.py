"""What counts against the quotas: requests, and the tokens of chats."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.dialects import DIALECTS
from inflight_lab.server.knobs import WITH_BURST
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio

TOKENS = 1000


def app_with(dialect: str = "draft", **knobs: object) -> PracticeApp:
    """An app that answers at once and allows `TOKENS` and 100 requests a minute."""
    defaults = {"quota": "sliding-window", "rate": 100, "period": 60, "tokens": TOKENS}
    app = PracticeApp(latency=0, seed=3, dialect=dialect, **(defaults | knobs))
    app.timeline.clock = SetClock(1000.0)
    return app


def wait(app: PracticeApp, seconds: float) -> None:
    """Let the app's clock go on."""
    assert isinstance(app.timeline.clock, SetClock)
    app.timeline.clock.now += seconds


async def ask(client: httpx.AsyncClient, words: int, **options: Any) -> httpx.Response:
    """A question of so many words, with five characters each."""
    messages = [{"role": "user", "content": "word " * words}]
    return await client.post(
        "/v1/chat/completions", json={"messages": messages} | options
    )


def left(answer: httpx.Response) -> tuple[int, int]:
    """The requests and the tokens that remain, as the headers say."""
    names = ("requests", "tokens")
    requests, tokens = (answer.headers[f"x-ratelimit-remaining-{n}"] for n in names)
    return int(requests), int(tokens)


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
    assert left(answer) == (99, TOKENS - chat.tokens)
    assert app.timeline.recent_tokens() == chat.tokens
    assert answer.json()["usage"]["total_tokens"] != chat.tokens


@pytest.mark.parametrize("dialect", ["draft", "github", "anthropic", "gemini"])
async def test_tokens_count_as_they_are_used(dialect: str) -> None:
    """In the other dialects a chat counts for what its usage says, for a period."""
    app = app_with(dialect)
    async with client_of(app) as client:
        answer = await ask(client, 8, max_tokens=300)
    assert app.timeline.recent_tokens() == answer.json()["usage"]["total_tokens"]
    wait(app, 60)
    assert app.timeline.recent_tokens() == 0


@pytest.mark.parametrize("quota", KINDS)
async def test_requests_and_tokens_are_taken_together_or_not_at_all(quota: str) -> None:
    """What one quota refuses costs nothing in the other; the refusal names the quota,
    and the headers say what is left of both.
    """
    app = app_with(quota=quota, rate=4, tokens=20, period=50)
    app.burst = 4
    async with client_of(app) as client:
        first = await ask(client, 3, max_tokens=1)
        second = await ask(client, 3, max_tokens=5)
        used = [answer.json()["usage"]["total_tokens"] for answer in (first, second)]
        too_long = 20 - sum(used)
        refused = [await ask(client, too_long, max_tokens=1) for _ in range(5)]
        third = await ask(client, 3, max_tokens=1)
    assert {answer.status_code for answer in refused} == {429}
    assert refused[-1].json() == {"error": "more than 20 tokens in 50 s"}
    assert left(refused[-1]) == (2, too_long)
    reset = refused[-1].headers["x-ratelimit-reset-tokens"]
    assert 0 < float(reset.removesuffix("s")) <= 50
    assert third.status_code == 200


async def test_a_refusal_for_tokens_says_what_is_left_of_the_requests() -> None:
    """``RateLimit`` is about the requests alone, and ``Retry-After`` about this one."""
    app = app_with(quota="token-bucket", rate=5, tokens=100, period=20)
    async with client_of(app) as client:
        accepted = await ask(client, 80, max_tokens=1)
        refused = await ask(client, 80, max_tokens=1)
        wait(app, 13)  # 62 tokens more, at 5 a second
        all_there = await ask(client, 90, max_tokens=1)
    for answer in (accepted, refused):
        assert answer.headers["ratelimit"] == '"default";r=4;t=4'
    assert refused.headers["retry-after"] == "13"
    assert all_there.headers["ratelimit"] == '"default";r=5;t=0'


async def test_tokens_are_counted_only_if_asked_for() -> None:
    """Without the knob a chat is one request among others, and no header speaks of
    tokens.
    """
    app = app_with(rate=2, tokens=None)
    async with client_of(app) as client:
        answers = [await ask(client, 3), await client.get("/get"), await ask(client, 3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert not any("tokens" in name for name in answers[-1].headers)
    app.tokens = 120
    assert app.quota_policy
    assert app.quota_policy.tokens == 120


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


@pytest.mark.parametrize("row", HAMMERED, ids=lambda row: row.quota)
async def test_refused_requests_count_too(row: Hammered) -> None:
    """At OpenAI, a client that asks again at once has to wait longer, and is admitted
    when it has waited for as long as the last refusal says.
    """
    app = app_with("openai", quota=row.quota, rate=2)
    app.burst = 2
    wait(app, 20)  # a window begins
    async with client_of(app) as client:
        for _ in range(2):
            assert (await client.get("/get")).status_code == 200
        wait(app, 20)
        refused = [await client.get("/get") for _ in range(3)]
        pauses = [float(each.headers["retry-after-ms"]) / 1000 for each in refused]
        assert pauses == row.pauses
        wait(app, pauses[-1])
        assert (await client.get("/get")).status_code == 200


async def test_a_refused_chat_takes_tokens() -> None:
    """All that it asked for, of the tokens and of the requests."""
    app = app_with("openai")
    async with client_of(app) as client:
        assert left(await ask(client, 8, max_tokens=700)) == (99, 300)
        assert left(await ask(client, 8, max_tokens=400)) == (98, 0)
        assert left(await ask(client, 8, max_tokens=400)) == (97, 0)
    assert app.timeline.recent_tokens() == 1500


async def test_by_default_a_refusal_costs_nothing() -> None:
    """Asking again at once does not make the pause longer."""
    app = app_with(rate=1)
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200
        pauses = {(await client.get("/get")).headers["retry-after"] for _ in range(5)}
    assert pauses == {"60"}


@pytest.mark.parametrize("max_tokens", [-5000, 0, True, 10**40])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_odd_limit_breaks_no_count(dialect: str, max_tokens: int) -> None:
    """Negative or absurd: nothing is given back for it, and the next chat is served."""
    app = app_with(dialect)
    async with client_of(app) as client:
        answer = await ask(client, 8, max_tokens=max_tokens)
        assert answer.status_code in (200, 400, 413, 429)
        assert app.timeline.recent_tokens() >= 0
        assert (await ask(client, 8, max_tokens=10)).status_code == 200


STANDS = {"window": [1, 2], "bucket": [6, 5], "spacing": [60 / 7, 60 / 7]}
"""By shape: how a quota of seven stands after one request, and after two."""


@pytest.mark.parametrize("kind", KINDS)
async def test_each_arrival_says_how_the_quota_stands(kind: str) -> None:
    """In the number of its shape; with spacing the second of two at once is refused."""
    app = app_with(quota=kind, rate=7)
    async with client_of(app) as client:
        for _ in range(2):
            await client.get("/get")
        app.quota = "none"
        await client.get("/get")
    sent = [event.quota for event in app.timeline.events if event.kind == "sent"]
    assert sent[:2] == pytest.approx(STANDS[KINDS[kind].shape])
    assert sent[2] is None


def test_only_some_quotas_have_a_burst() -> None:
    """Those that are no windows."""
    assert WITH_BURST == ["token-bucket", "gcra"]
