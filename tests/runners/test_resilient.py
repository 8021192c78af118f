"""Resilient: what the server asks for counts for all, backing off is spread, and
everything has an end.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter, ObservedTransport, PracticeServer
from inflight_lab.runners.resilient import PLAN, Retries, make_many_requests
from tests.support import virtual_clock
from tests.support.virtual_clock import TODAY, virtual_loop

URL = "http://127.0.0.1/get"


class Api(httpx.AsyncBaseTransport):
    """Answers as ``decide(number of the attempt, time)`` says.

    That is a status, a status and headers, a response, or an error.  Each attempt takes
    ``latency`` seconds.
    """

    def __init__(
        self, decide: Callable[[int, float], Any], *, latency: float = 0
    ) -> None:
        self.decide = decide
        self.latency = latency
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One attempt."""
        now = virtual_loop().now - virtual_clock.BEGIN
        self.times.append(now)
        attempt = len(self.times)
        await asyncio.sleep(
            self.latency
        )  # also with 0 s, so that as many fly as have a slot
        answer = self.decide(attempt, now)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        return httpx.Response(status, headers=headers, json={})


def no_jitter(low: float, high: float) -> float:
    """The whole backoff, always."""
    return high


def on_virtual_clock(
    decide: Callable[[int, float], Any],
    work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]],
    *,
    latency: float = 0,
) -> tuple[Any, Api, float]:
    """What ``work`` returned, the API it met, and how long it took on the virtual
    clock.
    """
    api = Api(decide, latency=latency)

    async def main() -> tuple[Any, float]:
        async with httpx.AsyncClient(transport=api) as client:
            return await work(client), virtual_loop().now - virtual_clock.BEGIN

    result, took = virtual_clock.run(main())
    return result, api, took


def run(
    decide: Callable[[int, float], Any],
    count: int = 1,
    *,
    limiter: Any = None,
    limit: int = 3,
    latency: float = 0,
    **how: Any,
) -> tuple[list[Any], Api, float]:
    """One run with `Retries` of ``how``; a failure is an outcome."""
    options = {
        "limit": limit,
        "limiter": limiter,
        "retries": Retries(**how),
        "return_exceptions": True,
    }

    async def work(client: httpx.AsyncClient) -> list[Any]:
        return await make_many_requests(URL, count, client=client, **options)

    return on_virtual_clock(decide, work, latency=latency)


def statuses(outcomes: list[Any]) -> list[Any]:
    """Status of a response, text of a failure."""
    return [
        str(outcome) if isinstance(outcome, Exception) else outcome.status_code
        for outcome in outcomes
    ]


# The gate.


@pytest.mark.parametrize("status", [429, 503])
def test_the_gate_is_for_all(status: int) -> None:
    """One refusal with Retry-After, and nobody sends until then: neither the refused
    nor those who wait.
    """
    outcomes, api, _ = run(
        lambda attempt, now: (status, {"Retry-After": "5"}) if attempt == 2 else 200,
        20,
        limit=1,
    )
    assert statuses(outcomes) == [200] * 20
    assert [time for time in api.times if 0 < time < 5] == []
    assert api.times[:2] == [0, 0]
    assert len(api.times) == 21


def test_a_request_that_queued_for_its_slot_sees_the_gate() -> None:
    """The gate is looked at with the slot in hand, so that a long queue does not send
    into a shut gate.
    """
    outcomes, api, _ = run(
        lambda attempt, now: (429, {"Retry-After": "9"}) if now < 9 else 200, 50
    )
    assert statuses(outcomes) == [200] * 50
    assert (
        sum(time < 9 for time in api.times) == 3
    )  # as many as were in flight at the first refusal


def test_a_later_answer_does_not_open_the_gate_sooner() -> None:
    """Two are refused together, the first until 9 and the second until 3: nobody sends
    before 9.
    """
    _, api, _ = run(
        lambda attempt, now: (
            (429, {"Retry-After": "9" if attempt == 1 else "3"}) if now < 1 else 200
        ),
        4,
        limit=2,
    )
    assert min(time for time in api.times if time > 0) == 9


def test_no_slot_is_held_in_a_pause() -> None:
    """While all wait for the gate every slot is free: other work under the same limiter
    goes on.
    """

    async def work(client: httpx.AsyncClient) -> list[int]:
        limiter = AdjustableLimiter(2)
        requests = asyncio.create_task(
            make_many_requests(URL, 6, limiter=limiter, client=client)
        )
        in_use = []
        for _ in range(4):
            await asyncio.sleep(1)
            in_use.append(limiter.in_use)
        await requests
        return in_use

    in_use, api, _ = on_virtual_clock(
        lambda attempt, now: (429, {"Retry-After": "5"}) if now < 5 else 200, work
    )
    assert in_use == [0] * 4
    assert len(api.times) == 2 + 6


def test_two_runs_share_the_gate() -> None:
    """The same `Retries` in two runs: the second waits for the gate that the first has
    shut.
    """

    async def one_after_the_other(client: httpx.AsyncClient) -> None:
        retries = Retries()
        first = asyncio.create_task(
            make_many_requests(URL, 1, client=client, retries=retries)
        )
        await asyncio.sleep(1)
        await make_many_requests(URL, 2, client=client, retries=retries)
        await first

    _, api, _ = on_virtual_clock(
        lambda attempt, now: (429, {"Retry-After": "5"}) if attempt == 1 else 200,
        one_after_the_other,
    )
    assert api.times[0] == 0
    assert len(api.times) == 4
    assert min(api.times[1:]) == 5


@pytest.mark.parametrize(
    "refusal",
    [
        (403, {"Retry-After": "5"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(TODAY) + 5)}),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(TODAY) + 5)}),
        (429, {"X-RateLimit-Reset": "5"}),
        (429, {"Retry-After": "5", "X-RateLimit-Reset": "60"}),
    ],
)
def test_what_other_apis_say(refusal: tuple[int, dict[str, str]]) -> None:
    """A 403 that says when to come back shuts the gate, and so does the reset of a
    quota that is used up.
    """
    outcomes, api, _ = run(
        lambda attempt, now: refusal if attempt == 1 else 200, 4, limit=1
    )
    assert statuses(outcomes) == [200] * 4
    assert api.times[0] == 0
    assert min(api.times[1:]) == 5


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "5"},
        {"X-RateLimit-Reset": "soon"},
    ],
)
def test_a_403_that_is_no_refusal(headers: dict[str, str]) -> None:
    """Forbidden is forbidden: not asked again, though the answer names a quota of which
    some is left.
    """
    outcomes, api, _ = run(lambda attempt, now: (403, headers))
    assert statuses(outcomes) == ["Unexpected Status: Http status code is 403."]
    assert api.times == [0]


# When waiting does not help.


def test_a_permanent_refusal_ends_the_run() -> None:
    """Nothing more is sent, what was in flight keeps its answer, and each failure says
    why.
    """

    async def work(client: httpx.AsyncClient) -> list[Any]:
        return await make_many_requests(URL, 6, client=client, return_exceptions=True)

    reason = "You exceeded your current quota."
    outcomes, api, took = on_virtual_clock(
        lambda attempt, now: no_more(reason) if attempt == 2 else 200, work, latency=1
    )
    unsent = f"Not sent: the API will refuse every request: {reason}"
    refused = "Unexpected Status: Http status code is 429."
    assert statuses(outcomes) == [200, refused, 200, *[unsent] * 3]
    assert outcomes[1].__notes__ == [
        f"The API says: {reason}",
        "Gave up after 1 attempt in 1.0 s: no retry will help.",
    ]
    assert (api.times, took) == ([0, 0, 0], 1)


def test_a_permanent_refusal_wakes_who_pauses() -> None:
    """Nobody sits out a pause after which nothing would be sent; an API that gives no
    reason (402, Payment Required) has none put into its mouth.
    """
    outcomes, api, took = run(
        lambda attempt, now: 402 if attempt == 2 else 503,
        2,
        base=50.0,
        uniform=no_jitter,
        latency=1,
    )
    assert statuses(outcomes) == [
        "Not sent: the API will refuse every request: it gives no reason.",
        "Unexpected Status: Http status code is 402.",
    ]
    assert (len(api.times), took) == (2, 1)


def test_a_permanent_refusal_ends_every_run_that_shares_it() -> None:
    """Another run with the same `Retries` sends nothing, now or later; new `Retries`
    begin anew.
    """

    async def work(client: httpx.AsyncClient) -> list[list[Any]]:
        shared = Retries()
        return [
            await make_many_requests(
                URL, 4, client=client, retries=retries, return_exceptions=True, limit=1
            )
            for retries in (shared, shared, Retries())
        ]

    (first, second, anew), api, _ = on_virtual_clock(
        lambda attempt, now: no_more("no") if attempt == 1 else 200, work
    )
    unsent = "Not sent: the API will refuse every request: no"
    assert statuses(first)[1:] == [unsent] * 3
    assert statuses(second) == [unsent] * 4
    assert statuses(anew) == [200] * 4
    assert len(api.times) == 1 + 4


def no_more(reason: str) -> httpx.Response:
    """The refusal of an API that is paid for in advance, when nothing is left."""
    error = {"code": "insufficient_quota", "message": reason}
    return httpx.Response(429, json={"error": error})


@pytest.mark.parametrize("status", [413, 500])
def test_a_permanent_refusal_of_one_request(status: int) -> None:
    """What one request alone is refused for, its size for example, loses its own answer
    and no other; it is not sent again.
    """
    outcomes, api, _ = run(
        lambda attempt, now: (
            (status, {"x-should-retry": "false"}) if attempt == 1 else 200
        ),
        100,
    )
    refused = f"Unexpected Status: Http status code is {status}."
    assert statuses(outcomes) == [refused, *[200] * 99]
    assert len(api.times) == 100


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_error_of_the_request_gives_the_reason(status: int) -> None:
    """Errors that are no refusals, and raised at once, say what the API says too."""
    answer = httpx.Response(status, json={"error": {"message": "No such key."}})
    [error], api, _ = run(lambda attempt, now: answer)
    assert error.__notes__ == ["The API says: No such key."]
    assert len(api.times) == 1


def test_not_found_is_not_asked_again() -> None:
    """A 404 is settled, though the answer has a Retry-After."""
    outcomes, api, _ = run(lambda attempt, now: (404, {"Retry-After": "0"}))
    assert statuses(outcomes) == ["Unexpected Status: Http status code is 404."]
    assert api.times == [0]


# Backing off.


def test_full_jitter() -> None:
    """Without Retry-After: evenly between nothing and base * 2 ** attempt, never more
    than the cap.
    """
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return random.Random(7).uniform(low, high)

    outcomes, api, took = run(
        lambda attempt, now: 503,
        attempts=7,
        base=0.5,
        cap=6.0,
        give_up_after=1e6,
        uniform=uniform,
    )
    slept = [later - earlier for earlier, later in itertools.pairwise(api.times)]
    backoffs = drawn[: len(slept)]  # the last attempt has none
    assert backoffs == [(0, 0.5), (0, 1), (0, 2), (0, 4), (0, 6), (0, 6)]
    within = zip(slept, backoffs, strict=True)
    assert all(0 < pause < high for pause, (_, high) in within)
    assert len(api.times) == 7
    assert outcomes[0].__notes__ == [
        f"Gave up after 7 attempts in {took:.1f} s: there are no more attempts."
    ]


def test_jitter_spreads_the_herd() -> None:
    """200 refused together come back together without jitter, and apart from each other
    with it.
    """
    busiest = {}
    for jitter in (no_jitter, random.Random(1).uniform):
        _, api, _ = run(
            lambda attempt, now: 503 if attempt <= 200 else 200,
            200,
            limit=200,
            base=2.0,
            uniform=jitter,
        )
        retried = [time for time in api.times if time > 0]
        assert len(retried) == 200
        busiest[jitter is no_jitter] = max(
            sum(at <= time < at + 0.1 for time in retried) for at in retried
        )
    assert busiest[True] == 200
    assert busiest[False] < 30


def test_the_refused_come_after_the_gate_not_before() -> None:
    """Jitter is added to what the server asked for; it never shortens it."""
    _, api, _ = run(
        lambda attempt, now: (429, {"Retry-After": "4"}) if attempt <= 50 else 200,
        50,
        limit=50,
    )
    assert min(time for time in api.times if time > 0) >= 4
    assert len({time for time in api.times if time > 0}) > 40


# An end to everything.


@given(
    answers=st.lists(
        st.sampled_from(
            [
                200,
                429,
                503,
                500,
                404,
                402,
                (429, {"Retry-After": "3"}),
                (503, {"Retry-After": "999999999"}),
                "lost",
            ]
        ),
        min_size=1,
        max_size=12,
    ),
    count=st.integers(0, 8),
    limit=st.integers(1, 4),
    attempts=st.integers(1, 4),
    retry_budget=st.sampled_from([0, 0.25, 1]),
    reserve=st.integers(0, 3),
    give_up_after=st.sampled_from([0, 5, 60]),
    longest_pause=st.sampled_from([0, 2, 120]),
)
def test_bounds_hold_whatever_the_server_does(
    answers: list[Any],
    count: int,
    limit: int,
    attempts: int,
    retry_budget: float,
    reserve: int,
    give_up_after: float,
    longest_pause: float,
) -> None:
    """Attempts, budget and time are kept for any answers, and there is one outcome for
    each request.
    """
    asked = 0.0  # for pauses that are short enough

    def decide(attempt: int, now: float) -> Any:
        nonlocal asked
        answer = answers[attempt % len(answers)]
        if answer == (429, {"Retry-After": "3"}) and longest_pause >= 3:
            asked += 3
        return httpx.ConnectError("lost") if answer == "lost" else answer

    outcomes, api, took = run(
        decide,
        count,
        limit=limit,
        attempts=attempts,
        retry_budget=retry_budget,
        reserve=reserve,
        give_up_after=give_up_after,
        longest_pause=longest_pause,
    )
    assert len(outcomes) == count
    assert len(api.times) <= count * attempts
    assert len(api.times) <= count + reserve + retry_budget * count
    assert took <= give_up_after + asked + 1e-6
    assert all(
        isinstance(
            outcome, httpx.Response | ValueError | httpx.ConnectError | TimeoutError
        )
        for outcome in outcomes
    )


def test_the_budget_is_shared() -> None:
    """When everything is refused the load grows by the budget, and not by the attempts
    of each.
    """
    outcomes, api, _ = run(
        lambda attempt, now: 503, 100, retry_budget=0.25, reserve=5, give_up_after=1e6
    )
    assert len(api.times) == 100 + 25 + 5
    assert statuses(outcomes) == ["Unexpected Status: Http status code is 503."] * 100


def test_a_spent_budget_is_named() -> None:
    """Who has attempts left, and no retry in the common budget, says so."""
    outcomes, api, _ = run(lambda attempt, now: 503, 3, retry_budget=0, reserve=0)
    assert len(api.times) == 3
    notes = ["Gave up after 1 attempt in 0.0 s: the retry budget was spent."]
    assert [outcome.__notes__ for outcome in outcomes] == [notes] * 3


@pytest.mark.parametrize(
    "how", [{"give_up_after": 0.1}, {"attempts": 1}, {"longest_pause": 2}]
)
def test_a_retry_that_is_not_made_is_not_charged(how: dict[str, Any]) -> None:
    """A request that gives up for any reason leaves the retry budget to the others."""
    retries = Retries(reserve=5, uniform=no_jitter, **how)

    async def work(client: httpx.AsyncClient) -> list[Any]:
        return await make_many_requests(
            URL, 1, client=client, retries=retries, return_exceptions=True
        )

    _, api, _ = on_virtual_clock(
        lambda attempt, now: (503, {"Retry-After": "3"}), work, latency=1
    )
    assert len(api.times) == 1
    assert retries.retries_left == 5 + 1


@pytest.mark.parametrize("asked", [60, 61, 120])
def test_what_the_server_asks_for_loses_nothing(asked: int) -> None:
    """A minute's pause, or two, is sat out, and the refused request gets its answer
    like all others.
    """
    outcomes, api, took = run(
        lambda attempt, now: (429, {"Retry-After": str(asked)}) if now < asked else 200,
        20,
    )
    assert statuses(outcomes) == [200] * 20
    assert [time for time in api.times if 0 < time < asked] == []
    assert asked <= took <= asked + 0.5


def test_a_pause_in_each_window_loses_nothing() -> None:
    """Of 7 a minute, 30 requests take four pauses, more than ``give_up_after`` in all:
    nobody gives up.
    """
    accepted: Counter[int] = Counter()

    def seven_a_minute(attempt: int, now: float) -> Any:
        window = int(now // 60)
        if accepted[window] == 7:
            return 429, {"Retry-After": str(math.ceil(60 * (window + 1) - now))}
        accepted[window] += 1
        return 200

    outcomes, _, took = run(seven_a_minute, 30, give_up_after=11)
    assert statuses(outcomes) == [200] * 30
    assert took > 4 * 60


class Budget(NamedTuple):
    """A limit on the time, and how many attempts fit into it."""

    give_up_after: float
    attempts: int


# Each attempt takes 2 s, the pauses after it 1, 2, 4, 8 and 16 s: they end after 3, 7,
# 13, 23 and 41 s.
@pytest.mark.parametrize(
    "budget", [Budget(22.9, 4), Budget(23.1, 5), Budget(37, 5), Budget(41.5, 6)]
)
@pytest.mark.parametrize("asked", [0, 90])
def test_attempts_and_backoffs_count(budget: Budget, asked: int) -> None:
    """No backoff begins that would end after ``give_up_after``; what the server asked
    for is not counted.
    """
    outcomes, api, took = run(
        lambda attempt, now: (
            (503, {"Retry-After": str(asked)}) if attempt == 1 else 503
        ),
        attempts=50,
        reserve=50,
        base=1.0,
        cap=1000.0,
        give_up_after=budget.give_up_after,
        uniform=no_jitter,
        latency=2,
    )
    assert len(api.times) == budget.attempts
    ends = {4: 15, 5: 25, 6: 43}
    assert took == asked + ends[budget.attempts]
    assert outcomes[0].__notes__ == [
        f"Gave up after {budget.attempts} attempts in {took:.1f} s: "
        f"a retry would exceed give_up_after, {budget.give_up_after:g} s."
    ]


def test_a_long_queue_does_not_count() -> None:
    """Waiting for a slot, before the first attempt or between two, is no reason to give
    up.
    """
    outcomes, _, took = run(
        lambda attempt, now: 503 if attempt == 1 else 200,
        30,
        limit=1,
        give_up_after=17,
        latency=2,
    )
    assert statuses(outcomes) == [200] * 30
    assert took == 31 * 2


@pytest.mark.parametrize(
    ("asked", "how", "said"),
    [
        (121, {}, "a pause of 121 s, and longest_pause is 120 s."),
        (14, {"longest_pause": 13.5}, "a pause of 14 s, and longest_pause is 13.5 s."),
    ],
)
def test_too_long_a_pause_is_named(
    asked: int, how: dict[str, float], said: str
) -> None:
    """Who gives up because of it says what the server asked for, and what would have
    been kept.
    """
    outcomes, api, took = run(
        lambda attempt, now: (429, {"Retry-After": str(asked)}), **how
    )
    assert (api.times, took) == ([0], 0)
    assert outcomes[0].__notes__ == [
        f"Gave up after 1 attempt in 0.0 s: the server asked for {said}"
    ]


def test_the_longest_pause_may_be_changed_later() -> None:
    """The gate asks the policy too: what it allows by then is waited for."""
    retries = Retries()
    retries.longest_pause = 300

    async def work(client: httpx.AsyncClient) -> list[Any]:
        return await make_many_requests(URL, 3, limit=1, client=client, retries=retries)

    responses, api, _ = on_virtual_clock(
        lambda attempt, now: (429, {"Retry-After": "150"}) if attempt == 1 else 200,
        work,
    )
    assert statuses(responses) == [200] * 3
    assert min(api.times[1:]) == 150


def test_too_long_a_pause_ends_the_run_at_once() -> None:
    """An hour's Retry-After is not sat out: the refused gives up, and the others are
    not sent.
    """
    outcomes, api, took = run(
        lambda attempt, now: (429, {"Retry-After": "3600"}), 5, limit=1
    )
    assert statuses(outcomes) == [
        "Unexpected Status: Http status code is 429.",
        *["Not sent: the server asked for too long a pause."] * 4,
    ]
    why = "the server asked for a pause of 3600 s, and longest_pause is 120 s."
    assert outcomes[-1].__notes__ == [f"Gave up after 0 attempts in 0.0 s: {why}"]
    assert (len(api.times), took) == (1, 0)


def test_garbage_is_as_if_absent() -> None:
    """A header that means nothing shuts no gate: only the refused one backs off."""
    _, api, _ = run(
        lambda attempt, now: (429, {"Retry-After": "-5"}) if attempt == 1 else 200,
        4,
        limit=1,
        uniform=no_jitter,
    )
    assert api.times == [0, 0, 0, 0, 0.5]


def test_an_attempt_that_hangs_is_cut_off_and_repeated() -> None:
    """``timeout`` is for the whole attempt, also over a transport that knows no
    timeouts.
    """
    attempts = itertools.count(1)

    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if next(attempts) == 1:
                await asyncio.Event().wait()
            return httpx.Response(200)

    async def main() -> float:
        async with httpx.AsyncClient(transport=Hanging()) as client:
            [response] = await make_many_requests(URL, 1, client=client)
        assert response.status_code == 200
        return virtual_loop().now - virtual_clock.BEGIN

    assert 10 <= virtual_clock.run(main()) <= 10.5


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.RemoteProtocolError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_transport_errors_are_repeated(error: Exception) -> None:
    """A GET that got no answer is sent again; the last error is what remains when none
    comes.
    """
    outcomes, _, _ = run(lambda attempt, now: error if attempt < 3 else 200)
    assert statuses(outcomes) == [200]
    outcomes, api, _ = run(lambda attempt, now: error, attempts=3)
    assert (outcomes, len(api.times)) == ([error], 3)


@pytest.mark.parametrize(
    "name", ["ConnectError", "ReadTimeout", "PoolTimeout", "RemoteProtocolError"]
)
def test_transport_errors_of_httpx2_are_repeated(name: str) -> None:
    """A client of httpx2, which raises its own errors, is served just as well; other
    errors are not.
    """

    def attempts(*errors: httpx2.TransportError) -> tuple[Any, int]:
        left = list(errors)

        async def answer(request: httpx2.Request) -> httpx2.Response:
            if left:
                raise left.pop()
            return httpx2.Response(200)

        async def main() -> Any:
            async with httpx2.AsyncClient(
                transport=httpx2.MockTransport(answer)
            ) as client:
                [outcome] = await make_many_requests(
                    URL, 1, client=client, return_exceptions=True
                )
            return outcome

        return virtual_clock.run(main()), len(errors) - len(left)

    error = getattr(httpx2, name)("lost")
    response, failed = attempts(error, error)
    assert (response.status_code, failed) == (200, 2)
    refused = httpx2.UnsupportedProtocol("x")
    assert attempts(refused, refused) == (refused, 1)


@pytest.mark.parametrize("answer", [400, 404, 410, 301, httpx.UnsupportedProtocol("x")])
def test_what_no_retry_can_mend_is_not_repeated(answer: Any) -> None:
    """Other statuses and mistakes of the caller fail at the first attempt."""
    outcomes, api, _ = run(lambda attempt, now: answer)
    assert len(api.times) == 1
    assert isinstance(outcomes[0], Exception)


# With a real server.


@pytest.mark.anyio
async def test_nothing_is_lost_against_a_real_quota(server: PracticeServer) -> None:
    """More requests than one window permits: refused ones come back, and each ends in a
    response.
    """
    server.quota, server.rate, server.period = "fixed-window", 20, 1.0
    observed = ObservedTransport()
    async with httpx.AsyncClient(transport=observed) as client:
        outcomes = await make_many_requests(server.url, 50, limit=5, client=client)
    assert [outcome.status_code for outcome in outcomes] == [200] * 50
    stats = server.stats()
    assert stats.accepted == 50
    assert (
        0 < stats.refused <= 4 * 5
    )  # in each of the few windows at most those in flight
    assert stats.peak_in_flight <= 5


def test_the_plan_covers_every_retry() -> None:
    """What the command line says before it sends to another machine is the most that
    the defaults allow.
    """
    plan = PLAN.format(count=200, limit=3)
    assert plan == "200 requests, at most 3 at once, and up to 200 + 10 retries"
    _, api, _ = run(lambda attempt, now: 503, 200, give_up_after=1e6)
    assert len(api.times) == 200 + 200 + 10
