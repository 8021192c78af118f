"""Bad input: one clear error that names the parameter, the value and what is allowed; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from inflight_lab import AdjustableLimiter, PracticeServer
from inflight_lab.runners import naive, semaphore, semaphore_pause

pytestmark = pytest.mark.anyio

NAN, INFINITY = float("nan"), float("inf")
LIMITED = [semaphore, semaphore_pause]
LADDER = [naive, *LIMITED]

LIMITS: list[tuple[object, type[Exception]]] = [
    (0, ValueError),
    (-3, ValueError),
    ("3", TypeError),
    (True, TypeError),
    (False, TypeError),
    (None, TypeError),
    (NAN, TypeError),
    (2.5, TypeError),
    (3.0, TypeError),
    (INFINITY, TypeError),
]
COUNTS: list[tuple[object, type[Exception]]] = [
    (-1, ValueError),
    (True, TypeError),
    ("7", TypeError),
    (7.0, TypeError),
    (NAN, TypeError),
    (None, TypeError),
    ([1, 2], TypeError),
]
URLS: list[tuple[object, type[Exception]]] = [
    ("127.0.0.1:8000/get", ValueError),
    ("localhost:8000/get", ValueError),
    ("//127.0.0.1/get", ValueError),
    ("/get", ValueError),
    ("", ValueError),
    ("http://", ValueError),
    ("http:///get", ValueError),
    ("ftp://127.0.0.1/get", ValueError),
    ("http://[::1", ValueError),
    ("http://127.0.0.1/\n", ValueError),
    (None, TypeError),
    (8000, TypeError),
    (b"http://127.0.0.1/get", TypeError),
]
PAUSES: list[tuple[object, type[Exception]]] = [
    (-1, ValueError),
    (-0.001, ValueError),
    (NAN, ValueError),
    (INFINITY, ValueError),
    ("1", TypeError),
    (True, TypeError),
    (None, TypeError),
]


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    """One server for the whole table: no row ever reaches it."""
    with PracticeServer(latency=0) as server:
        yield server


def name_of(value: object) -> str:
    """Ids for the table: the module's short name, or the value as it is written."""
    if isinstance(value, ModuleType):
        return value.__name__.rpartition(".")[2]
    return value.__name__ if isinstance(value, type) else repr(value)


def table(modules: list[ModuleType], *columns: tuple[str, list[tuple[object, type[Exception]]], str]) -> Any:
    """Every rung with every bad value: (rung, parameter, value, error, what is allowed)."""
    rows = [
        (rung, name, value, error, allowed)
        for rung in modules
        for name, values, allowed in columns
        for value, error in values
    ]
    return pytest.mark.parametrize(("rung", "name", "value", "error", "allowed"), rows, ids=name_of)


async def check_refused(
    rung: ModuleType, name: str, value: object, error: type[Exception], allowed: str, server: PracticeServer
) -> None:
    arguments: dict[str, object] = {"url": server.url, "count": 3} | {name: value}
    # Also when failures are to be returned: a mistake of the caller's is no outcome of a request.
    for extra in ({}, {"return_exceptions": True}):
        with pytest.raises(error) as caught:
            await rung.make_many_requests(**arguments, **extra)
        assert type(caught.value) is error
        message = str(caught.value)
        assert message.startswith(f"{name} must ")
        assert repr(value) in message
        assert allowed in message
        assert "\n" not in message
    assert server.stats().started == 0


@table(LADDER, ("url", URLS, ""), ("count", COUNTS, "0 or more"))
async def test_every_rung_refuses(
    rung: ModuleType, name: str, value: object, error: type[Exception], allowed: str, server: PracticeServer
) -> None:
    """A bad ``url`` or ``count`` is told at once by every rung, in the same words."""
    await check_refused(rung, name, value, error, allowed, server)


@table(LIMITED, ("limit", LIMITS, "1 or more"))
async def test_limited_rungs_refuse(
    rung: ModuleType, name: str, value: object, error: type[Exception], allowed: str, server: PracticeServer
) -> None:
    """A limit that is no count of slots is an error, not a run that hangs (0) or a run of one (True)."""
    await check_refused(rung, name, value, error, allowed, server)


@table([semaphore_pause], ("pause", PAUSES, "0"))
async def test_pausing_rung_refuses(
    rung: ModuleType, name: str, value: object, error: type[Exception], allowed: str, server: PracticeServer
) -> None:
    """A pause that is no length of time is an error before the first request, not after it."""
    await check_refused(rung, name, value, error, allowed, server)


async def test_naive_has_no_limit(server: PracticeServer) -> None:
    """The naive rung takes no ``limit``: passing one is an error rather than a limit that does nothing."""
    with pytest.raises(TypeError, match="limit"):
        await naive.make_many_requests(server.url, 3, limit=3)
    assert server.stats().started == 0


@pytest.mark.parametrize(("value", "error"), LIMITS, ids=name_of)
def test_adjustable_limiter_refuses(value: object, error: type[Exception]) -> None:
    """The slider's limiter takes the limits that the runners take and no other, when made and when set."""
    limiter = AdjustableLimiter(3)
    for attempt in (AdjustableLimiter, lambda limit: setattr(limiter, "limit", limit)):
        with pytest.raises(error) as caught:
            attempt(value)
        message = str(caught.value)
        assert message.startswith("limit must ")
        assert repr(value) in message
        assert "1 or more" in message
    assert limiter.limit == 3
