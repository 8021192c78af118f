"""Budgets as a transport: what a request is counted for, and what a refusal does."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.quotas.algorithms import KINDS
from inflight_lab.runners.budgets import Budgets, make_many_requests
from tests.support.virtual_clock import run, virtual_loop
from tests.support.waiting import PATIENCE

URL = "http://127.0.0.1/v1/chat/completions"
LATENCY = 0.1


class Wire:
    """What goes over a transport's wire: each request, when, and the answer to it.

    ``answer`` makes the answer to the request with this number, counted from 0.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        answer: Callable[[int], httpx.Response],
    ) -> None:
        self.sent: list[httpx.Request] = []
        self.moments: list[float] = []

        async def send(_: object, request: httpx.Request) -> httpx.Response:
            number = len(self.sent)
            self.sent.append(request)
            self.moments.append(round(virtual_loop().now - 1000, 2))
            await asyncio.sleep(LATENCY)
            return answer(number)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", send)


def answer_in(
    parts: list[bytes], status: int = 200, headers: Any = None
) -> httpx.Response:
    """An answer whose body comes in parts, as from the network."""

    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    return httpx.Response(status, headers=headers, content=body())


def refusal(status: int = 429, body: object = None, **headers: str) -> httpx.Response:
    """A refusal with these headers, ``_`` for ``-``, and this JSON."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_in([json.dumps(body or {}).encode()], status, fields)


def chat(max_tokens: int | None = 50, **fields: object) -> dict[str, Any]:
    """A request of 100 bytes, which is 25 tokens, and so many for its answer."""
    if max_tokens is not None:
        fields["max_tokens"] = max_tokens
    return {"content": json.dumps(fields).ljust(100).encode()}


async def assert_left(budgets: Budgets, **left: float) -> None:
    """So much is left of these budgets, and no more."""
    before = virtual_loop().now
    async with budgets.take(**left):
        assert virtual_loop().now == before
    for name in left:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), budgets.take(**{name: 0.3}):
                pass


# What a request is counted for.


class Usage(NamedTuple):
    """An answer in parts, and the tokens that a request of 75 then costs."""

    parts: list[bytes]
    with_refunds: int
    without: int = 75


USAGES = {
    "in one part": Usage([b'{"usage": {"prompt_tokens": 9, "total_tokens": 42}}'], 42),
    "without a space": Usage([b'{"usage":{"total_tokens":42}}'], 42),
    "cut in its name": Usage([b'{"usage": {"total_', b'tokens": 42}}'], 42),
    "cut in its number": Usage([b'{"total_tokens": 4', b"2}"], 42),
    "a running total": Usage([b'{"total_tokens": 7}', b'{"total_tokens": 42}'], 42),
    "at the end of much": Usage([b"x" * 5000, b'{"total_tokens": 42}'], 42),
    "before a long end": Usage([b'{"total_tokens": 42}', b"x" * 5000], 42),
    "Anthropic's stream": Usage(
        [
            b'{"type": "message_start", "usage": {"input_tokens": 30, ',
            b'"output_tokens": 1}}\n\n{"usage": {"output_tokens": 12}}',
        ],
        42,
    ),
    "Gemini's": Usage(
        [b'{"usageMetadata": {"promptTokenCount": 30, "totalTokenCount": 42}}'], 42
    ),
    "words of the answer": Usage([rb'{"content": "\"total_tokens\": 9"}'], 75),
    "no number of this world": Usage([b'{"total_tokens": ' + b"9" * 5000 + b"}"], 75),
    "not said": Usage([b'{"choices": []}'], 75),
    "no body": Usage([], 75),
    "more than was reserved": Usage([b'{"total_tokens": 90}'], 90, 90),
}


@pytest.mark.parametrize("refunds", [False, True])
@pytest.mark.parametrize("usage", USAGES.values(), ids=list(USAGES))
def test_the_usage_in_an_answer(
    usage: Usage, refunds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last number counts, however the body is cut; without refunds nothing comes
    back, but what was too little is taken.
    """
    wire = Wire(monkeypatch, lambda _: answer_in(usage.parts))

    async def main() -> None:
        budgets = Budgets(tokens=(1000, 60), refunds=refunds)
        async with httpx.AsyncClient(transport=budgets) as client:
            response = await client.post(URL, **chat(50))
        assert response.content == b"".join(usage.parts)
        cost = usage.with_refunds if refunds else usage.without
        await assert_left(budgets, tokens=1000 - cost)

    run(main())
    assert wire.sent[0].headers["Accept-Encoding"] == "identity"


def test_a_stream_that_is_left_gives_nothing_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its numbers so far say too little: the API goes on writing."""
    parts = [b'{"usage": {"input_tokens": 2, "output_tokens": 1}}', b"more", b"more"]
    Wire(monkeypatch, lambda _: answer_in(parts))

    async def main() -> None:
        budgets = Budgets(tokens=(1000, 60), refunds=True)
        client = httpx.AsyncClient(transport=budgets)
        async with client, client.stream("POST", URL, **chat(50)) as response:
            async for _ in response.aiter_raw():
                break
        await assert_left(budgets, tokens=925)

    run(main())


def test_with_refunds_an_answer_counts_until_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An API that counts tokens while it writes them counts the last ones then."""

    async def body() -> AsyncIterator[bytes]:
        await asyncio.sleep(20)
        yield b"slow"

    Wire(monkeypatch, lambda _: httpx.Response(200, content=body()))

    async def seconds_until_back(*, refunds: bool) -> float:
        budgets = Budgets(tokens=(75, 60), refunds=refunds)
        async with httpx.AsyncClient(transport=budgets) as client:
            await client.post(URL, **chat(50))
            async with budgets.take(tokens=75):
                return virtual_loop().now - 1000

    assert run(seconds_until_back(refunds=True)) == pytest.approx(80.1, abs=0.1)
    assert run(seconds_until_back(refunds=False)) == pytest.approx(60.6, abs=0.1)


def test_with_refunds_a_long_stream_counts_while_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing comes back before its end, though it takes longer than the period; the
    last tokens count for a whole period, though others were answered sooner.
    """

    async def body() -> AsyncIterator[bytes]:
        yield b"begins"
        await asyncio.sleep(100)
        yield b"ends"

    def answer(number: int) -> httpx.Response:
        return answer_in([]) if number < 2 else httpx.Response(200, content=body())

    Wire(monkeypatch, answer)

    async def main() -> None:
        budgets = Budgets(tokens=(1000, 60), refunds=True)
        async with httpx.AsyncClient(transport=budgets) as client:
            for _ in range(2):  # quick ones, so that the shortest latency is known
                await client.post(URL, **chat(50))
            await asyncio.sleep(70)
            async with client.stream("POST", URL, **chat(50)) as response:
                await asyncio.sleep(80)
                await assert_left(budgets, tokens=925)
                await response.aread()
            ended = virtual_loop().now
            async with budgets.take(tokens=1000):
                assert virtual_loop().now >= ended + 60

    run(main())


def test_with_refunds_a_stream_that_breaks_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its reservation counts for one more period, even if closing it fails."""

    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"begins"
            raise httpx.ReadError("broken")

        async def aclose(self) -> None:
            raise httpx.ReadError("broken")

    Wire(monkeypatch, lambda _: httpx.Response(200, stream=Broken()))

    async def main() -> None:
        budgets = Budgets(tokens=(75, 60), refunds=True)
        async with httpx.AsyncClient(transport=budgets) as client:
            with pytest.raises(httpx.ReadError):
                await client.post(URL, **chat(50))
        async with asyncio.timeout(61), budgets.take(tokens=75):
            pass

    run(main())


class Question(NamedTuple):
    """A body, and how many tokens its prompt and its answer may have."""

    body: bytes
    prompt: float
    answer: float
    path: str = "/v1/chat/completions"


QUESTIONS = {
    "nothing": Question(b"", 0, 0),
    "no limit": Question(b'{"messages": []} ...', 5, 1000),
    "null": Question(b'{"max_tokens": null}', 5, 1000),
    "max_tokens": Question(b'{"max_tokens": 300} ', 5, 300),
    "max_completion_tokens": Question(b'{"max_completion_tokens":30}', 7, 30),
    "Responses": Question(b'{"max_output_tokens":30}', 6, 30),
    "Gemini": Question(b'{"generationConfig": {"maxOutputTokens": 30}}...', 12, 30),
    "Bedrock": Question(b'{"inferenceConfig": {"maxTokens": 30}}..', 10, 30),
    "three answers": Question(b'{"max_tokens": 30, "n": 3} .', 7, 90),
    "in the prompt": Question(rb'{"content": "\"max_tokens\": 9"}', 8, 1000),
    "embeddings": Question(b'{"input": "any text"}...', 6, 0, "/v1/embeddings"),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
@pytest.mark.anyio
async def test_the_most_that_a_request_may_cost(question: Question) -> None:
    """A token for four bytes of the prompt, and the limit of its answer, whatever the
    API calls that; without a limit 1,000, unless nothing is written.
    """
    url = httpx.URL(URL, path=question.path)
    request = httpx.Request("POST", url, content=question.body)
    assert await Budgets().estimate(request) == {
        "tokens": question.prompt + question.answer,
        "input_tokens": question.prompt,
        "output_tokens": question.answer,
    }


def test_what_each_budget_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name begins with what it counts; any other name counts requests."""
    usage = b'{"usage": {"input_tokens": 30, "output_tokens": 12}}'
    Wire(monkeypatch, lambda _: answer_in([usage]))

    async def main() -> None:
        budgets = Budgets(
            minute=(5, 60),
            tokens_a_day=(1000, 86_400),
            input_tokens=(1000, 60),
            output_tokens=(1000, 60),
            refunds=True,
        )
        async with httpx.AsyncClient(transport=budgets) as client:
            await client.post(URL, **chat(50))
        await assert_left(
            budgets, minute=4, tokens_a_day=958, input_tokens=970, output_tokens=988
        )

    run(main())


def test_an_estimate_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass that knows better is believed; a body that is made while it is sent
    can be estimated too.
    """

    class Counted(Budgets):
        async def estimate(self, request: httpx.Request) -> dict[str, float]:
            return {"tokens": len(request.content.split())}

    async def body() -> AsyncIterator[bytes]:
        yield b"three "
        yield b"words here"

    Wire(monkeypatch, lambda _: answer_in([]))

    async def main() -> None:
        budgets = Counted(tokens=(1000, 60))
        async with httpx.AsyncClient(transport=budgets) as client:
            await client.post(URL, content=body())
        await assert_left(budgets, tokens=997)

    run(main())


# What a refusal does.


class Said(NamedTuple):
    """A refusal, and the seconds that it asks for."""

    answer: Callable[[], httpx.Response]
    seconds: float


RETRY_INFO = {"error": {"details": [{"retryDelay": "34s"}]}}
PAUSES = {
    "Retry-After": Said(lambda: refusal(Retry_After="20"), 20),
    "503": Said(lambda: refusal(503, Retry_After="20"), 20),
    "529": Said(lambda: refusal(529, Retry_After="8"), 8),
    "Azure": Said(lambda: refusal(retry_after_ms="20000"), 20),
    "OpenAI": Said(
        lambda: refusal(
            x_ratelimit_remaining_tokens="0", x_ratelimit_reset_tokens="1m30s"
        ),
        90,
    ),
    "Gemini": Said(lambda: refusal(body=RETRY_INFO), 34),
    "Telegram": Said(lambda: refusal(body={"parameters": {"retry_after": 35}}), 35),
    "GitHub": Said(
        lambda: refusal(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="20"), 20
    ),
}


@pytest.mark.parametrize("said", PAUSES.values(), ids=list(PAUSES))
def test_nothing_is_sent_before_a_refusal_allows_it(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All wait as long as it asks one to, and then each gets its answer."""
    wire = Wire(monkeypatch, lambda n: said.answer() if n < 6 else answer_in([]))

    async def main() -> list[httpx.Response]:
        budgets = Budgets(requests=(100, 60))
        async with httpx.AsyncClient(transport=budgets) as client:
            first = [asyncio.create_task(client.post(URL)) for _ in range(6)]
            await asyncio.sleep(1)
            later = [asyncio.create_task(client.post(URL)) for _ in range(6)]
            return await asyncio.gather(*first, *later)

    assert [answer.status_code for answer in run(main())] == [200] * 12
    assert len(wire.sent) == 18
    assert wire.moments[6] == pytest.approx(LATENCY + said.seconds, abs=0.02)


def test_without_a_word_it_backs_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal that does not say how long is tried six times, for about a minute;
    then it is the answer.
    """
    wire = Wire(monkeypatch, lambda _: refusal(529, {"error": "overloaded"}))

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=Budgets()) as client:
            return await client.post(URL)

    answer = run(main())
    assert (answer.status_code, answer.json()) == (529, {"error": "overloaded"})
    assert len(wire.sent) == 6
    assert 31 <= wire.moments[-1] <= 63


NO_MONEY = {"error": {"code": "insufficient_quota", "message": "Check your plan."}}


def test_after_a_permanent_refusal_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All others get the API's own answer as well, at once, and later ones too."""
    wire = Wire(monkeypatch, lambda _: refusal(429, NO_MONEY))

    async def main() -> list[httpx.Response]:
        budgets = Budgets(requests=(3, 60))
        async with httpx.AsyncClient(transport=budgets) as client:
            answers = await asyncio.gather(*(client.post(URL) for _ in range(50)))
            assert virtual_loop().now < 1001
            await asyncio.sleep(1000)
            return [*answers, await client.post(URL)]

    answers = run(main())
    assert len(wire.sent) == 3
    assert len(answers) == 51
    for answer in answers:
        assert (answer.status_code, answer.json()) == (429, NO_MONEY)


def test_nobody_waits_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause of more than two minutes is the answer to all until it is over."""
    answers = [refusal(Retry_After="3600"), answer_in([b"again"])]
    wire = Wire(monkeypatch, answers.__getitem__)

    async def main() -> None:
        async with httpx.AsyncClient(transport=Budgets(requests=(1, 60))) as client:
            both = await asyncio.gather(client.post(URL), client.post(URL))
            assert [answer.status_code for answer in both] == [429, 429]
            await asyncio.sleep(3500)
            assert (await client.post(URL)).status_code == 429
            await asyncio.sleep(100)
            assert (await client.post(URL)).content == b"again"

    run(main())
    assert len(wire.sent) == 2


def test_a_long_pause_that_is_over_stops_nobody() -> None:
    """A request that was sent before it, and is refused after it, is sent again when
    the gate opens.
    """
    slow_answers = [refusal(Retry_After="1"), answer_in([b"again"])]

    async def answer_late() -> httpx.Response:
        await asyncio.sleep(300)
        return slow_answers.pop(0)

    async def refuse() -> httpx.Response:
        return refusal(Retry_After="200")

    async def main() -> None:
        budgets = Budgets()
        late = asyncio.create_task(budgets.send(answer_late, {"requests": 1}))
        await asyncio.sleep(1)
        assert (await budgets.send(refuse, {"requests": 1})).status_code == 429
        assert (await late).status_code == 200

    run(main())


def test_an_error_names_the_longest_pause_that_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is the one of these budgets, which may not be the default."""
    Wire(monkeypatch, lambda _: refusal(Retry_After="20"))
    budgets = Budgets()
    budgets.longest_pause = 10

    async def main() -> list[httpx.Response | BaseException]:
        return await make_many_requests(URL, 1, budgets=budgets, return_exceptions=True)

    [error] = run(main())
    assert isinstance(error, ValueError)
    assert error.__notes__ == [
        "It asks for a pause of 20 s, and longest_pause is 10 s."
    ]


@pytest.mark.anyio
async def test_more_than_a_hundred_in_flight() -> None:
    """The budgets are the only limit: the connection pool has none of its own."""
    count, arrived = 150, 0
    all_there = asyncio.Event()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == count:
            all_there.set()
        await all_there.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        budgets = Budgets(requests=(1000, 60))
        async with httpx.AsyncClient(transport=budgets, timeout=PATIENCE) as client:
            url = f"http://127.0.0.1:{port}"
            answers = await asyncio.gather(*(client.get(url) for _ in range(count)))
    assert [answer.status_code for answer in answers] == [200] * count


def test_a_prompt_that_never_fits_is_an_error_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its client gets a ``ValueError``, and nothing is sent."""
    wire = Wire(monkeypatch, lambda _: answer_in([]))

    async def main() -> None:
        async with httpx.AsyncClient(transport=Budgets(tokens=(74, 60))) as client:
            with pytest.raises(ValueError, match="never be sent: 75 tokens"):
                await client.post(URL, **chat(50))

    run(main())
    assert wire.sent == []


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_may_have_been_processed_is_not_repeated(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pause is obeyed, but the failure is the answer: a POST may have had its
    effect.
    """
    first = refusal(status, Retry_After="20")
    wire = Wire(monkeypatch, [first, answer_in([])].__getitem__)

    async def main() -> list[int]:
        async with httpx.AsyncClient(transport=Budgets()) as client:
            answers = [await client.post(URL), await client.post(URL)]
            return [answer.status_code for answer in answers]

    assert run(main()) == [status, 200]
    assert wire.moments == [0, pytest.approx(20 + LATENCY, abs=0.02)]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: refusal(400, {"error": "too long"}, x_should_retry="false"),
        lambda: refusal(500, x_should_retry="false"),
        lambda: refusal(404),
        lambda: refusal(403, {"message": "not yours"}),
    ],
    ids=["400", "500", "404", "403"],
)
def test_an_error_of_one_request_is_its_own(
    answer: Callable[[], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is handed on at once, and the next request is sent."""
    wire = Wire(monkeypatch, lambda n: answer_in([]) if n else answer())

    async def main() -> list[int]:
        async with httpx.AsyncClient(transport=Budgets()) as client:
            answers = [await client.post(URL), await client.post(URL)]
            return [answer.status_code for answer in answers]

    assert run(main()) == [answer().status_code, 200]
    assert len(wire.sent) == 2


def test_a_lost_answer_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether the API has processed the request."""

    def lose(_: int) -> httpx.Response:
        raise httpx.ReadError("lost")

    wire = Wire(monkeypatch, lose)

    async def main() -> None:
        async with httpx.AsyncClient(transport=Budgets(requests=(2, 60))) as client:
            with pytest.raises(httpx.ReadError):
                await client.post(URL)
        assert len(wire.sent) == 1

    run(main())


LARGE = json.dumps({"error": {"message": "x" * 200_000}}).encode()
WHOLE_BODIES = {
    "short": ([b'{"error": ', b'"short"}'], {}, b'{"error": "short"}'),
    "large": ([LARGE[:50_000], LARGE[50_000:]], {}, LARGE),
    "compressed": (
        [gzip.compress(LARGE)],
        {"Content-Encoding": "gzip"},
        LARGE,
    ),
    "empty": ([], {}, b""),
}


@pytest.mark.parametrize("body", WHOLE_BODIES.values(), ids=list(WHOLE_BODIES))
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_handed_on_whole(
    body: tuple[list[bytes], dict[str, str], bytes],
    stream: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much of it was read for a hint, and however its client reads it."""
    parts, headers, content = body
    headers = headers | {"Retry-After": "3600"}
    Wire(monkeypatch, lambda _: answer_in(parts, 429, headers))

    async def main() -> bytes:
        client = httpx.AsyncClient(transport=Budgets())
        if not stream:
            return (await client.post(URL)).content
        async with client.stream("POST", URL) as response:
            return b"".join([part async for part in response.aiter_bytes()])

    assert run(main()) == content


def test_a_stream_is_not_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first part is there before the second one is written."""
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        await more.wait()
        yield b"second"

    Wire(monkeypatch, lambda _: httpx.Response(200, content=body()))

    async def main() -> list[bytes]:
        parts = []
        client = httpx.AsyncClient(transport=Budgets())
        async with client.stream("POST", URL) as response:
            async for part in response.aiter_raw():
                parts.append(part)
                more.set()
        return parts

    assert run(main()) == [b"first", b"second"]


def test_of_an_endless_refusal_only_the_beginning_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """64 kB and no more, and its connection is closed before the next attempt."""
    read, closed = 0, 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 1024
                yield b"x" * 1024

        async def aclose(self) -> None:
            nonlocal closed
            closed += 1

    def answer(number: int) -> httpx.Response:
        if number:
            return answer_in([])
        return httpx.Response(429, stream=Endless(), headers={"Retry-After": "1"})

    Wire(monkeypatch, answer)

    async def main() -> None:
        async with httpx.AsyncClient(transport=Budgets()) as client:
            assert (await client.post(URL)).status_code == 200

    run(main())
    assert read <= 66 * 1024
    assert closed == 1


def test_giving_up_while_waiting_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that is cancelled during a pause is not sent, and the next one is."""
    first = refusal(Retry_After="20")
    wire = Wire(monkeypatch, lambda n: answer_in([]) if n else first)

    async def main() -> None:
        budgets = Budgets(requests=(3, 60))
        async with httpx.AsyncClient(transport=budgets) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await client.post(URL)
            assert (await client.post(URL)).status_code == 200
            await assert_left(budgets, requests=1)

    run(main())
    assert len(wire.sent) == 2


# What the API says is left.


class Counting:
    """An API that counts on arrival, refused requests too, and says what is left."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, kind: str = "sliding-window"
    ) -> None:
        self.quotas = {
            "requests": KINDS[kind](100, 60, 100),
            "tokens": KINDS[kind](3000, 60, 3000),
        }
        self.counts = 75  # tokens for each request
        self.longest_answer = 0.0  # seconds
        self.draw = random.Random(1)
        self.refused = 0
        self.used = 0

        async def send(_: object, request: httpx.Request) -> httpx.Response:
            number = len(request.url.path)
            await asyncio.sleep(0.01 * (number % 7))
            answer = self.answer()
            writes = self.draw.uniform(0, self.longest_answer)
            answer.headers["openai-processing-ms"] = f"{1000 * writes:.0f}"
            await asyncio.sleep(LATENCY + writes + 0.01 * (number % 5))
            return answer

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", send)

    def answer(self) -> httpx.Response:
        """Count a request of ours, and answer it."""
        is_refused = self.count()
        if is_refused:
            self.refused += 1
        else:
            self.used += self.counts
        now = virtual_loop().now
        headers = {}
        for name, quota in self.quotas.items():
            headers[f"x-ratelimit-remaining-{name}"] = str(max(0, quota.remaining(now)))
            headers[f"x-ratelimit-reset-{name}"] = f"{quota.wait(now, quota.rate):.3f}s"
        return answer_in([], 429 if is_refused else 200, headers)

    def count(self) -> bool:
        """Count a request that arrives now, and say whether it is refused."""
        now = virtual_loop().now
        costs = {"requests": 1, "tokens": self.counts}
        waits = [quota.wait(now, costs[name]) for name, quota in self.quotas.items()]
        for name, quota in self.quotas.items():
            quota.take(now, costs[name])
        return max(waits) > 0


async def ask_for(seconds: float, budgets: Budgets) -> None:
    """Send chats of 75 tokens all that time, 20 at once."""

    async def ask_on(client: httpx.AsyncClient) -> None:
        for number in itertools.count():
            await client.post(f"{URL}/{'x' * (number % 35)}", **chat(50))

    async with httpx.AsyncClient(transport=budgets) as client:
        asking = [asyncio.create_task(ask_on(client)) for _ in range(20)]
        await asyncio.sleep(seconds)
        for each in asking:
            each.cancel()
        await asyncio.wait(asking)


@pytest.mark.parametrize("kind", ["fixed-window", "sliding-window", "token-bucket"])
def test_what_the_api_says_is_not_counted_twice(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it counts as we do, its headers hold nothing back: 95 % are used."""
    api = Counting(monkeypatch, kind=kind)
    run(ask_for(600, Budgets(requests=(100, 60), tokens=(3000, 60))))
    assert api.refused == 0
    assert api.used >= 0.95 * 10 * 3000


def test_long_answers_of_different_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI says how long it worked on an answer, so its request is forgotten in time:
    95 % are used, and none is refused.
    """
    api = Counting(monkeypatch)
    api.longest_answer = 20
    run(ask_for(600, Budgets(requests=(100, 60), tokens=(3000, 60))))
    assert api.refused == 0
    assert api.used >= 0.95 * 10 * 3000


def test_an_api_that_counts_more_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an API counts twice as much as we do, only those requests are refused that
    leave before its first word.
    """
    api = Counting(monkeypatch)
    api.counts = 150
    run(ask_for(600, Budgets(requests=(100, 60), tokens=(3000, 60))))
    assert api.refused <= 60
    assert api.used >= 0.95 * 10 * 3000


def test_others_may_use_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """They use half of it all the time: what they leave is used, and none refused."""
    api = Counting(monkeypatch)

    async def others() -> None:
        while True:
            api.count()
            await asyncio.sleep(3)

    async def main() -> None:
        using = asyncio.create_task(others())
        await asyncio.sleep(60)
        await ask_for(600, Budgets(requests=(100, 60), tokens=(3000, 60)))
        using.cancel()

    run(main())
    assert api.refused == 0
    assert api.used >= 0.95 * 10 * 1500


class Left(NamedTuple):
    """Headers, and how long a second request then waits."""

    headers: dict[str, str]
    seconds: float


SLACK = 0.6  # a hundredth of a minute, added to what the API says
HEADERS = {
    "nothing left": Left(
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"},
        360 + SLACK,
    ),
    "Anthropic": Left(
        {
            "date": "Fri, 27 Nov 2026 06:30:00 GMT",
            "anthropic-ratelimit-input-tokens-remaining": "0",
            "anthropic-ratelimit-input-tokens-reset": "2026-11-27T06:30:20Z",
        },
        20 + SLACK,
    ),
    "no reset": Left({"x-ratelimit-remaining-requests": "0"}, 0),
    "enough": Left(
        {"x-ratelimit-remaining-requests": "50", "x-ratelimit-reset-requests": "9s"}, 0
    ),
    "more": Left({"x-ratelimit-remaining-requests": "5000"}, 0),
    "nothing, of what costs nothing": Left(
        {
            "x-ratelimit-remaining-output-tokens": "0",
            "x-ratelimit-reset-output-tokens": "9s",
        },
        0,
    ),
    "another budget's": Left({"x-ratelimit-remaining-images": "0"}, 0),
    "nonsense": Left({"x-ratelimit-remaining-requests": "-5"}, 0),
    "no number": Left({"x-ratelimit-remaining-requests": "none"}, 0),
}


@pytest.mark.parametrize("left", HEADERS.values(), ids=list(HEADERS))
def test_what_is_left_by_the_headers(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it is less than the budget has, that is believed until the reset."""
    wire = Wire(monkeypatch, lambda _: answer_in([], headers=left.headers))

    async def main() -> None:
        budgets = Budgets(requests=(100, 60), input_tokens=(3000, 60))
        async with httpx.AsyncClient(transport=budgets) as client:
            await client.post(URL, **chat())
            await client.post(URL, **chat())

    run(main())
    assert wire.moments[1] == pytest.approx(LATENCY + left.seconds, abs=0.02)
