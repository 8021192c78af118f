"""What the practice API answers, and to whom."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from inflight_lab.lesson.server.app import PracticeApp
from tests.support.asgi import client_of

pytestmark = pytest.mark.anyio
CHAT = "/v1/chat/completions"
QUESTION = {"messages": [{"role": "user", "content": "one two three"}]}


@pytest.fixture
def app() -> PracticeApp:
    """One request is all that the quota allows: whatever is counted is noticed."""
    return PracticeApp(latency=0, seed=3, quota="sliding-window", rate=1, period=3600)


async def assert_nothing_was_counted(app: PracticeApp) -> None:
    """The timeline is empty, and the one request that the quota allows is left."""
    assert app.stats().started == 0
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200


@pytest.mark.parametrize(
    ("user", "headers", "param"),
    [
        ("", {"Authorization": "Bearer hunter2"}, ""),
        ("", {"Cookie": "hunter2"}, ""),
        ("", {"X-Anything-Else": "hunter2"}, ""),
        ("", {"X-Goog-Api-Key": "hunter2"}, "key"),
        ("", {}, "access_token"),
        ("ada:hunter2@", {}, ""),
    ],
    ids=str,
)
async def test_no_secret_comes_back(
    app: PracticeApp, user: str, headers: dict[str, str], param: str
) -> None:
    """Answers end up in files: of a header that may prove who sends it, and that is
    any but the usual ones, only the name is shown; of such an address, nothing.
    """
    params = {param: "hunter2"} if param else {"page": "2"}
    url = f"http://{user}127.0.0.1/get"
    headers = headers | {"Accept": "application/json"}
    async with client_of(app) as client:
        response = await client.get(url, params=params, headers=headers)
    for written in ("hunter2", b64encode(b"ada:hunter2").decode()):
        assert written not in response.text
    answer = response.json()
    assert "(not shown)" in [*answer["headers"].values(), answer["url"]]
    assert answer["args"] == ({} if param else params)
    assert answer["headers"]["Accept"] == "application/json"


async def test_an_answer_has_its_date(app: PracticeApp) -> None:
    """``Retry-After`` may be a date, and is read against the server's own clock."""
    async with client_of(app) as client:
        for _ in range(2):  # the second is refused
            date = (await client.get("/get")).headers["Date"]
            since = datetime.now(UTC) - parsedate_to_datetime(date)
            assert abs(since) < timedelta(minutes=1)


def fetch(site: str, mode: str, dest: str) -> dict[str, str]:
    """The fields in which a browser says what it fetches, and for which site."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:8000"}, 400),
        ({"Host": "127.0.0.1.evil.example:8000"}, 400),
        ({"Host": "localhost:8000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://localhost@evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://127.0.0.1:8888"}, 200),
        ({"Origin": "https://LOCALHOST"}, 200),
        ({"Origin": "http://[::1]:8888"}, 200),
        (fetch("cross-site", "no-cors", "image"), 403),
        (fetch("cross-site", "navigate", "iframe"), 403),
        (fetch("cross-site", "navigate", "document"), 200),
        (fetch("same-site", "cors", "empty"), 200),
        (fetch("none", "navigate", "document"), 200),
    ],
    ids=str,
)
async def test_who_is_served(
    app: PracticeApp, headers: dict[str, str], status: int
) -> None:
    """Pages of this machine and links that somebody follows are, without leave for a
    script to read.  What a browser sends for another site's page, or to another name
    for 127.0.0.1, gets nothing and is not counted.
    """
    async with client_of(app) as client:
        response = await client.get("/get", headers=headers)
    is_served = status == 200
    assert response.status_code == status
    assert ("headers" in response.text) == is_served
    assert app.stats().started == is_served
    assert not [name for name in response.headers if "access-control" in name]


# ---- chats, in the form of OpenAI's API


async def lengths(**options: Any) -> list[int]:
    """The lengths of twenty answers, of which each fits its usage."""
    drawn = []
    async with client_of(PracticeApp(latency=0, seed=3)) as client:
        for _ in range(20):
            answer = (await client.post(CHAT, json=QUESTION | options)).json()
            length = len(answer["choices"][0]["message"]["content"].split())
            assert answer["usage"] == {
                "prompt_tokens": 3,
                "completion_tokens": length,
                "total_tokens": 3 + length,
            }
            drawn.append(length)
    return drawn


async def test_an_answer_is_as_long_as_its_usage_says() -> None:
    """A word is a token, ``max_tokens`` is kept, unless its newer name says less, and
    the same seed draws the same lengths.
    """
    drawn = await lengths()
    assert drawn == await lengths()
    assert len(set(drawn)) > 10
    for limits in ({}, {"max_completion_tokens": 9}):
        most = limits.get("max_completion_tokens", 20)
        kept = await lengths(max_tokens=20, **limits)
        assert kept == [min(most, length) for length in drawn]


@pytest.mark.parametrize("usage", [False, True])
async def test_a_streamed_answer(app: PracticeApp, usage: bool) -> None:
    """Each word is an event of its own, the usage comes last if it is asked for, and
    then the end.
    """
    options = {"stream": True, "stream_options": {"include_usage": usage}}
    async with client_of(app) as client:
        answer = await client.post(CHAT, json=QUESTION | options)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.strip().split("\n\n")
    assert events.pop() == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    words = [choice["delta"]["content"] for c in chunks for choice in c["choices"]]
    assert [int(word) for word in words] == list(range(1, len(words) + 1))
    usages = [each["usage"]["completion_tokens"] for each in chunks if "usage" in each]
    assert usages == [len(words)] * usage


@pytest.mark.parametrize("body", [b"", b"null", b'{"messages": [1]}'])
async def test_what_is_no_chat(app: PracticeApp, body: bytes) -> None:
    """It is a 400 that says so, and is not counted."""
    async with client_of(app) as client:
        answer = await client.post(CHAT, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("this is not a chat: ")
    await assert_nothing_was_counted(app)
