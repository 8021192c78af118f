"""Every rung refuses bad arguments as it is called, before anything can be sent.

The words of each error are held by `tests.test_arguments`.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest.mock import MagicMock, Mock

import httpx
import pytest

from inflight_lab import AdjustableLimiter
from inflight_lab.arguments import VALIDATORS
from inflight_lab.runners import RUNGS
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.budgets import Budgets
from inflight_lab.runners.paced import Pacer
from inflight_lab.runners.paced_threads import ThreadPacer
from inflight_lab.runners.resilient import Retries
from inflight_lab.runners.shared_quota import SharedQuota
from inflight_lab.runners.workers import stream_outcomes

URL = "http://127.0.0.1:9/get"
NAN, INFINITY = float("nan"), float("inf")
UNTYPED = {"budgets", "client", "limiter", "retries", "return_exceptions", "verbose"}
"""What cannot be typed on a command line, and the switches."""
OUT_OF_BOUNDS: dict[str, object] = {"url": "127.0.0.1", "store": "http://", "key": ""}


def run_of(rung: str) -> Callable[..., Any]:
    """A rung's ``make_many_requests``."""
    module = importlib.import_module(f"inflight_lab.runners.{rung}")
    run: Callable[..., Any] = module.make_many_requests
    return run


def parameters(target: Callable[..., Any]) -> set[str]:
    """The names of the parameters of a function or class."""
    return set(inspect.signature(target).parameters)


def assert_refuses(target: Callable[..., Any], name: str, **arguments: object) -> None:
    """Another type, a value out of bounds, and None unless it is the default."""
    bad: list[tuple[object, type[Exception]]] = [
        (b"3", TypeError),
        (OUT_OF_BOUNDS.get(name, -1), ValueError),
    ]
    if inspect.signature(target).parameters[name].default is not None:
        bad.append((None, TypeError))
    for value, error in bad:
        message = f"^{name} must be .*, got {re.escape(repr(value))}$"
        with pytest.raises(error, match=message):
            target(**(arguments | {name: value}))


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_checks_what_can_be_typed(rung: str) -> None:
    """A new parameter does not slip by, and a caller's mistake is no outcome that is
    returned.
    """
    run = run_of(rung)
    names = parameters(run) - UNTYPED
    assert {"url", "count"} <= names <= set(VALIDATORS)
    for name in names:
        assert_refuses(run, name, url=URL, count=3)
        assert_refuses(run, name, url=URL, count=3, return_exceptions=True)


def test_every_class_checks_the_same() -> None:
    """Made by itself, for a run of one's own."""
    for each in (
        Pacer,
        ThreadPacer,
        LearningPacer,
        Retries,
        SharedQuota,
        AdjustableLimiter,
    ):
        for name in parameters(each) & set(VALIDATORS):
            assert_refuses(each, name)


def test_a_limit_is_checked_when_it_is_set() -> None:
    """The slider's limiter keeps the limit that it had."""
    limiter = AdjustableLimiter(3)
    with pytest.raises(ValueError, match=r"^limit must be 1 or more, got 0$"):
        limiter.limit = 0
    assert limiter.limit == 3


@pytest.mark.parametrize("name", ["limit", "ahead"])
def test_a_stream_is_checked_when_it_is_made(name: str) -> None:
    """A wrong number is an error then, and not a hang when it is read."""

    async def make_one(item: int) -> int:
        return item

    assert_refuses(stream_outcomes, name, make_one=make_one, items=[])


class Narrower(NamedTuple):
    """A parameter that allows less than its name does elsewhere."""

    target: Callable[..., Any]
    name: str
    refused: object
    message: str


AT_LEAST_1 = "must be 1 or more, and finite, got 0.5"
POSITIVE = "must be more than 0, and finite, got 0"


@pytest.mark.parametrize(
    "row",
    [
        # Less than one request a period cannot be shared out in whole numbers.
        Narrower(SharedQuota, "rate", 0.5, AT_LEAST_1),
        Narrower(run_of("shared_quota"), "rate", 0.5, AT_LEAST_1),
        # The store's client takes 0 for no time limit.
        Narrower(SharedQuota, "timeout", 0, POSITIVE),
        # A burst of less than one would be no request.
        Narrower(Pacer, "burst", 0.5, AT_LEAST_1),
        Narrower(ThreadPacer, "burst", 0.5, AT_LEAST_1),
        # No pause at all would be no turn but the first.
        Narrower(LearningPacer, "longest_pause", 0, POSITIVE),
        Narrower(
            run_of("resilient"), "retries", 5, "must be a Retries(...), or None, got 5"
        ),
    ],
    ids=lambda row: row.name,
)
def test_some_allow_less(row: Narrower) -> None:
    """Where a value that others take would do harm."""
    arguments: dict[str, object] = {row.name: row.refused}
    if "url" in parameters(row.target):
        arguments |= {"url": URL, "count": 1}
    message = f"^{re.escape(f'{row.name} {row.message}')}$"
    with pytest.raises((TypeError, ValueError), match=message):
        row.target(**arguments)


def test_a_burst_may_be_a_fraction() -> None:
    """Half a spacing more than one request."""
    assert Pacer(burst=1.5).locked() is False


NOT_CLIENTS = [0, [], 3, URL, httpx.AsyncClient, httpx.Client]
NOT_LIMITERS = [0, [], 3, asyncio.Semaphore, threading.Semaphore]


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_refuses_what_cannot_send_or_limit(rung: str) -> None:
    """A class that was not called, a number, and what blocks where one awaits."""
    blocks = rung in ("threaded", "paced_threads")
    other_client = httpx.AsyncClient() if blocks else httpx.Client()
    other_limiter = asyncio.Semaphore() if blocks else threading.Semaphore()
    wrong = {
        "client": [*NOT_CLIENTS, other_client],
        "limiter": [*NOT_LIMITERS, other_limiter],
    }
    run = run_of(rung)
    for name in wrong.keys() & parameters(run):
        for value in wrong[name]:
            message = f"^{name} must be .*, or None, got {re.escape(repr(value))}$"
            with pytest.raises(TypeError, match=message):
                run(URL, 3, return_exceptions=True, **{name: value})


@pytest.mark.parametrize(
    "rung", [rung for rung in RUNGS if "client" in parameters(run_of(rung))]
)
def test_a_client_of_ones_own_will_do(rung: str) -> None:
    """What has ``get``, and no context manager or both kinds, as a stand-in has, may be
    one to send with.
    """
    for client in (Mock(), MagicMock(), Mock(spec=["get"])):
        run_of(rung).check(URL, 3, client=client)  # type: ignore[attr-defined]


BAD_QUOTAS = [5, "ab", (1000, 3600), [(1000,)], [(0.5, 60)], [(1, 0)], [(1, NAN)]]


@pytest.mark.parametrize("quotas", [*BAD_QUOTAS, [(INFINITY, 1)]], ids=repr)
def test_other_quotas_are_requests_and_seconds(quotas: Any) -> None:
    """A quota that cannot be counted is refused when the pacer is made."""
    words = "^also must be a list of quotas, each 1 or more requests and more than 0 "
    with pytest.raises((TypeError, ValueError), match=words) as error:
        Pacer(10, 1, also=quotas)
    assert str(error.value).endswith(f"such as [(1000, 3600)], got {quotas!r}")


BAD_BUDGETS = [None, 5, "ab", (), (100,), (1, 2, 3), (0, 1), (1, 0), (-1, 1), (1, NAN)]


@pytest.mark.parametrize("budget", [*BAD_BUDGETS, (INFINITY, 1)], ids=repr)
def test_budgets_are_amounts_and_seconds(budget: Any) -> None:
    """A budget that would hold nothing back, or fail when the first request is sent, is
    an error at once.
    """
    words = "^budgets must be amounts, and the seconds that each is for, "
    got = re.escape(f"'tokens': {budget!r}")
    with pytest.raises(ValueError, match=f"{words}.*{got}"):
        Budgets(requests=(100, 1), tokens=budget)
    Budgets(requests=(0.5, 60), tokens=[30_000, 60])  # type: ignore[arg-type]


def test_naive_has_no_limit() -> None:
    """Passing one is an error rather than a limit that does nothing."""
    with pytest.raises(TypeError, match="limit"):
        run_of("naive")(URL, 3, limit=3)
