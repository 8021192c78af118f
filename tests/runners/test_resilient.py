"""Resilient: the server's word counts for all, backing off is spread, and everything has an end."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners.resilient import Retries, make_many_requests, retry_after
from tests.support.waiting import settle

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1/get"
TODAY = 1_700_000_000.0


class FakeTime:
    """A clock that stands still until everyone sleeps, and then jumps to the first who wakes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.asleep = asyncio.Event()
        self.before_jump: Callable[[], object] = lambda: None
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._order = itertools.count()

    def __call__(self) -> float:
        """In place of ``time.monotonic``."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """In place of ``asyncio.sleep``."""
        assert seconds >= 0
        self.slept.append(seconds)
        self.asleep.set()
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        await woken.wait()

    async def run(self, work: Any) -> Any:
        """Await ``work``, with the clock jumping along."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await settle()
            if self._sleepers and not task.done():
                self.before_jump()
                self.now, _, woken = heapq.heappop(self._sleepers)
                woken.set()
        return task.result()


class Api(httpx.AsyncBaseTransport):
    """Answers with what ``decide(number of the attempt, time)`` says: a status, headers too, or an error."""

    def __init__(self, time: FakeTime, decide: Callable[[int, float], Any]) -> None:
        self.time, self.decide = time, decide
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One attempt."""
        self.times.append(self.time.now)
        attempt = len(self.times)
        await asyncio.sleep(0)  # so that as many fly as have a slot
        answer = self.decide(attempt, self.time.now)
        if isinstance(answer, Exception):
            raise answer
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return httpx.Response(status, headers=headers, json={})


def no_jitter(low: float, high: float) -> float:
    """The whole backoff, always."""
    return high


async def run(
    decide: Callable[[int, float], Any], count: int = 1, *, limiter: Any = None, limit: int = 3, **how: Any
) -> tuple[list[Any], Api, FakeTime]:
    """A run against an ``Api`` on a fake clock; a failure is an outcome."""
    time = FakeTime()
    api = Api(time, decide)
    retries = Retries(clock=time, now=lambda: TODAY + time.now, sleep=time.sleep, **how)
    async with httpx.AsyncClient(transport=api) as client:
        outcomes = await time.run(
            make_many_requests(
                URL,
                count,
                limit=limit,
                limiter=limiter,
                client=client,
                retries=retries,
                return_exceptions=True,
            )
        )
    return outcomes, api, time


def statuses(outcomes: list[Any]) -> list[Any]:
    """Status of a response, text of a failure."""
    return [str(outcome) if isinstance(outcome, Exception) else outcome.status_code for outcome in outcomes]


# What Retry-After says.


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("9" * 400, math.inf),
        ("-7", None),
        ("+7", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        (formatdate(TODAY + 30, usegmt=True), 30.0),
        (formatdate(TODAY - 30, usegmt=True), 0.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue Nov 14 22:13:50 2023", 30.0),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """Seconds and the three forms of an HTTP-date are understood; what is neither counts as absent."""
    response = httpx.Response(429, headers={"Retry-After": value.encode()})
    assert retry_after(response, now=TODAY) == seconds


def test_a_date_is_counted_from_the_servers_own() -> None:
    """A client whose clock is an hour wrong still waits the 30 seconds that the server means."""
    headers = {
        "Retry-After": formatdate(TODAY + 30, usegmt=True),
        "Date": formatdate(TODAY, usegmt=True),
    }
    assert retry_after(httpx.Response(503, headers=headers), now=TODAY - 3600) == 30
    headers["Date"] = "garbage"
    assert retry_after(httpx.Response(503, headers=headers), now=TODAY) == 30


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.text(max_size=40))
def test_no_header_is_an_error(value: str, date: str) -> None:
    """Whatever a server writes, the answer is None or a number of seconds that is not negative."""
    headers = {"Retry-After": value.encode(), "Date": date.encode()}
    seconds = retry_after(httpx.Response(429, headers=headers), now=TODAY)
    assert seconds is None or seconds >= 0


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.floats(0, 2e9),
)
def test_any_date(at: datetime, now: float) -> None:
    """Every HTTP-date is read to the second, and the past is no wait."""
    response = httpx.Response(429, headers={"Retry-After": format_datetime(at, usegmt=True)})
    expected = max(0.0, at.replace(microsecond=0).timestamp() - now)
    assert retry_after(response, now=now) == pytest.approx(expected)


# The gate.


@pytest.mark.parametrize("status", [429, 503])
async def test_the_gate_is_for_all(status: int) -> None:
    """One refusal with Retry-After, and nobody sends until then: neither the refused nor those who wait."""
    outcomes, api, _ = await run(
        lambda attempt, now: (status, {"Retry-After": "5"}) if attempt == 2 else 200, 20, limit=1
    )
    assert statuses(outcomes) == [200] * 20
    assert [time for time in api.times if 0 < time < 5] == []
    assert api.times[:2] == [0, 0]
    assert len(api.times) == 21


async def test_a_request_that_queued_for_its_slot_sees_the_gate() -> None:
    """The gate is looked at with the slot in hand, so that a long queue does not send into a shut gate."""
    outcomes, api, _ = await run(lambda attempt, now: (429, {"Retry-After": "9"}) if now < 9 else 200, 50)
    assert statuses(outcomes) == [200] * 50
    assert sum(time < 9 for time in api.times) == 3  # as many as were in flight at the first refusal


async def test_a_later_answer_does_not_open_the_gate_sooner() -> None:
    """Two are refused together, the first until 9 and the second until 3: nobody sends before 9."""
    _, api, _ = await run(
        lambda attempt, now: (429, {"Retry-After": "9" if attempt == 1 else "3"}) if now < 1 else 200,
        4,
        limit=2,
    )
    assert min(time for time in api.times if time > 0) == 9


async def test_no_slot_is_held_in_a_pause() -> None:
    """While all wait for the gate every slot is free: other work under the same limiter goes on."""
    limiter, held, time = AdjustableLimiter(2), [], FakeTime()
    time.before_jump = lambda: held.append(limiter.in_use)
    api = Api(time, lambda attempt, now: (429, {"Retry-After": "5"}) if now < 5 else 200)
    retries = Retries(clock=time, sleep=time.sleep)
    async with httpx.AsyncClient(transport=api) as client:
        await time.run(make_many_requests(URL, 6, limiter=limiter, client=client, retries=retries))
    assert held
    assert set(held) == {0}


async def test_two_runs_share_the_gate() -> None:
    """The same `Retries` in two runs: the second waits for the gate that the first has shut."""
    time = FakeTime()
    api = Api(time, lambda attempt, now: (429, {"Retry-After": "5"}) if attempt == 1 else 200)
    retries = Retries(clock=time, sleep=time.sleep)

    async with httpx.AsyncClient(transport=api) as client:

        async def one_after_the_other() -> None:
            first = asyncio.create_task(make_many_requests(URL, 1, client=client, retries=retries))
            await time.asleep.wait()
            await make_many_requests(URL, 2, client=client, retries=retries)
            await first

        await time.run(one_after_the_other())
    assert api.times[0] == 0
    assert len(api.times) == 4
    assert min(api.times[1:]) == 5


# Backing off.


async def test_full_jitter() -> None:
    """Without Retry-After: evenly between nothing and base * 2 ** attempt, never more than the cap."""
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return random.Random(7).uniform(low, high)

    outcomes, api, time = await run(
        lambda attempt, now: 503, attempts=7, base=0.5, cap=6.0, give_up_after=1e6, uniform=uniform
    )
    assert drawn == [(0, 0.5), (0, 1), (0, 2), (0, 4), (0, 6), (0, 6)]
    assert all(0 < slept < high for slept, (_, high) in zip(time.slept, drawn, strict=True))
    assert len(api.times) == 7
    assert outcomes[0].__notes__ == [f"Gave up after 7 attempts in {time.now:.1f} s."]


async def test_jitter_spreads_the_herd() -> None:
    """200 refused together come back together without jitter, and apart from each other with it."""
    busiest = {}
    for jitter in (no_jitter, random.Random(1).uniform):
        _, api, _ = await run(
            lambda attempt, now: 503 if attempt <= 200 else 200, 200, limit=200, base=2.0, uniform=jitter
        )
        retried = [time for time in api.times if time > 0]
        assert len(retried) == 200
        busiest[jitter is no_jitter] = max(sum(at <= time < at + 0.1 for time in retried) for at in retried)
    assert busiest[True] == 200
    assert busiest[False] < 30


async def test_the_refused_come_after_the_gate_not_before() -> None:
    """Jitter is added to what the server asked for; it never shortens it."""
    _, api, _ = await run(
        lambda attempt, now: (429, {"Retry-After": "4"}) if attempt <= 50 else 200, 50, limit=50
    )
    assert min(time for time in api.times if time > 0) >= 4
    assert len({time for time in api.times if time > 0}) > 40


# An end to everything.


@given(
    answers=st.lists(
        st.sampled_from(
            [200, 429, 503, 500, (429, {"Retry-After": "3"}), (503, {"Retry-After": "999999999"}), "lost"]
        ),
        min_size=1,
        max_size=12,
    ),
    count=st.integers(0, 8),
    limit=st.integers(1, 4),
    attempts=st.integers(1, 4),
    budget=st.sampled_from([0, 0.25, 1]),
    reserve=st.integers(0, 3),
    give_up_after=st.sampled_from([0, 5, 60]),
)
def test_bounds_hold_whatever_the_server_does(
    answers: list[Any],
    count: int,
    limit: int,
    attempts: int,
    budget: float,
    reserve: int,
    give_up_after: float,
) -> None:
    """Attempts, budget and time are kept for any answers, and there is one outcome for each request."""

    def decide(attempt: int, now: float) -> Any:
        answer = answers[attempt % len(answers)]
        return httpx.ConnectError("lost") if answer == "lost" else answer

    outcomes, api, time = asyncio.run(
        run(
            decide,
            count,
            limit=limit,
            attempts=attempts,
            budget=budget,
            reserve=reserve,
            give_up_after=give_up_after,
        )
    )
    assert len(outcomes) == count
    assert len(api.times) <= count * attempts
    assert len(api.times) <= count + reserve + budget * count
    assert time.now <= give_up_after
    assert all(
        isinstance(outcome, httpx.Response | ValueError | httpx.ConnectError | TimeoutError)
        for outcome in outcomes
    )


async def test_the_budget_is_shared() -> None:
    """When everything is refused the load grows by the budget, and not by the attempts of each."""
    outcomes, api, _ = await run(lambda attempt, now: 503, 100, budget=0.25, reserve=5, give_up_after=1e6)
    assert len(api.times) == 100 + 25 + 5
    assert statuses(outcomes) == ["Unexpected Status: Http status code is 503."] * 100


async def test_too_long_a_pause_ends_the_run_at_once() -> None:
    """An hour's Retry-After is not sat out: the refused gives up, and the others are not sent."""
    outcomes, api, time = await run(lambda attempt, now: (429, {"Retry-After": "3600"}), 5, limit=1)
    assert statuses(outcomes) == [
        "Unexpected Status: Http status code is 429.",
        *["Not sent: the server asked for too long a pause."] * 4,
    ]
    assert (len(api.times), time.now) == (1, 0)


async def test_garbage_is_as_if_absent() -> None:
    """A header that means nothing shuts no gate: only the refused one backs off."""
    _, api, _ = await run(
        lambda attempt, now: (429, {"Retry-After": "-5"}) if attempt == 1 else 200,
        4,
        limit=1,
        uniform=no_jitter,
    )
    assert api.times == [0, 0, 0, 0, 0.5]


async def test_an_attempt_that_hangs_is_cut_off_and_repeated() -> None:
    """``timeout`` is for the whole attempt, also over a transport that knows no timeouts."""
    hung = asyncio.Event()

    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not hung.is_set():
                hung.set()
                await asyncio.Event().wait()
            return httpx.Response(200)

    async with httpx.AsyncClient(transport=Hanging()) as client:
        [response] = await make_many_requests(URL, 1, client=client, retries=Retries(timeout=0.05, base=0.01))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.PoolTimeout("x"), httpx.RemoteProtocolError("x")],
    ids=lambda error: type(error).__name__,
)
async def test_transport_errors_are_repeated(error: Exception) -> None:
    """A GET that got no answer is sent again; the last error is what remains when none comes."""
    outcomes, _, _ = await run(lambda attempt, now: error if attempt < 3 else 200)
    assert statuses(outcomes) == [200]
    outcomes, api, _ = await run(lambda attempt, now: error, attempts=3)
    assert (outcomes, len(api.times)) == ([error], 3)


@pytest.mark.parametrize("answer", [400, 404, 500, 301, httpx.UnsupportedProtocol("x")])
async def test_what_no_retry_can_mend_is_not_repeated(answer: Any) -> None:
    """Other statuses and mistakes of the caller fail at the first attempt."""
    outcomes, api, _ = await run(lambda attempt, now: answer)
    assert len(api.times) == 1
    assert isinstance(outcomes[0], Exception)


# With a real server, and with other limits.


async def test_nothing_is_lost_against_a_real_quota(server: PracticeServer) -> None:
    """More requests than one window permits: refused ones come back, and each ends in a response."""
    server.quota, server.rate, server.period = "fixed-window", 20, 1.0
    observed = ObservedTransport()
    async with httpx.AsyncClient(transport=observed) as client:
        outcomes = await make_many_requests(server.url, 50, limit=5, client=client)
    assert [outcome.status_code for outcome in outcomes] == [200] * 50
    stats = server.stats()
    assert stats.accepted == 50
    assert 0 < stats.refused <= 4 * 5  # in each of the few windows at most those in flight
    assert stats.peak_in_flight <= 5


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"attempts": 0}, ValueError, "attempts must be 1 or more, got 0"),
        ({"attempts": 1.5}, TypeError, "attempts must be an integer, 1 or more, got 1.5"),
        ({"reserve": -1}, ValueError, "reserve must be 0 or more, got -1"),
        ({"budget": math.nan}, ValueError, "budget must be 0 or more, and finite, got nan"),
        ({"base": "1"}, TypeError, "base must be a number of seconds, 0 or more, got '1'"),
        ({"timeout": math.inf}, ValueError, "timeout must be 0 or more, and finite, got inf"),
        ({"give_up_after": -1}, ValueError, "give_up_after must be 0 or more, and finite, got -1"),
    ],
)
def test_bad_policy(wrong: dict[str, Any], error: type[Exception], text: str) -> None:
    """A wrong value is one clear error where it is written."""
    with pytest.raises(error, match=f"^{text}$"):
        Retries(**wrong)


async def test_bad_retries() -> None:
    """Something else in the place of the policy is told before anything is sent."""
    with pytest.raises(TypeError, match=r"^retries must be a Retries\(\.\.\.\), or None, got 5$"):
        await make_many_requests(URL, 1, retries=5)
