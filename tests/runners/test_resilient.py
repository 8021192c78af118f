"""Resilient: what the API asks for counts for all, nothing is lost that can be had, and
everything has an end.  All on the virtual clock.
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

from inflight_lab.lesson.server.app import PracticeApp
from inflight_lab.lesson.server.dialects import DIALECTS
from inflight_lab.runners import adaptive, budgets, resilient
from inflight_lab.runners.patiently import NoAnswer, Patience, Stop
from tests.support import virtual_clock
from tests.support.asgi import client_of
from tests.support.virtual_clock import virtual_loop

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
    arrivals: list[float]
    seconds: float

    @property
    def failures(self) -> list[Exception]:
        """The outcomes that are no answer."""
        return [each for each in self.outcomes if isinstance(each, Exception)]


def run(
    decide: Callable[[int, float], Answer],
    count: int = 1,
    *,
    limit: int = 3,
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
                client=client,
                patiently=Patience(**patience),
                return_exceptions=True,
            )
            return Run(outcomes, api.arrivals, now())

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


@pytest.mark.parametrize(("status", "seconds"), [(429, 20), (503, 119), (403, 20)])
def test_the_api_decides_when_to_come_back(
    status: int, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody sends before the moment that one refusal names, nothing is lost, and the
    wait is said once.
    """
    ran = run(until(0.05, lambda: refusal(seconds, status)), 20)
    first_back = min(at for at in ran.arrivals if at > LATENCY)
    assert ran.failures == []
    assert first_back == pytest.approx(LATENCY + seconds)
    assert ran.seconds < seconds + 3
    assert caplog.messages == [f"Waiting {seconds} s: status {status} Slow down."]


def test_those_that_were_refused_do_not_come_back_together(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each adds up to half a second at random to the pause that the API asked for."""
    random.seed(1)
    ran = run(until(0.05, lambda: refusal(3)), 30, limit=30)
    again = sorted(ran.arrivals)[30:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(again)]
    assert ran.failures == []
    assert min(again) >= 3 + LATENCY
    assert 0 < max(gaps) < max(again) - min(again)
    assert 0.3 < max(again) - min(again) <= 0.5
    assert caplog.messages == []


@pytest.mark.parametrize("seconds", [None, 0])
def test_a_refusal_without_a_time_holds_all_back_longer_each_time(
    seconds: float | None,
) -> None:
    """0.5 s, 1 s, 2 s: an API that refuses for 3 s is asked a few times only."""
    ran = run(until(3, lambda: refusal(seconds)), 50)
    assert ran.failures == []
    assert len(ran.arrivals) <= 50 + 5 * 3
    assert ran.seconds < 10


@pytest.mark.parametrize("seconds", [None, 0, "soon"])
@pytest.mark.parametrize("status", [503, 529])
def test_an_overload_without_a_time_holds_nobody_else_back(
    status: int, seconds: object
) -> None:
    """It may concern one item in twenty, and always: the others go on meanwhile, but
    for those that wait for a slot.
    """
    refused = refusal(seconds, status)
    ran = run(lambda number, _: refused if number % 20 == 0 else ok(), 400, limit=10)
    assert ran.failures == []
    assert sorted(ran.arrivals)[399] < 400 / 10 * LATENCY + 1


def test_refusals_far_apart_do_not_add_up() -> None:
    """Each answer in between begins anew: an API may refuse for days, now and then."""
    ran = run(lambda number, _: refusal() if number % 10 == 5 else ok(), 200, limit=1)
    assert ran.failures == []
    assert len(ran.arrivals) > 220


def test_a_slot_is_free_while_a_request_backs_off() -> None:
    """A request that fails alone holds nobody up."""
    ran = run(lambda n, _: httpx.Response(500) if n == 1 else ok(), 5, limit=1)
    assert ran.failures == []
    assert ran.arrivals[1:5] == pytest.approx([0.1, 0.2, 0.3, 0.4])


# What is tried again


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadError(""),
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout(""),
        httpx.RemoteProtocolError("Server disconnected"),
        httpx.ProxyError(""),
        httpx.DecodingError("no gzip"),
        ConnectionResetError(),
        *map(httpx.Response, (408, 409, 500, 502, 503, 522, 529)),
    ],
    ids=repr,
)
def test_what_may_be_temporary_is_tried_again(failure: Answer) -> None:
    """A lost connection, a timeout and an error of the server cost no answer."""
    ran = run(lambda number, _: failure if number <= 5 else ok(), 10)
    assert ran.failures == []
    assert len(ran.arrivals) == 15


def test_errors_of_another_client_are_named() -> None:
    """Those are tried again then; else they are raised."""
    lost = httpx2.ReadError("")
    assert len(run(lambda *_: lost, 1).arrivals) == 1
    named = run(lambda n, _: lost if n == 1 else ok(), lost=(httpx2.ReadError,))
    assert named.failures == []


def test_attempts_are_bounded_in_time_and_number() -> None:
    """A request is tried eight times, with 0.5 s to 1 s in between, then with twice as
    long each time, up to 30 s to 60 s, at random; one that hangs is cut off.
    """
    ran = run(lambda *_: httpx.Response(500), latency=0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(ran.arrivals)]
    shortest = [0.5, 1, 2, 4, 8, 16, 30]
    pairs = zip(gaps, shortest, strict=True)
    assert all(least < gap <= 2 * least for gap, least in pairs)
    hangs = run(lambda *_: ok(), latency=50, timeout=2, attempts=3)
    assert len(hangs.arrivals) == 3
    assert "no answer in 2 s" in str(hangs.failures[0])


def test_what_is_accepted_and_not_ready_is_asked_for_again() -> None:
    """A 202 with a time is no answer yet; without one it is, as of a POST."""
    early = httpx.Response(202, headers={"Retry-After": "1"}, json={})
    ran = run(until(0.1, lambda: early))
    assert [each.status_code for each in ran.outcomes] == [200]
    ran = run(lambda *_: httpx.Response(202, json={}))
    assert [each.status_code for each in ran.outcomes] == [202]


def test_a_failure_says_its_status_and_the_apis_words() -> None:
    """A person reads what the last answer was."""
    answer = httpx.Response(400, json={"error": {"message": "No such model."}})
    [failure] = run(lambda *_: answer).failures
    assert isinstance(failure, NoAnswer)
    assert str(failure) == "status 400 No such model."
    [lost] = run(lambda *_: httpx.ReadError("gone"), attempts=2).failures
    assert str(lost) == "ReadError gone"


# What ends a run

USED_UP = {
    "no money": (httpx.Response(429, json=NO_MONEY), 3, "Check your plan."),
    "an hour": (refusal(3600), 3, "pause of 3600 s"),
    "in words that nobody knows": (
        httpx.Response(429, json={"error": "Your team has used all of its credits."}),
        3 * 12,
        "used all of its credits",
    ),
    "as if forbidden": (
        httpx.Response(403, json={"error": {"message": "exceeded your quota"}}),
        3 * 12,
        "exceeded your quota",
    ),
}
"""How an API refuses from the 101st on; how many are sent then, and in which words."""


@pytest.mark.parametrize(
    ("answer", "at_most", "words"), USED_UP.values(), ids=list(USED_UP)
)
def test_used_up(answer: httpx.Response, at_most: int, words: str) -> None:
    """Where no wait helps, the run ends soon, in the API's words, and keeps what was
    answered, whether or not anybody knows these words.
    """
    ran = run(lambda number, _: ok() if number <= 100 else answer, 400)
    assert len(ran.failures) == 300
    assert 0 < len(ran.arrivals) - 100 <= at_most
    stops = [each for each in ran.failures if isinstance(each, Stop)]
    assert len(stops) >= 300 - 50
    assert all(words in str(stop) for stop in stops)


@pytest.mark.parametrize(
    "failure",
    [
        *map(httpx.Response, (304, 400, 401, 413, 422)),
        httpx.Response(302, headers={"Location": "/login"}, json={}),
        httpx.Response(402, json={"error": {"message": "Your card was declined."}}),
        httpx.Response(403, json={"message": "Forbidden"}),
    ],
    ids=repr,
)
def test_what_no_retry_fixes_costs_one_request(failure: Answer) -> None:
    """It fails after one attempt, and the others go on."""
    ran = run(lambda number, _: failure if number % 5 == 1 else ok(), 400)
    assert len(ran.arrivals) == 400
    assert [type(each) for each in ran.failures] == [NoAnswer] * 80


def test_a_redirect_says_where_it_leads() -> None:
    """Its body is no answer, and to follow it takes a request that nobody counts."""
    moved = httpx.Response(301, headers={"Location": "https://a.test/v2"}, json={})
    [failure] = run(lambda *_: moved).failures
    assert isinstance(failure, NoAnswer)
    assert str(failure) == "status 301 leads to https://a.test/v2"


@pytest.mark.parametrize(
    "error",
    [
        httpx.LocalProtocolError("b'my key'"),
        httpx.UnsupportedProtocol("ftp"),
        httpx.InvalidURL("Invalid port: '80a'"),
    ],
)
def test_what_cannot_be_sent_ends_the_run(error: Exception) -> None:
    """A key with a line end in it, an address without http, or a port that is no
    number: no attempt helps, and the error's own words may hold the key.
    """
    ran = run(lambda *_: error, 60)
    assert len(ran.arrivals) == 60, "tried again"
    words = f"{type(error).__name__}: check headers and URL"
    assert {repr(each) for each in ran.failures} == {repr(Stop(words))}


def test_what_does_not_exist_ends_no_run() -> None:
    """A hundred gaps in a row are a hundred answers."""
    for status in (404, 410):
        ran = run(lambda *_: httpx.Response(status), 100)  # noqa: B023
        assert [each.status_code for each in ran.outcomes] == [status] * 100


def test_a_stop_is_one_for_all() -> None:
    """Who is in flight is still answered; who has not been sent gets the reason, also
    in a run that shares the patience.
    """
    sent: list[httpx.Request] = []

    async def decide(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        number = len(sent)
        await asyncio.sleep(number)
        return httpx.Response(429, json=NO_MONEY) if number == 2 else ok()

    async def main() -> None:
        patiently = Patience()
        transport = httpx.MockTransport(decide)
        async with httpx.AsyncClient(transport=transport) as client:
            outcomes = await resilient.make_many_requests(
                URL, 50, client=client, patiently=patiently, return_exceptions=True
            )
            with pytest.raises(Stop, match="Check your plan"):
                await resilient.make_many_requests(
                    URL, 1, client=client, patiently=patiently
                )
        assert len(sent) == 4
        answered = [0, 2, 3]
        for number, outcome in enumerate(outcomes):
            kind = httpx.Response if number in answered else Stop
            assert isinstance(outcome, kind)

    virtual_clock.run(main())


def test_an_outage_of_a_minute_costs_no_answer() -> None:
    """If it lasts, each request is given up in a few minutes."""
    for limit in (1, 10):
        outage = run(until(60, lambda: httpx.ConnectError("no")), 50, limit=limit)
        assert outage.failures == []
    dead = run(lambda *_: httpx.ConnectError("refused"), 50, limit=10)
    assert [repr(each) for each in dead.failures] == [
        "NoAnswer('ConnectError refused')"
    ] * 50
    assert 60 < dead.seconds < 180


def test_nobody_waits_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    """While nothing can be reached, a line says so every now and then, not each of ten
    requests at every attempt.
    """
    run(lambda *_: httpx.ConnectError("refused"), 10, limit=10)
    assert 2 <= len(caplog.messages) <= 6
    assert "s: ConnectError refused" in caplog.messages[0]


# Against the practice server, in each dialect


each_rung = pytest.mark.parametrize(
    "rung", [resilient, adaptive, budgets], ids=lambda rung: rung.__name__
)


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
    statuses = [getattr(outcome, "status_code", outcome) for outcome in outcomes]
    assert statuses == [200] * 8
    assert app.stats().refused <= 3  # in one round


@each_rung
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_when_all_is_used_up(rung: Any, dialect: str) -> None:
    """Each outcome gives the API's reason, and a 429 ends the run at once; a 402 or 403
    may concern one request.
    """
    app = PracticeApp(latency=0.1, dialect=dialect, exhausted=True)
    outcomes = send_to(app, rung, 50)
    if DIALECTS[dialect].exhausted["status"] == 429:
        assert app.stats().started <= 3
    assert all(isinstance(outcome, NoAnswer | Stop) for outcome in outcomes)
    assert len(str(outcomes[-1]).partition("status ")[2]) > len("402 ")
