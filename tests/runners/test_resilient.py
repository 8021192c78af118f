"""Resilient: what the API asks for counts for all, nothing is lost that can be had, and
everything has an end.  All on the virtual clock, except for one real server.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import httpx2
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners import adaptive, budgets, resilient
from inflight_lab.runners.patiently import NoAnswer, Patience, Stop
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.dialects import DIALECTS
from tests.support import virtual_clock
from tests.support.asgi import client_of
from tests.support.virtual_clock import TODAY, virtual_loop

URL = "http://127.0.0.1/get"
LATENCY = 0.1
Answer = httpx.Response | Exception
NO_MONEY = {"error": {"code": "insufficient_quota", "message": "Check your plan."}}


def now() -> float:
    """Seconds since the beginning on the virtual clock."""
    return virtual_loop().now - virtual_clock.BEGIN


class Api(httpx.AsyncBaseTransport):
    """Answers as ``decide(number of the request, time of its arrival)`` says."""

    def __init__(self, decide: Callable[[int, float], Answer], latency: float) -> None:
        self.decide = decide
        self.latency = latency
        self.arrivals: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One attempt."""
        self.arrivals.append(now())
        answer = self.decide(len(self.arrivals), now())
        await asyncio.sleep(self.latency)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Run(NamedTuple):
    """What became of a run."""

    outcomes: list[Any]
    api: Api
    seconds: float

    @property
    def failures(self) -> list[Exception]:
        """The outcomes that are no answer."""
        return [each for each in self.outcomes if isinstance(each, Exception)]

    @property
    def answered(self) -> int:
        """How many outcomes are answers."""
        return len(self.outcomes) - len(self.failures)


def run(
    decide: Callable[[int, float], Answer],
    count: int = 1,
    *,
    limit: int = 3,
    limiter: Any = None,
    latency: float = LATENCY,
    **patience: Any,
) -> Run:
    """A run of the rung against an API; a failure is an outcome."""
    api = Api(decide, latency)

    async def main() -> Run:
        async with httpx.AsyncClient(transport=api) as client:
            outcomes = await resilient.make_many_requests(
                URL,
                count,
                limit=limit,
                limiter=limiter,
                client=client,
                patiently=Patience(**patience),
                return_exceptions=True,
            )
            return Run(outcomes, api, now())

    return virtual_clock.run(main())


def ok() -> httpx.Response:
    return httpx.Response(200, json={})


def refusal(seconds: object = None, status: int = 429) -> httpx.Response:
    """A refusal that asks to wait for so long, if that is given."""
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return httpx.Response(status, headers=headers, json={"message": "Slow down."})


def until(moment: float, answer: Callable[[], Answer]) -> Callable[..., Answer]:
    """This answer to all that arrives before the moment, and 200 afterwards."""
    return lambda number, time: answer() if time < moment else ok()


# What holds all back


@pytest.mark.parametrize("status", [429, 503, 529, 403, 500])
@pytest.mark.parametrize("seconds", [20, 119])
def test_the_api_decides_when_to_come_back(status: int, seconds: int) -> None:
    """Nobody sends before the moment that one refusal names, and nothing is lost."""
    ran = run(until(0.05, lambda: refusal(seconds, status)), 20)
    first_back = min(at for at in ran.api.arrivals if at > LATENCY)
    assert ran.failures == []
    assert first_back == pytest.approx(LATENCY + seconds)
    assert ran.seconds < seconds + 3


def test_those_that_were_refused_do_not_come_back_together() -> None:
    """Each adds a part of the backoff at random to the pause that the API asked for."""
    random.seed(1)
    ran = run(until(0.05, lambda: refusal(5)), 30, limit=30)
    again = sorted(ran.api.arrivals)[30:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(again)]
    assert ran.failures == []
    assert min(again) >= 5 + LATENCY
    assert 0 < max(gaps) < max(again) - min(again)
    assert 0.3 < max(again) - min(again) <= 0.5


@pytest.mark.parametrize("seconds", [None, 0])
def test_a_refusal_without_a_time_holds_all_back_longer_each_time(
    seconds: float | None,
) -> None:
    """0.5 s, 1 s, 2 s: an API that refuses for 3 s is asked a few times only."""
    ran = run(until(3, lambda: refusal(seconds)), 50)
    assert ran.failures == []
    assert len(ran.api.arrivals) <= 50 + 5 * 3
    assert ran.seconds < 10


def test_a_slot_is_free_while_a_request_backs_off() -> None:
    """A request that fails alone holds nobody up."""
    limiter = AdjustableLimiter(1)
    ran = run(lambda n, _: httpx.Response(500) if n == 1 else ok(), 5, limiter=limiter)
    assert ran.failures == []
    assert ran.api.arrivals[1:5] == pytest.approx([0.1, 0.2, 0.3, 0.4])


# What is tried again


LOST = [
    httpx.ReadError(""),
    httpx.ConnectError(""),
    httpx.ConnectTimeout(""),
    httpx.PoolTimeout(""),
    httpx.RemoteProtocolError("Server disconnected"),
    httpx.ProxyError(""),
    httpx2.ReadError(""),
    httpx2.RemoteProtocolError(""),
    ConnectionResetError(),
]


@pytest.mark.parametrize(
    "failure",
    [*LOST, *map(httpx.Response, (408, 409, 500, 502, 504, 522))],
    ids=repr,
)
def test_what_may_be_temporary_is_tried_again(failure: Answer) -> None:
    """A lost connection, a timeout and an error of the server cost no answer, whichever
    package raises it.
    """
    ran = run(lambda number, _: failure if number <= 5 else ok(), 10)
    assert ran.failures == []
    assert len(ran.api.arrivals) == 15


@pytest.mark.parametrize(
    "failure",
    [
        *map(httpx.Response, (400, 404, 422, 999)),
        httpx.DecodingError("no gzip"),
        httpx.UnsupportedProtocol("htp://"),
    ],
    ids=repr,
)
def test_what_no_retry_fixes_fails_at_once(failure: Answer) -> None:
    """It is one request's failure, after one attempt, and the others go on."""
    ran = run(lambda number, _: failure if number == 1 else ok(), 3)
    assert len(ran.api.arrivals) == 3
    assert len(ran.failures) == 1
    assert not isinstance(ran.failures[0], Stop)


def test_an_attempt_that_hangs_is_cut_off_and_repeated() -> None:
    """No answer in time is a failure like any other."""
    api_hangs = run(lambda number, _: ok(), 1, latency=50, timeout=2, attempts=3)
    assert len(api_hangs.api.arrivals) == 3
    assert 6 <= api_hangs.seconds <= 7.5
    assert "TimeoutError" in str(api_hangs.failures[0])


def test_a_failure_says_its_status_and_the_apis_words() -> None:
    """A person reads what the last answer was; a program reads its status."""
    answer = httpx.Response(404, json={"error": {"message": "No such model."}})
    [failure] = run(lambda *_: answer).failures
    assert isinstance(failure, NoAnswer)
    assert (str(failure), failure.status) == ("status 404 No such model.", 404)
    [lost] = run(lambda *_: httpx.ReadError("gone"), attempts=2).failures
    assert isinstance(lost.__cause__, httpx.ReadError)
    assert str(lost) == "ReadError gone"


def test_backoffs_are_bounded() -> None:
    """A request is tried eight times, with at most 0.5, 1, 2, then 30 s in between."""
    ran = run(lambda *_: httpx.Response(500), latency=0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(ran.api.arrivals)]
    assert len(gaps) == 7
    longest = [0.5, 1, 2, 4, 8, 16, 30]
    assert all(gap <= most for gap, most in zip(gaps, longest, strict=True))
    assert sum(gaps) > 5


# What ends a run


class Row(NamedTuple):
    """How an API refuses from the 101st request on; what comes of 400 requests."""

    api: str
    answer: httpx.Response
    at_most: int
    """Requests sent after the 100 that are answered."""
    says: str


USED_UP = [
    Row("OpenAI", httpx.Response(429, json=NO_MONEY), 3, "Check your plan."),
    Row("a wrong key", httpx.Response(401, json={"message": "Bad key"}), 3, "Bad key"),
    Row(
        "OpenRouter, empty",
        httpx.Response(402, json={"error": {"message": "Insufficient credits."}}),
        3,
        "Insufficient credits.",
    ),
    Row(
        "X, 24 hours",
        httpx.Response(
            429,
            headers={
                "x-app-limit-24hour-remaining": "0",
                "x-app-limit-24hour-reset": str(int(TODAY) + 80_000),
            },
        ),
        3,
        "pause of 7999",
    ),
    Row("an hour", refusal(3600), 3, "pause of 3600 s"),
    Row(
        "xAI, in words that nobody knows",
        httpx.Response(429, json={"error": "Your team has used all of its credits."}),
        3 * 10,
        "used all of its credits",
    ),
    Row(
        "Cohere",
        httpx.Response(429, json={"message": "limited to 1000 API calls / month"}),
        3 * 10,
        "1000 API calls / month",
    ),
    Row(
        "YouTube",
        httpx.Response(
            403,
            json={"error": {"errors": [{"message": "exceeded your quota"}]}},
        ),
        50 + 3,
        "exceeded your quota",
    ),
    Row(
        "Salesforce",
        httpx.Response(
            403, json=[{"message": "TotalRequests Limit exceeded.", "errorCode": "R"}]
        ),
        50 + 3,
        "TotalRequests Limit exceeded.",
    ),
]


@pytest.mark.parametrize("row", USED_UP, ids=[row.api for row in USED_UP])
def test_used_up(row: Row) -> None:
    """Where no wait helps, the run ends soon, in the API's words, and keeps what was
    answered, whether or not anybody knows these words.
    """
    ran = run(lambda number, _: ok() if number <= 100 else row.answer, 400)
    assert ran.answered == 100
    assert 0 < len(ran.api.arrivals) - 100 <= row.at_most
    stops = [each for each in ran.failures if isinstance(each, Stop)]
    assert len(stops) >= 300 - 50
    assert all(row.says in str(stop) for stop in stops)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(402, json={"error": {"message": "Your card was declined."}}),
        httpx.Response(402, json={"error": {"message": "requires more credits"}}),
        httpx.Response(500, headers={"x-should-retry": "false"}),
        httpx.Response(403, json={"message": "Forbidden"}),
    ],
    ids=repr,
)
def test_a_refusal_of_one_request(answer: httpx.Response) -> None:
    """It costs this request and no other, and it is not asked for again."""
    ran = run(lambda number, _: answer if number % 5 == 0 else ok(), 400)
    assert (len(ran.api.arrivals), ran.answered) == (400, 320)
    assert {type(failure) for failure in ran.failures} == {NoAnswer}


def test_a_402_for_three_seconds() -> None:
    """It waits by itself: nobody else is held back, and nothing is lost."""
    for_now = refusal(3, 402)
    ran = run(lambda number, _: for_now if number == 1 else ok(), 60)
    assert ran.failures == []
    assert sum(at < 1.9 for at in ran.api.arrivals) >= 55
    assert max(ran.api.arrivals) >= 3


@pytest.mark.parametrize("status", [404, 410])
def test_what_does_not_exist_ends_no_run(status: int) -> None:
    """A thousand gaps in a row are a thousand answers."""
    ran = run(lambda *_: httpx.Response(status), 1000)
    assert len(ran.api.arrivals) == len(ran.failures) == 1000
    assert not any(isinstance(failure, Stop) for failure in ran.failures)


def test_an_acceptance_in_between_begins_the_count_anew() -> None:
    """One answer in 40 that is accepted, and the run goes on to its end."""
    no = httpx.Response(403)
    ran = run(lambda number, _: ok() if number % 40 == 0 else no, 400)
    assert len(ran.api.arrivals) == 400


def test_a_stop_wakes_who_waits_and_lets_answers_come() -> None:
    """The first is refused for 100 s, the second for ever, and the third is in flight:
    it is answered, and nobody sits the pause out.
    """

    async def decide(request: httpx.Request) -> httpx.Response:
        number = next(numbers)
        await asyncio.sleep(number)
        answers = [None, refusal(100), httpx.Response(429, json=NO_MONEY), ok()]
        return answers[number] or ok()

    numbers = itertools.count(1)

    async def main() -> None:
        transport = httpx.MockTransport(decide)
        async with httpx.AsyncClient(transport=transport) as client:
            outcomes = await resilient.make_many_requests(
                URL, 50, client=client, return_exceptions=True
            )
        assert now() == pytest.approx(3)
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds == [Stop, Stop, httpx.Response] + [Stop] * 47
        assert all("Check your plan." in str(outcomes[number]) for number in (0, 1, 9))

    virtual_clock.run(main())


def test_runs_that_share_their_patience_stop_together() -> None:
    """Who begins after a stop sends nothing."""

    async def main() -> None:
        api = Api(lambda *_: httpx.Response(429, json=NO_MONEY), LATENCY)
        patiently = Patience()
        async with httpx.AsyncClient(transport=api) as client:
            for _ in range(2):
                with pytest.raises(Stop, match="Check your plan"):
                    await resilient.make_many_requests(
                        URL, 1, client=client, patiently=patiently
                    )
        assert len(api.arrivals) == 1

    virtual_clock.run(main())


def test_a_cancelled_run_gives_its_slots_back() -> None:
    """Whoever waited, backed off or was in flight is gone at once."""

    async def main() -> None:
        limiter = AdjustableLimiter(3)
        api = Api(lambda number, _: refusal(50) if number == 9 else ok(), LATENCY)
        async with httpx.AsyncClient(transport=api) as client:
            batch = asyncio.create_task(
                resilient.make_many_requests(URL, 50, client=client, limiter=limiter)
            )
            await asyncio.sleep(5)
            batch.cancel()
            await asyncio.wait([batch])
            await asyncio.sleep(0)
        assert (limiter.in_use, limiter.waiting) == (0, 0)
        assert len(asyncio.all_tasks()) == 1

    virtual_clock.run(main())


def test_an_api_that_cannot_be_reached_is_left_alone() -> None:
    """400 requests without a pace cost few attempts, and the run ends in minutes."""
    ran = run(lambda *_: httpx.ConnectError("refused"), 400, limit=10)
    assert len(ran.api.arrivals) <= 10 + 2 * 10 * 10
    assert {type(failure) for failure in ran.failures} <= {NoAnswer, Stop}
    assert "ConnectError refused" in str(ran.failures[-1])
    assert 60 < ran.seconds < 180


def test_an_outage_of_a_minute_costs_no_answer() -> None:
    """All wait for it together, so nobody uses up their attempts."""
    ran = run(until(60, lambda: httpx.ConnectError("refused")), 100, limit=10)
    assert ran.failures == []
    assert len(ran.api.arrivals) <= 100 + 200


def test_a_long_wait_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Once, with the API's words; a short one is not."""
    run(until(0.05, lambda: refusal(60)), 10)
    [said] = caplog.messages
    assert said == "Waiting 60 s: status 429 Slow down."
    run(until(0.05, lambda: refusal(2)), 10)
    assert len(caplog.messages) == 1


# Against the practice server, in each dialect


RUNGS = [resilient, adaptive, budgets]
each_rung = pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.__name__)


def send_to(app: PracticeApp, rung: Any, count: int) -> list[Any]:
    """A rung against a practice server without a socket."""
    app.timeline.clock = now

    async def main() -> list[Any]:
        async with client_of(app) as client:
            outcomes: list[Any] = await rung.make_many_requests(
                URL, count, limit=3, client=client, return_exceptions=True
            )
            return outcomes

    return virtual_clock.run(main())


@each_rung
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect(rung: Any, dialect: str) -> None:
    """All eight answers of two windows of four come, and few are refused meanwhile."""
    app = PracticeApp(
        latency=0.1, quota="sliding-window", rate=4, period=20, dialect=dialect
    )
    outcomes = send_to(app, rung, 8)
    assert [getattr(outcome, "status_code", outcome) for outcome in outcomes] == [
        200
    ] * 8
    assert app.stats().refused <= 3


@each_rung
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_when_all_is_used_up(rung: Any, dialect: str) -> None:
    """Most of 500 are not sent, and each outcome gives the API's reason, also where
    GitHub's bare 402 concerns one request until 50 in a row have failed.
    """
    app = PracticeApp(latency=0.1, dialect=dialect, exhausted=True)
    outcomes = send_to(app, rung, 500)
    assert app.stats().started <= (50 + 3 if dialect == "github" else 3)
    assert all(isinstance(outcome, NoAnswer | Stop) for outcome in outcomes)
    assert len(str(outcomes[-1]).partition("status ")[2]) > len("402 ")


@pytest.mark.anyio
async def test_nothing_is_lost_against_a_real_quota(server: PracticeServer) -> None:
    """40 requests, 10 a second allowed: all are answered in the end."""
    server.latency = 0
    server.quota, server.rate, server.period = "sliding-window", 10, 1
    outcomes = await resilient.make_many_requests(server.url, 40, limit=10)
    assert [outcome.status_code for outcome in outcomes] == [200] * 40
    assert server.stats().refused > 0
