"""Every rung that meets refusals, against every dialect of `tests.support.dialects`:
six requests at once, on the virtual clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.runners import adaptive, budgets, resilient
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.dialects import DIALECTS
from tests.support import virtual_clock
from tests.support.asgi import client_of
from tests.support.dialects import (
    FAILS_FOR_NOW,
    NAMES_NO_TIME,
    PERMANENT,
    SAYS_WHEN,
    Dialect,
)
from tests.support.virtual_clock import virtual_loop

URL = "http://127.0.0.1/get"
LATENCY = 0.1
Send = Callable[..., Awaitable[list[Any]]]


class Rung(NamedTuple):
    """A rung, and what may be expected of it."""

    name: str
    send: Send
    """As ``make_many_requests``; a failure is an outcome."""
    retries: bool = True
    """Whether a refused request is sent again."""
    retries_failures: bool = False
    """Whether one that failed for another reason is sent again."""
    settles_in: float = 60.0
    """Seconds within which all are answered once the API accepts requests."""


async def send_resilient(url: str, count: int, **keywords: Any) -> list[Any]:
    """The resilient rung."""
    return await resilient.make_many_requests(
        url, count, return_exceptions=True, **keywords
    )


async def send_adaptive(url: str, count: int, **keywords: Any) -> list[Any]:
    """The adaptive rung, which has not been told a quota."""
    return await adaptive.make_many_requests(
        url, count, return_exceptions=True, **keywords
    )


async def send_within_budgets(url: str, count: int, **keywords: Any) -> list[Any]:
    """The budgets rung."""
    return await budgets.make_many_requests(
        url, count, return_exceptions=True, **keywords
    )


# A rung that meets refusals has its line here.
RUNGS = [
    Rung("budgets", send_within_budgets, settles_in=1.0),
    Rung("resilient", send_resilient, retries_failures=True, settles_in=1.0),
    Rung("adaptive", send_adaptive, retries=False),
]
each_rung = pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.name)
each_dialect_of_the_server = pytest.mark.parametrize("dialect", DIALECTS)


def each_dialect(table: dict[str, Dialect]) -> pytest.MarkDecorator:
    """One test for each line of a table."""
    return pytest.mark.parametrize("dialect", table.values(), ids=list(table))


class RefusingApi(httpx.AsyncBaseTransport):
    """Refuses each request in a dialect until it ``opens``, and then accepts all."""

    def __init__(self, dialect: Dialect, *, opens: float) -> None:
        self.dialect = dialect
        self.opens = opens
        self.arrivals: list[float] = []
        self.accepted = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request; its answer takes ``LATENCY`` seconds."""
        arrived = now()
        self.arrivals.append(arrived)
        await asyncio.sleep(LATENCY)
        if arrived < self.opens:
            return self.dialect.refusal(self.opens - now())
        self.accepted += 1
        return httpx.Response(200, json={})

    @property
    def early(self) -> list[float]:
        """When requests came that were sent after a refusal and before it allows."""
        return [at for at in self.arrivals if LATENCY < at < self.opens]


def now() -> float:
    """Seconds since the beginning on the virtual clock."""
    return virtual_loop().now - virtual_clock.BEGIN


class Run(NamedTuple):
    """What became of a run."""

    outcomes: list[Any]
    api: RefusingApi
    seconds: float

    @property
    def failures(self) -> list[Exception]:
        """The outcomes that are no answer."""
        return [it for it in self.outcomes if isinstance(it, Exception)]


def run(
    rung: Rung, dialect: Dialect, *, opens: float, count: int = 6, limit: int = 6
) -> Run:
    """One run of a rung against an API that opens after so many seconds."""
    api = RefusingApi(dialect, opens=opens)

    async def main() -> Run:
        async with httpx.AsyncClient(transport=api) as client:
            outcomes = await rung.send(URL, count, limit=limit, client=client)
            return Run(outcomes, api, now())

    return virtual_clock.run(main())


def words_of(error: Exception) -> str:
    """What a person reads: the error and its notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@each_rung
@each_dialect(SAYS_WHEN)
@pytest.mark.parametrize("opens", [20, 60, 119])
def test_nothing_is_sent_early(rung: Rung, dialect: Dialect, opens: float) -> None:
    """When an API says when to come back, in any dialect, nobody comes before; who
    retries gets every answer.
    """
    outcomes, api, seconds = run(rung, dialect, opens=opens)
    assert len(outcomes) == 6
    assert api.early == []
    if rung.retries:
        assert api.accepted == 6
        assert len(api.arrivals) <= 12
        assert opens <= seconds <= opens + rung.settles_in


@each_rung
@each_dialect(SAYS_WHEN)
def test_a_pause_that_is_too_long(rung: Rung, dialect: Dialect) -> None:
    """Six minutes are not sat out: everybody gives up at once, and says why."""
    ran = run(rung, dialect, opens=360)
    assert len(ran.failures) == 6
    assert len(ran.api.arrivals) <= 6
    assert ran.seconds < 2
    assert any("longest_pause" in words_of(failure) for failure in ran.failures)


@each_rung
@each_dialect(NAMES_NO_TIME)
def test_a_refusal_without_a_time(rung: Rung, dialect: Dialect) -> None:
    """It is a refusal all the same: who retries gets every answer in the end."""
    ran = run(rung, dialect, opens=0.15)
    assert len(ran.outcomes) == 6
    assert ran.api.accepted == 6 or not rung.retries


@pytest.mark.parametrize(
    "rung",
    [rung for rung in RUNGS if rung.retries_failures],
    ids=lambda rung: rung.name,
)
@each_dialect(FAILS_FOR_NOW)
def test_temporary_failures(rung: Rung, dialect: Dialect) -> None:
    """A gateway's 502 or 504 loses no answer, nor do the others that OpenAI's client
    retries.
    """
    ran = run(rung, dialect, opens=0.15)
    assert ran.failures == []
    assert ran.api.accepted == 6


@each_rung
@each_dialect(PERMANENT)
def test_no_wait_will_help(rung: Rung, dialect: Dialect) -> None:
    """Of 500 requests no more are sent than were in flight, all end at once, and each
    says the API's own reason.
    """
    ran = run(rung, dialect, opens=1000, count=500, limit=3)
    assert len(ran.failures) == 500
    assert len(ran.api.arrivals) <= 3
    assert ran.seconds < 2
    assert all(dialect.reason in words_of(failure) for failure in ran.failures)


@each_rung
@each_dialect_of_the_server
def test_the_practice_server(rung: Rung, dialect: str) -> None:
    """It speaks each dialect as it is understood: who retries has all eight answers of
    two windows of four, and only those in flight are refused.
    """
    app = PracticeApp(
        latency=0.1, quota="sliding-window", rate=4, period=20, dialect=dialect
    )
    outcomes = run_against(app, rung, count=8)
    assert len(outcomes) == 8
    if rung.retries:
        assert app.stats().accepted == 8
        assert app.stats().refused <= 3


@each_rung
@each_dialect_of_the_server
def test_the_practice_server_when_all_is_used_up(rung: Rung, dialect: str) -> None:
    """A permanent refusal is one in every dialect, and its reason is passed on."""
    app = PracticeApp(latency=0.1, dialect=dialect, exhausted=True)
    outcomes = run_against(app, rung, count=500)
    assert app.stats().started <= 3
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert not [error for error in outcomes if "gives no reason" in words_of(error)]


def run_against(app: PracticeApp, rung: Rung, *, count: int) -> list[Any]:
    """The outcomes of a run against a practice server without a socket."""
    app.timeline.clock = now

    async def main() -> list[Any]:
        async with client_of(app) as client:
            return await rung.send(URL, count, limit=3, client=client)

    return virtual_clock.run(main())


@each_rung
@each_dialect({name: dialect for name, dialect in SAYS_WHEN.items() if dialect.reason})
def test_an_error_says_the_reason(rung: Rung, dialect: Dialect) -> None:
    """A request that gives up tells a person what the API told it."""
    ran = run(rung, dialect, opens=360)
    assert any(dialect.reason in words_of(failure) for failure in ran.failures)
