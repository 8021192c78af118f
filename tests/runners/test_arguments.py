"""Every rung refuses bad arguments as it is called, in the rules' words, and nothing is
sent.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock, Mock

import httpx
import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.arguments import VALIDATORS
from inflight_lab.runners import RUNGS, naive, resilient
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.budgets import Budgets
from inflight_lab.runners.paced import Pacer
from inflight_lab.runners.resilient import Retries
from inflight_lab.runners.shared_quota import SharedQuota
from inflight_lab.runners.workers import stream_outcomes

pytestmark = pytest.mark.anyio

NAN = float("nan")
OUT_OF_BOUNDS: dict[str, object] = {
    "url": "127.0.0.1:8000/get",
    "store": "http://127.0.0.1",
    "key": "",
}


def run_of(rung: str) -> Callable[..., Any]:
    """A rung's ``make_many_requests``."""
    run: Callable[..., Any] = importlib.import_module(
        f"inflight_lab.runners.{rung}"
    ).make_many_requests
    return run


def signature(rung: str) -> tuple[str, ...]:
    """The parameters of a rung's ``make_many_requests``."""
    return tuple(inspect.signature(run_of(rung)).parameters)


def ruled(target: Callable[..., Any]) -> list[str]:
    """The parameters of a function or class that have a rule."""
    return [name for name in inspect.signature(target).parameters if name in VALIDATORS]


def assert_refused(
    target: Callable[..., Any], arguments: dict[str, object], name: str
) -> None:
    """A value of the wrong type, one out of bounds, None unless it is the default: one
    clear error each.
    """
    default = inspect.signature(target).parameters[name].default
    for value, error in (
        (b"3", TypeError),
        (OUT_OF_BOUNDS.get(name, -1), ValueError),
        (None, TypeError),
    ):
        if value is None and default is None:
            continue
        with pytest.raises(error) as caught:
            target(**(arguments | {name: value}))
        assert type(caught.value) is error
        assert str(caught.value).startswith(f"{name} must be ")
        assert f"got {value!r}" in str(caught.value)


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    """One server for the whole table: no row ever reaches it."""
    with PracticeServer(latency=0) as server:
        yield server


@pytest.mark.parametrize(
    ("rung", "name"), [(rung, name) for rung in RUNGS for name in ruled(run_of(rung))]
)
def test_every_rung_refuses(rung: str, name: str, server: PracticeServer) -> None:
    """As it is called, and also when failures are to be returned: a caller's mistake is
    no outcome.
    """
    for extra in ({}, {"return_exceptions": True}):
        assert_refused(run_of(rung), {"url": server.url, "count": 3} | extra, name)
    assert server.stats().started == 0


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_has_its_rules(rung: str) -> None:
    """What can be typed has a rule: a new parameter does not slip by unchecked."""
    unruled = {
        "budgets",
        "client",
        "limiter",
        "retries",
        "return_exceptions",
        "verbose",
    }
    parameters = set(inspect.signature(run_of(rung)).parameters)
    assert parameters - unruled == set(ruled(run_of(rung)))
    assert {"url", "count"} < parameters


@pytest.mark.parametrize("name", ["limit", "ahead"])
def test_stream_refuses(name: str) -> None:
    """A wrong number is an error as the stream is made, and not a hang when it is read."""

    async def make_one(item: int) -> int:
        return item

    assert_refused(stream_outcomes, {"make_one": make_one, "items": []}, name)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (each, name)
        for each in (Pacer, LearningPacer, Retries, SharedQuota)
        for name in ruled(each)
    ],
)
def test_every_class_refuses(target: type, name: str) -> None:
    """A class by itself checks the same as the run."""
    assert_refused(target, {}, name)


@pytest.mark.parametrize("target", [SharedQuota, run_of("shared_quota")])
def test_a_shared_rate_is_1_or_more(target: Callable[..., Any]) -> None:
    """Less than one request a period cannot be shared out in whole numbers."""
    more = {} if target is SharedQuota else {"url": "http://127.0.0.1", "count": 1}
    with pytest.raises(
        ValueError, match=r"^rate must be 1 or more, and finite, got 0\.5$"
    ):
        target(**more, rate=0.5)


def test_a_pacer_lets_at_least_one_go() -> None:
    """A burst of less than one would be no request, and a longest pause of 0 no turn
    but the first.
    """
    assert Pacer(burst=1.5).locked() is False
    with pytest.raises(
        ValueError, match=r"^burst must be 1 or more, and finite, got 0\.5$"
    ):
        Pacer(burst=0.5)
    with pytest.raises(
        ValueError, match=r"^longest_pause must be more than 0, and finite, got 0$"
    ):
        LearningPacer(longest_pause=0)


def test_retries_are_a_policy(server: PracticeServer) -> None:
    """A number in the place of the policy is an error, before anything is sent."""
    with pytest.raises(
        TypeError, match=r"^retries must be a Retries\(\.\.\.\), or None, got 5$"
    ):
        resilient.make_many_requests(server.url, 1, retries=5)
    assert server.stats().started == 0


def test_a_store_has_some_time() -> None:
    """No time at all would be no time limit: the store's client takes 0 for that."""
    with pytest.raises(
        ValueError, match=r"^timeout must be more than 0, and finite, got 0$"
    ):
        SharedQuota(timeout=0)


BLOCKS = ("threaded",)
NO_CLIENTS = (0, [], 3, "http://127.0.0.1", httpx.AsyncClient, httpx.Client)
NO_LIMITERS = (0, [], 3, asyncio.Semaphore, threading.Semaphore)


@pytest.mark.parametrize(
    ("rung", "name"),
    [
        (rung, each)
        for rung in RUNGS
        for each in ("client", "limiter")
        if each in signature(rung)
    ],
)
def test_every_rung_refuses_what_cannot_send_or_limit(
    rung: str, name: str, server: PracticeServer
) -> None:
    """A class that was not called, a number, and what blocks where one awaits: no
    request, and no outcome.
    """
    wrong: list[object] = list(NO_CLIENTS if name == "client" else NO_LIMITERS)
    if name == "client":
        wrong.append(httpx.AsyncClient() if rung in BLOCKS else httpx.Client())
    else:
        wrong.append(asyncio.Semaphore() if rung in BLOCKS else threading.Semaphore())
    for value in wrong:
        with pytest.raises(TypeError) as caught:
            run_of(rung)(server.url, 3, return_exceptions=True, **{name: value})
        assert str(caught.value).startswith(f"{name} must be ")
        assert str(caught.value).endswith(f", or None, got {value!r}")
    assert server.stats().started == 0


@pytest.mark.parametrize(
    "rung", [rung for rung in RUNGS if "client" in signature(rung)]
)
def test_a_client_of_ones_own_will_do(rung: str) -> None:
    """What has ``get``, and no context manager or both kinds, as a stand-in has, may be
    one to send with.
    """
    for client in (Mock(), MagicMock(), Mock(spec=["get"])):
        run_of(rung).check("http://127.0.0.1", 3, client=client)


@pytest.mark.parametrize(
    "budget",
    [
        None,
        5,
        "ab",
        (),
        (100,),
        (1, 2, 3),
        (0, 1),
        (1, 0),
        (-1, 1),
        (1, NAN),
        (float("inf"), 1),
    ],
)
def test_budgets_are_amounts_and_seconds(budget: object) -> None:
    """A budget that would hold nothing back, or fail when the first request is sent, is
    an error at once.
    """
    with pytest.raises(
        ValueError,
        match=r"^budgets must be amounts, and the seconds that each is for, ",
    ) as it:
        Budgets(requests=(100, 1), tokens=budget)  # type: ignore[arg-type]
    assert f"'tokens': {budget!r}" in str(it.value)
    Budgets(requests=(0.5, 60), tokens=[30_000, 60])  # type: ignore[arg-type]


def test_adjustable_limiter_refuses() -> None:
    """The slider's limiter takes the limits that the runners take and no other, when
    made and when set.
    """
    limiter = AdjustableLimiter(3)
    for attempt in (AdjustableLimiter, lambda limit: setattr(limiter, "limit", limit)):
        assert_refused(attempt, {}, "limit")
    assert limiter.limit == 3


async def test_naive_has_no_limit(server: PracticeServer) -> None:
    """The naive rung takes no ``limit``: passing one is an error rather than a limit
    that does nothing.
    """
    with pytest.raises(TypeError, match="limit"):
        await naive.make_many_requests(server.url, 3, limit=3)
    assert server.stats().started == 0
