"""The server's knobs: a bad value is one clear error where it is written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import KINDS, KINDS_WITH_BURST
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.knobs import LATENCIES

pytestmark = pytest.mark.anyio

NAN, INFINITY = float("nan"), float("inf")
KNOBS: list[tuple[str, object, type[Exception], str]] = [
    (
        "quota",
        "leaky",
        ValueError,
        "'none', 'fixed-window', 'sliding-window', 'token-bucket', 'gcra'",
    ),
    (
        "quota",
        None,
        ValueError,
        "'none', 'fixed-window', 'sliding-window', 'token-bucket', 'gcra'",
    ),
    (
        "quota",
        ["gcra"],
        ValueError,
        "'none', 'fixed-window', 'sliding-window', 'token-bucket', 'gcra'",
    ),
    ("latency_kind", "slow", ValueError, "'fixed', 'jittered', 'heavy-tailed'"),
    ("latency", -0.1, ValueError, "0 to 86400"),
    ("latency", NAN, ValueError, "0 to 86400"),
    ("latency", INFINITY, ValueError, "0 to 86400"),
    ("latency", "0.3", TypeError, "0 to 86400"),
    ("latency", True, TypeError, "0 to 86400"),
    ("latency", None, TypeError, "0 to 86400"),
    ("latency", 1e308, ValueError, "0 to 86400"),
    ("latency", 86_401, ValueError, "0 to 86400"),
    ("rate", 1e300, ValueError, "1 to 1000000000"),
    ("rate", 10**400, ValueError, "1 to 1000000000"),
    ("rate", INFINITY, ValueError, "1 to 1000000000"),
    ("rate", 0, ValueError, "1 to 1000000000"),
    ("rate", 0.5, ValueError, "1 to 1000000000"),
    ("rate", -100, ValueError, "1 to 1000000000"),
    ("rate", NAN, ValueError, "1 to 1000000000"),
    ("rate", "100", TypeError, "1 to 1000000000"),
    ("rate", True, TypeError, "1 to 1000000000"),
    ("period", 1e-300, ValueError, "0.001 to 86400"),
    ("period", 0.0009, ValueError, "0.001 to 86400"),
    ("period", 1e308, ValueError, "0.001 to 86400"),
    ("period", 0, ValueError, "0.001 to 86400"),
    ("period", 0.0, ValueError, "0.001 to 86400"),
    ("period", -1, ValueError, "0.001 to 86400"),
    ("period", NAN, ValueError, "0.001 to 86400"),
    ("period", "1", TypeError, "0.001 to 86400"),
    ("burst", 10**400, ValueError, "1 to 1000000000, or None"),
    ("max_concurrent", 10**400, ValueError, "1 to 1000000000, or None"),
    ("burst", 0, ValueError, "1 to 1000000000, or None"),
    ("burst", 1.5, TypeError, "1 to 1000000000, or None"),
    ("burst", True, TypeError, "1 to 1000000000, or None"),
    ("max_concurrent", 0, ValueError, "1 to 1000000000, or None"),
    ("max_concurrent", -1, ValueError, "1 to 1000000000, or None"),
    ("max_concurrent", "9", TypeError, "1 to 1000000000, or None"),
    ("max_concurrent", True, TypeError, "1 to 1000000000, or None"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    """One server for the whole table: no row ever reaches it."""
    with PracticeServer(latency=0) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "value", "error", "allowed"), KNOBS, ids=lambda value: str(value)[:9]
)
def test_server_refuses_a_knob(
    server: PracticeServer,
    name: str,
    value: object,
    error: type[Exception],
    allowed: str,
) -> None:
    """A bad knob is an error where it is written, at the start and while it runs, and
    changes nothing.
    """
    before = getattr(server, name)
    with pytest.raises(error) as made:
        PracticeServer(**({"quota": "gcra"} | {name: value}))
    with pytest.raises(error) as set_later:
        setattr(server, name, value)
    for caught in (made, set_later):
        message = str(caught.value)
        assert message.startswith(f"{name} must be ")
        assert repr(value) in message
        assert allowed in message
    assert getattr(server, name) == before


@pytest.mark.parametrize("quota", ["none", "fixed-window", "sliding-window"])
def test_burst_needs_a_quota_that_has_one(quota: str) -> None:
    """A burst that would do nothing is an error that says which quotas have one."""
    with pytest.raises(
        ValueError,
        match=r"^burst goes with quota 'token-bucket' or 'gcra', got burst=5",
    ):
        PracticeServer(quota=quota, burst=5)


def test_a_twin_of_a_server_whose_quota_was_changed() -> None:
    """A burst that waits for its quota to come back goes to the twin too, and is no
    error there.
    """
    server = PracticeServer(quota="gcra", burst=10, rate=7, seed=1)
    server.quota = "sliding-window"
    assert (twin := server.twin()) == server
    assert twin is not server


@pytest.mark.parametrize(
    ("seed", "error"),
    [("3", TypeError), ([], TypeError), (1.5, TypeError), (-1, ValueError)],
)
def test_a_bad_seed_is_named(seed: object, error: type[Exception]) -> None:
    """The seed is checked as the other arguments are: Python's own error would not say
    whose it is.
    """
    with pytest.raises(error, match=r"^seed must be .*0 or more, or None, got "):
        PracticeServer(seed=seed)  # type: ignore[arg-type]


def test_unknown_knob_is_an_error() -> None:
    """A misspelt knob does not pass silently."""
    with pytest.raises(TypeError, match="latencey"):
        PracticeServer(latencey=0.3)


@pytest.mark.parametrize("quota", sorted(KINDS))
@pytest.mark.parametrize("latency_kind", LATENCIES)
@pytest.mark.parametrize(
    ("rate", "period", "burst"),
    [*itertools.product((1, 1e9), (0.001, 86_400), (1, 10**9))],
)
async def test_the_bounds_themselves_work(
    quota: str, latency_kind: str, rate: float, period: float, burst: int
) -> None:
    """Every quota counts at both ends of every knob, and the first request always
    passes.
    """
    knobs = {"burst": burst} if quota in KINDS_WITH_BURST else {}
    app = PracticeApp(
        quota=quota,
        rate=rate,
        period=period,
        latency_kind=latency_kind,
        latency=0,
        **knobs,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        statuses = [(await client.get("/get")).status_code for _ in range(3)]
    assert statuses[0] == 200
    assert {*statuses} <= {200, 429}
    app.latency = 86_400
    assert 0 < app._draw_latency() < float("inf")
