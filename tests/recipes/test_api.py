"""How the recipes pace, try again and stop, on the virtual clock."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.recipes.api import MOST_REFUSALS, Api, patient_retries
from inflight_lab.recipes.order_api import OrderApi
from inflight_lab.recipes.results_file import Outcome, Record, open_results
from inflight_lab.runners.retry_policy import RetryPolicy
from tests.support.dialects import PERMANENT, SAYS_WHEN, Dialect
from tests.support.simulator import (
    Path as NetworkPath,
)
from tests.support.simulator import (
    SimulatedApi,
    network,
    quota,
    stall_each_second,
)
from tests.support.virtual_clock import BEGIN, run, virtual_loop

LATE = 0.0005
"""Seconds by which the loop wakes up too late, on average."""
Get = Callable[[str], Awaitable[httpx.Response]]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a results file of its own, and without a bar."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tqdm", None)


async def fetch(
    count: int,
    get: Get,
    *,
    quotas: Sequence[tuple[float, float]] = ((100, 1),),
    limit: int = 50,
    kind: type[Api] = Api,
    **settings: Any,
) -> list[Outcome]:
    """The outcomes of so many items, each of which is its own address."""

    async def ask(item: Record) -> httpx.Response:
        return await get(item["key"])

    with open_results(
        "results.jsonl", [{"key": str(number)} for number in range(count)]
    ) as results:
        api = kind(ask=ask, results=results, quotas=quotas, limit=limit, **settings)
        await api.ask_for(results.missing())
        return [results.outcomes[key] for key in results.items]


def written() -> list[str]:
    """The keys in the file."""
    lines = Path("results.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["key"] for line in lines]


# ---- The pace


async def simulate(
    count: int, path: Callable[[], NetworkPath], *, stall: float = 0, **settings: Any
) -> SimulatedApi:
    """Fetch ``count`` items over ``path``; the API, for what it saw."""
    api = SimulatedApi(path)

    async def get(url: str) -> httpx.Response:
        await api.get(url, headers={})
        return httpx.Response(200, json={})

    stalls = [asyncio.create_task(stall_each_second(stall))] if stall else []
    outcomes = await fetch(count, get, **settings)
    assert [outcome["status"] for outcome in outcomes] == [200] * count
    for each in stalls:
        each.cancel()
    return api


class Network(NamedTuple):
    """What there is between the script and the API, and what is used of the quota."""

    path: Callable[[], NetworkPath]
    least_used: float
    stall: float = 0
    limit: int = 50


NETWORKS = {
    "quiet": Network(network(), 0.985),
    "jitter": Network(network(0.01), 0.965),
    "jitter and stalls": Network(network(0.01), 0.9, stall=0.1),
    # The first window waits for the first answer.
    "answers that take two periods": Network(network(latency=2.0), 0.85, limit=250),
}


@pytest.mark.parametrize("given", NETWORKS.values(), ids=NETWORKS)
def test_most_of_the_quota_and_no_429(given: Network) -> None:
    """No window gets more than is allowed, and little of it goes unused."""
    simulation = simulate(600, given.path, stall=given.stall, limit=given.limit)
    api = run(simulation, late=LATE)
    for kind in ("fixed-window", "sliding-window", "token-bucket"):
        assert api.refused(quota(kind)) == 0
    assert api.refused(quota("gcra", burst=10)) == 0
    assert api.utilisation() >= given.least_used


def test_several_quotas_are_each_used_as_far_as_they_go() -> None:
    """10 a second AND 300 a minute: the first 300 go at 10 a second, the next when the
    minute is over.
    """
    quotas = [(10, 1), (300, 60)]
    api = run(simulate(600, network(0.01), quotas=quotas), late=LATE)
    assert [api.refused(quota("sliding-window", *each)) for each in quotas] == [0, 0]
    arrivals = sorted(api.arrivals)
    assert arrivals[299] - arrivals[0] < 32
    assert 60 <= arrivals[300] - arrivals[0] < 62
    assert arrivals[599] - arrivals[300] < 32


def test_a_quota_over_an_hour() -> None:
    """Requests that fit into it go at once, also on a computer that has just started,
    and the others when the hour is over.
    """
    api = run(simulate(60, network(), quotas=[(100, 1), (50, 3600)]), late=LATE)
    arrivals = sorted(api.arrivals)
    assert arrivals[49] < BEGIN + 1
    assert BEGIN + 3600 <= arrivals[50] < BEGIN + 3700


# ---- Refusals


@pytest.mark.parametrize("dialect", SAYS_WHEN.values(), ids=SAYS_WHEN)
def test_a_pause_holds_for_all(dialect: Dialect) -> None:
    """In whatever words the API asks for it: from the refusal on nobody sends until
    then, and then everything gets its answer.
    """
    sent: list[float] = []
    refused: list[float] = []

    async def get(url: str) -> httpx.Response:
        sent.append(virtual_loop().time())
        await asyncio.sleep(0.05)
        if len(sent) >= 20 and not refused:
            refused.append(virtual_loop().time())
            return dialect.refusal(20)
        return httpx.Response(200, json={})

    outcomes = run(fetch(100, get, limit=10))
    assert [outcome["status"] for outcome in outcomes] == [200] * 100
    assert len(sent) == 101
    (when,) = refused
    assert 20 <= min(moment for moment in sent if moment > when) - when < 22


@pytest.mark.parametrize("dialect", PERMANENT.values(), ids=PERMANENT)
def test_answers_in_flight_are_kept(dialect: Dialect) -> None:
    """When no wait helps nothing more is sent, nobody waits, and what was on its way
    gets its answer.
    """
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        if url == "3":
            await asyncio.sleep(1)
            return dialect.refusal(20)
        if url == "4":
            raise httpx.ConnectError("it waits to try again")
        await asyncio.sleep(2)
        return httpx.Response(200, json={})

    async def main() -> tuple[list[Outcome], float]:
        return await fetch(100, get, limit=10), virtual_loop().time()

    outcomes, ended = run(main())
    assert sent < 15
    answered = [outcome["key"] for outcome in outcomes if "status" in outcome]
    assert answered == ["0", "1", "2", "5", "6", "7", "8", "9"]
    assert sorted(written()) == answered
    assert ended < BEGIN + 2.2
    (error,) = {outcome["error"] for outcome in outcomes if "error" in outcome}
    assert error.startswith(f"given up: status {dialect.status}")
    assert error.endswith(dialect.reason)


# ---- What is tried again


class Reply(NamedTuple):
    """An answer that every request gets, and how many are sent for 10 items."""

    status: int
    sent: int
    retry_after: str = ""
    stops: bool = False
    should_retry: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says beside its status."""
        return {"Retry-After": self.retry_after, "x-should-retry": self.should_retry}


REPLIES = [
    Reply(401, 6, stops=True),
    Reply(402, 6, stops=True),
    Reply(429, 6, "601", stops=True),
    Reply(429, 6, "Fri, 31 Dec 2032 23:59:59 GMT", stops=True),
    Reply(429, 6, should_retry="false", stops=True),
    Reply(500, 10, should_retry="false"),  # of this request only
    *(Reply(status, 10) for status in (301, 400, 403, 404, 410, 422)),
    *(Reply(status, 80) for status in (408, 429, 500, 502, 503, 504, 529)),
    *(
        Reply(429, 80, retry_after)
        for retry_after in ("soon", "-5", "nan", "0", "9" * 10, "9" * 99)
    ),
]


@pytest.mark.parametrize("reply", REPLIES, ids=str)
def test_what_is_tried_again(reply: Reply) -> None:
    """What may pass is sent 8 times, the rest once; where nobody is let in, only what
    was in flight.
    """
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0.05)
        return httpx.Response(reply.status, headers=reply.headers)

    settings: dict[str, Any] = {"not_there": (404, 410), "quotas": [(1000, 1)]}
    outcomes = run(fetch(10, get, limit=6, **settings))
    assert sent == reply.sent
    if reply.status in (404, 410):
        assert {outcome["status"] for outcome in outcomes} == {reply.status}
        return
    (error,) = {outcome["error"] for outcome in outcomes}
    expected = f"status {reply.status}"
    assert error.startswith(f"given up: {expected}" if reply.stops else expected)
    assert written() == []


@pytest.mark.parametrize("status", [429, 503])
def test_refusals_again_and_again_end_the_run(status: int) -> None:
    """An API that refuses everything is left alone, long before each item has had its
    eight tries.
    """
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0.05)
        return httpx.Response(status)

    outcomes = run(fetch(1000, get, limit=6))
    most = MOST_REFUSALS * 6
    assert most <= sent < most + 6
    errors = {outcome["error"] for outcome in outcomes}
    (given_up,) = [error for error in errors if error.startswith("given up")]
    assert given_up.startswith(f"given up: status {status}: ")
    assert given_up.endswith(f"({most} refusals, and no answer)")


def test_refusals_with_answers_in_between_do_not_end_it() -> None:
    """However many there are in all: each answer shows that going on helps."""
    refused: Counter[str] = Counter()

    async def get(url: str) -> httpx.Response:
        if refused[url] < 3:
            refused[url] += 1
            return httpx.Response(429)
        return httpx.Response(200, json={})

    outcomes = run(fetch(100, get, limit=2))
    assert refused.total() == 300 > 2 * MOST_REFUSALS
    assert {outcome["status"] for outcome in outcomes} == {200}


def test_an_answer_that_moved_says_where_to() -> None:
    """A missing / at the end is the usual cause, and the new address shows it."""

    async def get(url: str) -> httpx.Response:
        return httpx.Response(301, headers={"Location": "https://a.example/items/"})

    (outcome,) = run(fetch(1, get))
    assert outcome["error"] == "status 301: moved to https://a.example/items/"


def test_a_success_of_any_kind_is_an_answer() -> None:
    """POSTs are answered with 201, 202 or 204, and that one has no body."""
    answers = {
        "0": httpx.Response(201, json={"id": 7}),
        "1": httpx.Response(202, json=[]),
        "2": httpx.Response(204),
        "3": httpx.Response(200, text="not JSON"),
    }

    async def get(url: str) -> httpx.Response:
        return answers[url]

    *good, bad = run(fetch(4, get))
    assert [(outcome["status"], outcome["data"]) for outcome in good] == [
        (201, {"id": 7}),
        (202, []),
        (204, None),
    ]
    assert bad["error"] == "status 200, but the answer is not JSON"


class Accepted(NamedTuple):
    """An answer that says that a request was accepted, and what is kept of it."""

    response: httpx.Response
    data: object


ACCEPTED = {
    "JSON": Accepted(httpx.Response(200, json={"id": 7}), {"id": 7}),
    "a text": Accepted(httpx.Response(201, text="OK"), "OK"),
    "nothing": Accepted(httpx.Response(200), None),
    "another page to see": Accepted(httpx.Response(303), None),
    "no UTF-8": Accepted(httpx.Response(200, content=b"\xff"), "\ufffd"),
}


@pytest.mark.parametrize("accepted", ACCEPTED.values(), ids=ACCEPTED)
def test_what_was_accepted_is_not_sent_again(accepted: Accepted) -> None:
    """An order that was accepted is written, whatever its answer holds, and the next
    start does not repeat it.
    """
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        return accepted.response

    for _ in range(2):
        (outcome,) = run(fetch(1, get, kind=OrderApi))
        assert outcome["data"] == accepted.data
    assert sent == 1


BAD_ITEMS = [
    ValueError("Out of range float values are not JSON compliant"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    RuntimeError("a bug in a function of your own"),
]


@pytest.mark.parametrize("problem", BAD_ITEMS, ids=lambda each: type(each).__name__)
def test_an_item_that_cannot_be_sent_costs_only_itself(problem: Exception) -> None:
    """The others go on, and answers in flight are kept."""

    async def get(url: str) -> httpx.Response:
        await asyncio.sleep(0.05)
        if url == "3":
            raise problem
        return httpx.Response(200, json={})

    outcomes = run(fetch(100, get, limit=10))
    bad = outcomes.pop(3)
    assert bad["error"] == f"{type(problem).__name__}: {problem}"
    assert {outcome.get("status") for outcome in outcomes} == {200}
    assert len(written()) == 99


def test_an_answer_that_is_none_costs_only_its_item() -> None:
    """If a function of your own forgets its ``return``, the item has an error."""

    async def get(url: str) -> Any:
        return None if url == "3" else httpx.Response(200, json={})

    outcomes = run(fetch(10, get, limit=2))
    bad = outcomes.pop(3)
    assert bad["error"].startswith("AttributeError: 'NoneType' object")
    assert {outcome.get("status") for outcome in outcomes} == {200}


LOST = [httpx.ConnectError("nobody"), httpx.ReadTimeout("")]


@pytest.mark.parametrize("lost", LOST, ids=repr)
@pytest.mark.parametrize("limit", [6, 50])
def test_where_nobody_is_there(
    lost: Exception, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """After eight tries of one item nothing more is sent; why is said once."""
    sent = 0

    async def get(url: str) -> httpx.Response:
        nonlocal sent
        sent += 1
        raise lost

    async def main() -> tuple[list[Outcome], float]:
        return await fetch(1000, get, limit=limit), virtual_loop().time()

    outcomes, ended = run(main())
    words = "ConnectError: nobody" if str(lost) else "ReadTimeout"
    error = f"given up: the API has never answered: {words}"
    assert {outcome["error"] for outcome in outcomes} == {error}
    assert sent <= 8 * limit
    assert ended - BEGIN < 70
    assert capsys.readouterr().out == f"Trying again: {words}\n"


def test_an_answer_that_never_comes() -> None:
    """Each attempt has its time, also if the answer drips in."""

    async def get(url: str) -> httpx.Response:
        if url == "0":
            await asyncio.sleep(3600)
        return httpx.Response(200, json={})

    retries = RetryPolicy(attempts=2, timeout=30.0)
    first, *others = run(fetch(20, get, retries=retries))
    assert first["error"] == "no answer within 30 s"
    assert {outcome["status"] for outcome in others} == {200}


@pytest.mark.parametrize("seconds", [15, 30])
@pytest.mark.parametrize("before", [200, 429])
def test_an_outage_in_the_middle(seconds: float, before: int) -> None:
    """Once the API has answered, with whatever status, an outage costs only items that
    were in flight.
    """

    async def get(url: str) -> httpx.Response:
        now = virtual_loop().time() - BEGIN
        if 1 < now < 1 + seconds:
            raise httpx.ConnectError("nobody")
        await asyncio.sleep(0.2)
        return httpx.Response(200 if now > 1 else before, json={})

    outcomes = run(fetch(1000, get))
    failed = [outcome["error"] for outcome in outcomes if "error" in outcome]
    assert set(failed) <= {"ConnectError: nobody"}
    assert len(failed) <= 50


LOSSES = [httpx.ConnectError, httpx.ReadError, httpx.ProxyError]


@pytest.mark.parametrize("lost", LOSSES)
def test_an_outage_that_ends(lost: type[httpx.TransportError]) -> None:
    """Of an API that comes back after two seconds all is fetched; an item that never
    works stops nothing.
    """

    async def get(url: str) -> httpx.Response:
        if virtual_loop().time() < BEGIN + 2 or url == "7":
            raise lost("lost")
        return httpx.Response(200, json={})

    outcomes = run(fetch(100, get, limit=1))
    failed = [outcome["key"] for outcome in outcomes if "error" in outcome]
    assert failed == ["7"]


def test_connections_that_fail_at_random() -> None:
    """With every second one failing, one item in 256 fails eight times, and only those
    are missing.
    """
    draw = random.Random(1)

    async def get(url: str) -> httpx.Response:
        await asyncio.sleep(0.05)
        if draw.random() < 0.5:
            raise httpx.ConnectError("nobody")
        return httpx.Response(200, json={})

    outcomes = run(fetch(3000, get))
    assert sum("error" in outcome for outcome in outcomes) < 40  # 12 are to be expected


def test_backoff_is_full_jitter_that_grows() -> None:
    """Between two attempts lies anything from nothing to half a second, doubled each
    time, at most 30 s.
    """
    retries = patient_retries()
    for attempt in range(1, retries.attempts + 1):
        drawn = [retries.draw_backoff(attempt) for _ in range(300)]
        longest = min(30, 0.5 * 2 ** (attempt - 1))
        assert 0.9 * longest < max(drawn) <= longest
        assert 0 <= min(drawn) < 0.1 * longest
