"""The practice server: how it counts, what it answers, and that it goes when it is
stopped.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import socket
import statistics
import time
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import (
    KINDS,
    FixedWindow,
    Gcra,
    Quota,
    SlidingWindow,
    TokenBucket,
)
from inflight_lab.runners import naive, semaphore
from inflight_lab.runners.adaptive import quotas_in
from inflight_lab.server.app import PracticeApp
from tests.support.waiting import PATIENCE, Hold, practice_threads, until

pytestmark = pytest.mark.anyio


# How each kind of quota counts, on a clock made of numbers that floating point holds
# exactly.


@pytest.mark.parametrize(
    ("quota", "arrivals"),
    [
        pytest.param(
            FixedWindow(3, 1.0),
            [
                (0.5, 0),
                (0.75, 0),
                (0.75, 0),
                (0.75, 0.25),
                (0.875, 0.125),
                (1.0, 0),
                (1.0, 0),
                (1.0, 0),
                (1.0, 1.0),
            ],
            id="fixed window: twice the rate around a boundary",
        ),
        pytest.param(
            FixedWindow(2, 0.25),
            [
                (0.0, 0),
                (0.125, 0),
                (0.125, 0.125),
                (0.25, 0),
                (7.0, 0),
                (7.0, 0),
                (7.125, 0.125),
            ],
            id="fixed window: other period, idle windows give nothing back",
        ),
        pytest.param(
            SlidingWindow(3, 1.0),
            [
                (0.5, 0),
                (0.75, 0),
                (0.75, 0),
                (0.75, 0.75),
                (1.0, 0.5),
                (1.25, 0.25),
                (1.5, 0),
                (1.5, 0.25),
            ],
            id="sliding window: any period, boundary or not",
        ),
        pytest.param(
            SlidingWindow(2.75, 1.0),
            [(0, 0), (0, 0), (0, 1.0)],
            id="sliding window: part of a request is none",
        ),
        pytest.param(
            TokenBucket(4, 1.0, 2),
            [
                (0, 0),
                (0, 0),
                (0, 0.25),
                (0.125, 0.125),
                (0.25, 0),
                (0.25, 0.25),
                (9, 0),
                (9, 0),
                (9, 0.25),
            ],
            id="token bucket: fills up to the burst and no further",
        ),
        pytest.param(
            TokenBucket(1, 2.0, 1),
            [(0, 0), (1.0, 1.0), (2.0, 0), (2.0, 2.0)],
            id="token bucket: slow refill",
        ),
        pytest.param(
            Gcra(4, 1.0, 1),
            [(0, 0), (0, 0.25), (0.125, 0.125), (0.25, 0), (0.5, 0), (9, 0), (9, 0.25)],
            id="gcra: one by one, idle time buys nothing",
        ),
        pytest.param(
            Gcra(4, 1.0, 3),
            [
                (0, 0),
                (0, 0),
                (0, 0),
                (0, 0.25),
                (0.25, 0),
                (0.25, 0.25),
                (9, 0),
                (9, 0),
                (9, 0),
                (9, 0.25),
            ],
            id="gcra: a burst of three, then one by one",
        ),
    ],
)
def test_each_quota_counts_its_own_way(
    quota: Quota, arrivals: list[tuple[float, float]]
) -> None:
    """Admitted, or refused with the time to wait, to the exact second, arrival by
    arrival.
    """
    assert [(now, quota.admit(now)) for now, _ in arrivals] == arrivals


def test_the_quotas_differ_on_the_same_traffic() -> None:
    """64 requests a second for two seconds at a quota of 32, from half past a second:
    four answers.
    """
    admitted = {}
    for name, kind in KINDS.items():
        quota = kind(32, 1.0, 32 if name == "token-bucket" else 1)
        admitted[name] = sum(
            quota.admit(0.5 + number / 64) == 0 for number in range(128)
        )
    # Fixed: 32 in each of three wall-clock seconds.  Sliding: 32 in each second from
    # the first request on. Token bucket: its burst on top of the rate.  GCRA: every
    # other request.
    assert admitted == {
        "fixed-window": 96,
        "sliding-window": 64,
        "token-bucket": 95,
        "gcra": 64,
    }


def test_a_full_bucket_admits_nearly_twice_the_rate() -> None:
    """The claim the lesson makes: 100 per second with a full burst admits 199 in one
    second.
    """
    bucket = TokenBucket(100, 1.0, 100)
    assert sum(bucket.admit(number / 1000) == 0 for number in range(1000)) == 199


ARRIVALS = st.lists(st.integers(0, 64), min_size=1, max_size=60)
KIND = st.sampled_from(sorted(KINDS))


@given(
    KIND,
    st.integers(1, 6),
    st.sampled_from([0.25, 1.0, 3.0]),
    st.integers(1, 4),
    ARRIVALS,
)
def test_the_wait_it_names_is_the_wait_needed(
    kind: str, rate: int, period: float, burst: int, gaps: list[int]
) -> None:
    """Whoever waits for that long is admitted; who comes clearly sooner is refused
    again.
    """
    quota, now, refused = KINDS[kind](rate, period, burst), 1000.0, 0
    for gap in [
        *gaps,
        *[0] * (max(rate, burst) + 1),
    ]:  # the last ones come together: one is too many
        now += gap / 64
        if wait := quota.admit(now):
            refused += 1
            assert 0 < wait <= period
            if wait > 1e-6:
                assert quota.admit(now + wait * 0.999) > 0
            now += wait + 1e-9
            assert quota.admit(now) == 0
    assert refused


@given(KIND, st.integers(1, 6), st.integers(1, 4), ARRIVALS)
def test_no_quota_admits_more_than_it_says(
    kind: str, rate: int, burst: int, gaps: list[int]
) -> None:
    """The bound each kind is known for holds between any two requests, and refusals
    cost nothing.
    """
    quota, now, admitted = KINDS[kind](rate, 1.0, burst), 1000.0, []
    for gap in gaps:
        now += gap / 64
        could = quota.remaining(now)
        assert (quota.admit(now) == 0) == (could > 0)
        if could:
            admitted.append(now)
            assert quota.remaining(now) == could - 1
    for first, start in enumerate(admitted):
        for number, end in enumerate(admitted[first:], start=1):
            if kind == "fixed-window":
                most = rate * (math.floor(end) - math.floor(start) + 1)
            elif kind == "sliding-window":
                most = rate * (math.floor(end - start) + 1)
            else:
                most = math.floor(burst + (end - start) * rate + 1e-6)
            assert number <= most


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_quota_may_change_in_use(kind: str) -> None:
    """A rate raised or lowered in the middle counts from then on, with no error and no
    wait below zero.
    """
    quota = KINDS[kind](5, 1.0, 3)
    generator = random.Random(1)
    now = 50.0
    for _ in range(300):
        now += generator.random() / 4
        quota.rate, quota.period, quota.burst = generator.choice(
            [(1, 1.0, 1), (40, 1.0, 9), (5, 0.1, 3)]
        )
        assert quota.admit(now) >= 0
        assert quota.remaining(now) >= 0


async def test_quotas_count_on_a_clock_that_ticks_often_enough() -> None:
    """Requests 10.1 ms apart pass at 100 a second; on Windows' monotonic clock many of
    them would not.
    """

    def refused(tick: float) -> int:
        quota = Gcra(100, 1.0, 1)
        return sum(
            quota.admit(math.floor(number * 0.0101 / tick) * tick) > 0
            for number in range(200)
        )

    assert refused(1e-7) == 0
    assert refused(1 / 64) > 50
    app = PracticeApp(latency=0, quota="gcra", rate=100)
    assert app.timeline.clock is time.perf_counter
    now = 1000.0
    app.timeline.clock = lambda: now
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        for _ in range(200):
            now += 0.0101
            assert (await client.get("/get")).status_code == 200
        assert (await client.get("/get")).status_code == 429  # at the same moment


# What it answers.


async def test_answers_like_httpbin(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """The shape of httpbin's ``/get``: a learner's code for the one runs against the
    other.
    """
    response = await client.get(
        f"{server.url}?a=1&b=x&b=y", headers={"X-Lesson": "one"}
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["args", "headers", "origin", "url"]
    assert answer["args"] == {"a": "1", "b": ["x", "y"]}
    assert answer["headers"]["X-Lesson"] == "one"
    assert answer["headers"]["Host"] == f"127.0.0.1:{server.port}"
    assert answer["origin"] == "127.0.0.1"
    assert answer["url"] == f"{server.url}?a=1&b=x&b=y"


@dataclass(frozen=True)
class Secret:
    """Where a request carries a secret: in a header, a parameter, or in front of the
    host.
    """

    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    user: str = ""


SECRETS = {
    "authorization": Secret(headers={"Authorization": "Bearer hunter2"}),
    "proxy": Secret(headers={"proxy-authorization": "Basic hunter2"}),
    "cookie": Secret(headers={"Cookie": "session=hunter2"}),
    "x-api-key": Secret(headers={"X-Api-Key": "hunter2"}),
    "api-key": Secret(headers={"Api-Key": "hunter2"}),
    "apikey": Secret(headers={"apikey": "hunter2"}),
    "x-auth-token": Secret(headers={"X-Auth-Token": "hunter2"}),
    "google's": Secret(
        headers={"X-Goog-Api-Key": "hunter2"}, params={"key": "hunter2"}
    ),
    "parameter": Secret(params={"api_key": "hunter2"}),
    "user": Secret(user="ada:hunter2@"),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
async def test_no_secret_comes_back(
    server: PracticeServer, client: httpx.AsyncClient, secret: Secret
) -> None:
    """Answers end up in files: of what a request carries to prove who sends it, only
    the name is shown.
    """
    url = server.url.replace("//", f"//{secret.user}")
    headers = {"Idempotency-Key": "seven", "X-Author": "Ada"} | secret.headers
    response = await client.get(
        url, params={"page": "2"} | secret.params, headers=headers
    )
    assert response.status_code == 200
    for written in ("hunter2", b64encode(b"ada:hunter2").decode()):
        assert written not in response.text
    answer = response.json()
    assert "(not shown)" in [*answer["headers"].values(), *answer["args"].values()]
    assert answer["args"].keys() == {"page", *secret.params}
    assert (answer["args"]["page"], "page=2" in answer["url"]) == ("2", True)
    assert (answer["headers"]["Idempotency-Key"], answer["headers"]["X-Author"]) == (
        "seven",
        "Ada",
    )


async def test_other_paths_and_methods_do_not_count(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Only GET /get is the exercise; anything else gets the usual error and leaves the
    numbers alone.
    """
    assert (await client.get(server.url + "/nothing")).status_code == 404
    assert (await client.post(server.url)).status_code == 405
    assert server.stats().started == 0


@pytest.mark.parametrize(
    ("quota", "rate", "period", "burst", "policy", "limit_field", "retry_after"),
    [
        (
            "fixed-window",
            2,
            3600,
            None,
            '"default";q=2;w=3600',
            r'"default";r=0;t=\d+',
            (1, 3600),
        ),
        (
            "sliding-window",
            2,
            3600,
            None,
            '"default";q=2;w=3600',
            r'"default";r=0;t=3[56]\d\d',
            (3500, 3600),
        ),
        (
            "token-bucket",
            2,
            3600,
            None,
            '"default";q=2;w=3600',
            r'"default";r=0;t=1[78]\d\d',
            (1700, 1800),
        ),
        (
            "token-bucket",
            1,
            90,
            2,
            '"default";q=1;w=90',
            r'"default";r=0;t=[89]\d',
            (80, 90),
        ),
        ("gcra", 1, 90, 2, '"default";q=1;w=90', r'"default";r=0;t=[89]\d', (80, 90)),
    ],
)
async def test_429_says_when_to_come_back(
    server: PracticeServer,
    client: httpx.AsyncClient,
    quota: str,
    rate: int,
    period: float,
    burst: int | None,
    policy: str,
    limit_field: str,
    retry_after: tuple[int, int],
) -> None:
    """Two pass, the third gets a 429 with Retry-After in whole seconds and the draft's
    RateLimit fields.
    """
    server.quota, server.rate, server.period, server.burst = quota, rate, period, burst
    first, second, third = [await client.get(server.url) for _ in range(3)]
    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    for response in (first, second, third):
        assert response.headers["ratelimit-policy"] == policy
    assert first.headers["ratelimit"].startswith('"default";r=1;t=')
    assert second.headers["ratelimit"].startswith('"default";r=0;t=')
    assert "retry-after" not in first.headers
    assert re.fullmatch(limit_field, third.headers["ratelimit"])
    assert retry_after[0] <= int(third.headers["retry-after"]) <= retry_after[1]
    assert "error" in third.json()
    assert (server.stats().accepted, server.stats().refused) == (2, 1)


class Written(NamedTuple):
    """A quota, and how the policy says it."""

    rate: float
    period: float
    policy: str


@pytest.mark.parametrize(
    "quota",
    [
        Written(7, 2, '"default";q=7;w=2'),
        Written(1_000_000, 60, '"default";q=1000000;w=60'),
        Written(2e6, 1.5, '"default";q=2000000;w=1.5'),
        Written(1_234_567, 86_400, '"default";q=1234567;w=86400'),
        Written(1_234_567.5, 90.0, '"default";q=1234567.5;w=90'),
        Written(7.25, 0.001, '"default";q=7.25;w=0.001'),
    ],
)
async def test_a_policy_has_no_exponent(quota: Written) -> None:
    """Large and small numbers are written in digits, and the adaptive rung reads what
    was meant.
    """
    app = PracticeApp(latency=0, quota="gcra", rate=quota.rate, period=quota.period)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        response = await client.get("http://127.0.0.1/get")
    assert response.headers["ratelimit-policy"] == quota.policy
    assert quotas_in(response) == [(quota.rate, quota.period)]


@pytest.mark.parametrize(("period", "window"), [(0.07, "1.4"), (86_400, "1728000")])
async def test_a_policy_in_slow_motion(period: float, window: str) -> None:
    """What multiplying adds in the last digits is not written, and a day becomes no
    exponent.
    """
    app = PracticeApp(latency=0, quota="gcra", rate=7, period=period)
    app.slow = 20
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        response = await client.get("http://127.0.0.1/get")
    assert response.headers["ratelimit-policy"] == f'"default";q=7;w={window}'


async def test_no_quota_no_headers(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Without a quota nothing is refused and nothing is promised."""
    responses = [await client.get(server.url) for _ in range(20)]
    assert {response.status_code for response in responses} == {200}
    assert not any("ratelimit" in name for name in responses[0].headers)


async def test_knobs_turn_while_it_runs(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Every knob counts from the next request on, and the timeline learns the new
    period.
    """

    async def status() -> int:
        return (await client.get(server.url)).status_code

    assert await status() == 200
    server.quota, server.rate, server.period = "sliding-window", 1, 3600
    assert [await status(), await status()] == [200, 429]
    server.rate = 3
    assert [await status(), await status(), await status()] == [200, 200, 429]
    server.quota, server.burst = "gcra", 2
    assert [await status(), await status(), await status()] == [200, 200, 429]
    server.burst = 3
    assert [await status(), await status()] == [200, 429]
    server.quota = "none"
    server.latency = 0.2
    assert await status() == 200
    sent, answered = server.timeline.events[-2:]
    assert answered.time - sent.time >= 0.19
    assert server.timeline.period == 3600


async def test_reset_forgets_the_used_quota(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """After a reset the numbers are zero and the whole quota is there again."""
    server.quota, server.rate, server.period = "sliding-window", 1, 3600
    statuses = [(await client.get(server.url)).status_code for _ in range(2)]
    server.reset()
    assert server.stats().started == 0
    assert [*statuses, (await client.get(server.url)).status_code] == [200, 429, 200]


@pytest.mark.parametrize("most", [1, 4])
async def test_too_many_at_once_get_503(
    server: PracticeServer, hold: Hold, most: int
) -> None:
    """``max_concurrent`` refuses by what is in flight at this moment, whatever the
    rate.
    """
    server.max_concurrent = most
    run = asyncio.create_task(
        naive.make_many_requests(server.url, 6, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == 6)
    hold.release()
    texts = Counter(str(outcome) for outcome in await run)
    assert texts == {
        "<Response [200 OK]>": most,
        "Unexpected Status: Http status code is 503.": 6 - most,
    }
    assert (server.stats().accepted, server.stats().refused) == (most, 6 - most)
    async with httpx.AsyncClient() as client:
        assert (await client.get(server.url)).status_code == 200


async def test_503_costs_no_quota(server: PracticeServer, hold: Hold) -> None:
    """A request turned away because the server is busy does not use up the client's
    quota.
    """
    server.max_concurrent, server.quota, server.rate, server.period = (
        1,
        "sliding-window",
        2,
        3600,
    )
    run = asyncio.create_task(
        naive.make_many_requests(server.url, 5, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == 5)
    hold.release()
    await run
    async with httpx.AsyncClient() as client:
        assert [(await client.get(server.url)).status_code for _ in range(2)] == [
            200,
            429,
        ]


# Latency.


@pytest.mark.parametrize("kind", ["fixed", "jittered", "heavy-tailed"])
def test_latencies_repeat_with_the_seed(kind: str) -> None:
    """The same seed draws the same latencies, after a reset too; another seed draws
    others.
    """

    def draw(server: PracticeApp) -> list[float]:
        return [server._draw_latency() for _ in range(50)]

    server = PracticeServer(latency=0.1, latency_kind=kind, seed=1)
    first = draw(server)
    assert draw(PracticeServer(latency=0.1, latency_kind=kind, seed=1)) == first
    server.reset()
    assert draw(server) == first
    assert (draw(PracticeServer(latency=0.1, latency_kind=kind, seed=2)) == first) == (
        kind == "fixed"
    )


def test_latency_kinds_have_their_shapes() -> None:
    """Fixed is constant, jittered stays within half, heavy-tailed has the median and a
    long tail.
    """

    def draw(kind: str) -> list[float]:
        server = PracticeServer(latency=0.2, latency_kind=kind, seed=7)
        return sorted(server._draw_latency() for _ in range(10_000))

    assert set(draw("fixed")) == {0.2}
    jittered = draw("jittered")
    assert 0.1 <= jittered[0] < 0.105
    assert 0.295 < jittered[-1] <= 0.3
    assert statistics.median(jittered) == pytest.approx(0.2, rel=0.03)
    heavy = draw("heavy-tailed")
    assert statistics.median(heavy) == pytest.approx(0.2, rel=0.05)
    assert heavy[0] > 0
    # "One answer in a hundred takes more than ten times the median."
    assert sum(latency > 2.0 for latency in heavy) / len(heavy) == pytest.approx(
        0.01, abs=0.004
    )


async def test_every_answer_takes_the_latency(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """Refusals take as long as answers, and requests wait side by side, not one after
    the other.
    """
    server.latency, server.quota, server.rate, server.period = (
        0.25,
        "fixed-window",
        5,
        3600,
    )
    started = time.perf_counter()
    await asyncio.gather(*(client.get(server.url) for _ in range(20)))
    assert time.perf_counter() - started < 20 * 0.25
    sent = {
        event.request: event.time
        for event in server.timeline.events
        if event.kind == "sent"
    }
    answered = [event for event in server.timeline.events if event.kind == "answered"]
    assert len(answered) == 20
    assert all(event.time - sent[event.request] >= 0.24 for event in answered)


async def test_an_answer_takes_little_more_than_the_latency(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """No hidden 40 ms: a kept-alive connection gets its answer at once (the median of
    twenty).
    """
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        await client.get(server.url)
        seconds.append(time.perf_counter() - started)
    assert statistics.median(seconds) < 0.03


# Starting and stopping.


async def test_two_servers_at_once() -> None:
    """Each has its own port, quota and memory."""
    with (
        PracticeServer(latency=0, quota="gcra", rate=1, period=3600) as strict,
        PracticeServer(latency=0) as lenient,
    ):
        assert strict.port != lenient.port
        async with httpx.AsyncClient() as client:
            for server in (strict, lenient):
                for _ in range(3):
                    await client.get(server.url)
        assert (strict.stats().accepted, strict.stats().refused) == (1, 2)
        assert (lenient.stats().accepted, lenient.stats().refused) == (3, 0)


def test_taken_port_is_an_error(server: PracticeServer) -> None:
    """A taken port is an ``OSError`` at once; the first server goes on, and no thread
    is left.
    """
    threads = practice_threads()
    second = PracticeServer(latency=0, port=server.port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    assert not second.running
    assert practice_threads() == threads
    assert httpx.get(server.url).status_code == 200


@pytest.mark.skipif(
    not hasattr(socket, "SO_BINDTODEVICE"),
    reason="only Linux answers on all of 127.0.0.0/8",
)
def test_listens_on_one_address_only(server: PracticeServer) -> None:
    """Bound to 127.0.0.1 and not to every address: its neighbour 127.0.0.2 finds
    nobody.
    """
    socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0"])
async def test_foreign_host_is_refused(
    server: PracticeServer, client: httpx.AsyncClient, host: str
) -> None:
    """A web page that points its own name at 127.0.0.1 gets nothing from this server."""
    response = await client.get(server.url, headers={"Host": f"{host}:{server.port}"})
    assert response.status_code == 400
    assert "headers" not in response.text
    assert server.stats().started == 0
    response = await client.get(
        server.url, headers={"Host": f"localhost:{server.port}"}
    )
    assert response.status_code == 200


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Dest": "image",
    },
    {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "iframe",
    },
]
NOT_FOREIGN = [
    {"Origin": "http://127.0.0.1:8888"},
    {"Origin": "https://LOCALHOST"},
    {"Origin": "http://[::1]:8888"},
    {
        "Sec-Fetch-Site": "none",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    },
    {
        "Sec-Fetch-Site": "same-site",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    },
    {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    },
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_foreign_page_is_refused(
    server: PracticeServer, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """What a browser sends for another site's page gets nothing, counts nowhere, and
    uses no quota.
    """
    server.quota, server.rate, server.period = "sliding-window", 1, 3600
    response = await client.get(server.url, headers=headers)
    assert (response.status_code, "headers" in response.text) == (403, False)
    assert server.stats().started == 0
    assert (
        await client.get(server.url)
    ).status_code == 200  # the one request that the quota allows


@pytest.mark.parametrize("headers", NOT_FOREIGN, ids=str)
async def test_own_page_and_followed_link_are_served(
    server: PracticeServer, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """Pages of this machine and followed links are answered, without leave for a script
    to read.
    """
    response = await client.get(server.url, headers=headers)
    assert response.status_code == 200
    assert not any(name.startswith("access-control-") for name in response.headers)


async def test_stop_with_requests_in_flight(capfd: pytest.CaptureFixture[str]) -> None:
    """Stop does not wait for slow answers: clients get an error, the thread is gone,
    nothing is printed.
    """
    server = PracticeServer(latency=600).start()
    run = asyncio.create_task(
        semaphore.make_many_requests(server.url, 40, limit=20, return_exceptions=True)
    )
    await until(lambda: server.stats().in_flight == 20)
    started = time.perf_counter()
    await asyncio.to_thread(server.stop)
    assert time.perf_counter() - started < PATIENCE  # and not 600 s
    assert not server.running
    assert practice_threads() == []
    async with asyncio.timeout(PATIENCE):
        outcomes = await run
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes)
    assert len(outcomes) == 40
    stats = server.stats()
    assert (stats.in_flight, stats.cancelled, stats.accepted) == (0, 20, 0)
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")


async def test_start_and_stop_as_often_as_you_like() -> None:
    """Start twice is one server, stop twice is no error, and a stopped server starts
    again where it was.
    """
    server = PracticeServer(latency=0)
    server.stop()
    assert not server.running
    assert server.start() is server
    url, threads = server.url, practice_threads()
    server.start()
    assert practice_threads() == threads
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        await asyncio.to_thread(httpx.get, url)
    async with server:
        assert server.url == url
        assert server.running
        async with httpx.AsyncClient() as client:
            assert (await client.get(url)).status_code == 200
    assert practice_threads() == []


async def test_client_that_hangs_up_counts_as_cancelled(server: PracticeServer) -> None:
    """The server sees a client give up, and stops counting it as in flight."""
    server.latency = 600
    async with httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE, read=0.1)) as client:
        outcomes = await naive.make_many_requests(
            server.url, 5, client=client, return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [httpx.ReadTimeout] * 5
    await until(lambda: server.stats().cancelled == 5)
    assert server.stats().in_flight == 0


async def test_without_a_socket() -> None:
    """The same app inside ``httpx.ASGITransport``: what the browser build does."""
    app = PracticeApp(latency=0.02, quota="fixed-window", rate=12, period=3600)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        outcomes = await semaphore.make_many_requests(
            "http://127.0.0.1/get", 20, limit=4, client=client, return_exceptions=True
        )
    assert isinstance(outcomes[0], httpx.Response)
    assert outcomes[0].json()["url"] == "http://127.0.0.1/get"
    stats = app.stats()
    assert (stats.peak_in_flight, stats.accepted, stats.refused) == (4, 12, 8)
    assert practice_threads() == []
