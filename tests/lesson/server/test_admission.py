"""What counts against the quotas, requests and tokens, and what answers say of them."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from inflight_lab.lesson.server.admission import Pause, policy_field
from inflight_lab.lesson.server.app import PracticeApp
from inflight_lab.lesson.server.dialects import DIALECTS
from tests.support.asgi import client_of
from tests.support.virtual_clock import SetClock

pytestmark = pytest.mark.anyio
TOKENS = 1000


def app_with(**knobs: Any) -> PracticeApp:
    """An app that answers at once, with 7 requests in 20 s unless told otherwise."""
    usual: dict[str, Any] = {"latency": 0, "seed": 3, "quota": "none"}
    app = PracticeApp(**(usual | {"rate": 7, "period": 20} | knobs))
    app.timeline.clock = SetClock(1007.0)
    return app


def app_for_chats(dialect: str = "draft", **knobs: Any) -> PracticeApp:
    """An app that allows `TOKENS` and 100 requests a minute."""
    usual = {"quota": "sliding-window", "rate": 100, "period": 60, "tokens": TOKENS}
    return app_with(dialect=dialect, **(usual | knobs))


def wait(app: PracticeApp, seconds: float) -> None:
    """Let the app's clock go on."""
    assert isinstance(app.timeline.clock, SetClock)
    app.timeline.clock.now += seconds


async def statuses(client: httpx.AsyncClient, count: int) -> list[int]:
    """Those of the next requests."""
    return [(await client.get("/get")).status_code for _ in range(count)]


async def ask(client: httpx.AsyncClient, words: int, **options: Any) -> httpx.Response:
    """A question of so many words, with five characters each."""
    question = {"messages": [{"role": "user", "content": "word " * words}]}
    return await client.post("/v1/chat/completions", json=question | options)


def left(answer: httpx.Response) -> tuple[int, int]:
    """The requests and the tokens that remain, as the headers say."""
    names = ("requests", "tokens")
    requests, tokens = (answer.headers[f"x-ratelimit-remaining-{n}"] for n in names)
    return int(requests), int(tokens)


FIELDS = [
    ("fixed-window", "r=6;t=13", "r=0;t=10", 10),
    ("sliding-window", "r=6;t=20", "r=0;t=17", 17),
    ("token-bucket", "r=6;t=3", "r=0;t=3", 3),
    ("gcra", "r=0;t=3", "r=0;t=3", 3),
]
"""What a quota says at the first request, and 3 s later at one too many."""


@pytest.mark.parametrize(("quota", "at_first", "then", "retry_after"), FIELDS)
async def test_429_says_when_to_come_back(
    quota: str, at_first: str, then: str, retry_after: int
) -> None:
    """The draft's fields on every answer, and Retry-After in whole seconds with a
    refusal: a client that waits for that long is admitted, and a second before it is
    not, which costs nothing.
    """
    app = app_with(quota=quota)
    async with client_of(app) as client:
        first = await client.get("/get")
        wait(app, 3)
        accepted = refused = first
        while refused.status_code == 200:
            accepted, refused = refused, await client.get("/get")
        assert refused.status_code == 429
        for response in (first, accepted, refused):
            assert response.headers["ratelimit-policy"] == '"default";q=7;w=20'
        assert first.headers["ratelimit"] == f'"default";{at_first}'
        assert accepted.headers["ratelimit"].startswith('"default";r=0;t=')
        assert "retry-after" not in first.headers
        assert refused.headers["ratelimit"] == f'"default";{then}'
        assert refused.headers["retry-after"] == str(retry_after)
        wait(app, retry_after - 1)
        assert await statuses(client, 1) == [429]
        wait(app, 1)
        assert await statuses(client, 1) == [200]


async def test_knobs_turn_while_it_runs() -> None:
    """Every knob counts from the next request on, and the timeline learns the new
    period.
    """
    app = app_with()
    async with client_of(app) as client:
        assert await statuses(client, 20) == [200] * 20
        app.quota, app.rate, app.period = "sliding-window", 1, 3600
        assert await statuses(client, 2) == [200, 429]
        app.rate = 3
        assert await statuses(client, 3) == [200, 200, 429]
        app.quota = "gcra"
        assert await statuses(client, 2) == [200, 429]
        assert app.timeline.period == 3600
        wait(app, 5)
        app.period = 4
        assert await statuses(client, 2) == [200, 429]


async def test_reset_forgets_the_used_quota() -> None:
    """After a reset the numbers are zero and the whole quota is there again."""
    app = app_with(quota="sliding-window", rate=1)
    async with client_of(app) as client:
        assert await statuses(client, 2) == [200, 429]
        app.reset()
        assert app.stats().started == 0
        assert await statuses(client, 2) == [200, 429]


async def test_too_many_at_once_use_no_quota() -> None:
    """``max_concurrent`` refuses by what is in flight at this moment; a request that is
    turned away is not counted by the quota.
    """
    app = app_with(quota="sliding-window", rate=1, max_concurrent=4)
    in_flight = [app.timeline.send() for _ in range(3)]
    async with client_of(app) as client:
        in_flight.append(app.timeline.send())
        assert await statuses(client, 2) == [503, 503]
        app.timeline.answer(in_flight[0], 200)
        assert await statuses(client, 2) == [200, 429]


PAUSES = {"sliding-window": [40, 60, 60], "token-bucket": [40, 70, 100]}
"""Of three refusals at once, 20 s into a minute whose two requests are used."""


@pytest.mark.parametrize("quota", PAUSES)
async def test_refused_requests_count_too(quota: str) -> None:
    """At OpenAI, a client that asks again at once has to wait longer, and is admitted
    when it has waited for as long as the last refusal says.
    """
    app = app_with(dialect="openai", quota=quota, rate=2, period=60)
    async with client_of(app) as client:
        assert await statuses(client, 2) == [200] * 2
        wait(app, 20)
        refused = [await client.get("/get") for _ in range(3)]
        pauses = [float(each.headers["retry-after-ms"]) / 1000 for each in refused]
        assert pauses == PAUSES[quota]
        wait(app, pauses[-1])
        assert await statuses(client, 1) == [200]


async def test_each_arrival_says_how_the_quota_stands() -> None:
    """Right after it was counted, if it was."""
    app = app_with(quota="token-bucket")
    async with client_of(app) as client:
        await statuses(client, 2)
        app.quota = "none"
        await statuses(client, 1)
    sent = [event.quota for event in app.timeline.events if event.kind == "sent"]
    assert sent == [6, 5, None]


# ---- tokens


ON_ARRIVAL = [
    ("openai", 8, {"max_tokens": 200}, 200),  # more than the prompt
    ("openai", 400, {"max_tokens": 100}, 500),  # 2000 characters may be 500 tokens
    ("openai", 8, {}, 10),  # the prompt's estimate alone
    ("azure", 8, {"max_tokens": 200}, 210),  # the prompt and max_tokens
    ("azure", 8, {}, 510),  # the longest answer there is
]


@pytest.mark.parametrize(("dialect", "words", "limit", "counted"), ON_ARRIVAL)
async def test_tokens_count_on_arrival(
    dialect: str, words: int, limit: dict[str, int], counted: int
) -> None:
    """As OpenAI and Azure document it; what the answer does not use is not given
    back.
    """
    app = app_for_chats(dialect)
    async with client_of(app) as client:
        answer = await ask(client, words, **limit)
    assert left(answer) == (99, TOKENS - counted)
    assert app.timeline.recent_tokens() == counted
    assert answer.json()["usage"]["total_tokens"] != counted


@pytest.mark.parametrize("dialect", sorted({*DIALECTS} - {"openai", "azure"}))
async def test_tokens_count_as_they_are_used(dialect: str) -> None:
    """In the other dialects a chat counts for what its usage says, for a period."""
    app = app_for_chats(dialect)
    async with client_of(app) as client:
        answer = await ask(client, 8, max_tokens=300)
    assert app.timeline.recent_tokens() == answer.json()["usage"]["total_tokens"]
    wait(app, 60)
    assert app.timeline.recent_tokens() == 0


@pytest.mark.parametrize("quota", ["sliding-window", "token-bucket"])
async def test_requests_and_tokens_are_taken_together_or_not_at_all(quota: str) -> None:
    """What one quota refuses costs nothing in the other; the refusal names the quota,
    and the headers say what is left of both.
    """
    app = app_for_chats(quota=quota, rate=4, tokens=20, period=50)
    async with client_of(app) as client:
        answers = [await ask(client, 3, max_tokens=most) for most in (1, 5)]
        used = [answer.json()["usage"]["total_tokens"] for answer in answers]
        too_long = 20 - sum(used)
        refused = [await ask(client, too_long, max_tokens=1) for _ in range(5)]
        third = await ask(client, 3, max_tokens=1)
    assert {answer.status_code for answer in refused} == {429}
    assert refused[-1].json() == {"error": "more than 20 tokens in 50 s"}
    assert left(refused[-1]) == (2, too_long)
    reset = refused[-1].headers["x-ratelimit-reset-tokens"]
    assert 0 < float(reset.removesuffix("s")) <= 50
    assert third.status_code == 200


async def test_a_refused_chat_takes_tokens() -> None:
    """At OpenAI, all that it asked for, of the tokens and of the requests."""
    app = app_for_chats("openai")
    async with client_of(app) as client:
        assert left(await ask(client, 8, max_tokens=700)) == (99, 300)
        assert left(await ask(client, 8, max_tokens=400)) == (98, 0)
        assert left(await ask(client, 8, max_tokens=400)) == (97, 0)
    assert app.timeline.recent_tokens() == 1500


# ---- how a quota and a pause are written: in integers, and never too much


@pytest.mark.parametrize(
    ("rate", "period", "field"),
    [
        (100, 1.0, '"default";q=100;w=1'),
        (2.7, 1.2, '"default";q=2;w=2'),
        (0.3, 1.0, '"default";q=1;w=4'),
        (7, 50 * 0.14, '"default";q=7;w=7'),  # 7.000000000000001
    ],
)
def test_the_strictest_integers(rate: float, period: float, field: str) -> None:
    """The rate is rounded down and the window up; less than one request is one request
    in a longer window.
    """
    assert policy_field(rate, period) == field


@pytest.mark.parametrize(
    ("seconds", "whole", "milliseconds", "duration"),
    [
        (0.00001, 1, 1, "1ms"),
        (0.12, 1, 120, "120ms"),
        (8.64, 9, 8640, "8.64s"),
        (17.0000000001, 17, 17_000, "17s"),  # what a float adds
        (59.9996, 60, 60_000, "1m0s"),
        (86_400, 86_400, 86_400_000, "24h0m0s"),
    ],
)
def test_a_pause_from_now(
    seconds: float, whole: int, milliseconds: int, duration: str
) -> None:
    """Rounded up; the durations are those that Go writes, and OpenAI's headers have."""
    pause = Pause(seconds)
    assert pause.seconds == whole
    assert pause.milliseconds == milliseconds
    assert pause.duration == duration


def test_a_time_of_day_is_never_early() -> None:
    """As a number and as a date: the second in which the pause is over."""
    earliest = time.time() + 60
    pause = Pause(60)
    date = datetime.fromisoformat(pause.rfc3339)
    for moment in (pause.unix_time, date.timestamp()):
        assert earliest <= moment <= time.time() + 61
