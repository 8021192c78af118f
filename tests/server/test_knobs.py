"""The server's knobs: a bad value is one clear error where it is written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from inflight_lab import PracticeServer
from inflight_lab.quotas.algorithms import KINDS, KINDS_WITH_BURST
from inflight_lab.server.app import PracticeApp
from inflight_lab.server.knobs import LATENCIES
from tests.support.asgi import client_of

pytestmark = pytest.mark.anyio

NAN, INFINITY = float("nan"), float("inf")


class Knob(NamedTuple):
    """What a knob allows, in words, and values that it refuses."""

    name: str
    allowed: str
    wrong_type: list[object]
    out_of_bounds: list[object]


ALLOWED_DIALECTS = "'draft', 'github', 'openai', 'azure', 'anthropic', 'gemini'"
ALLOWED_QUOTAS = "'none', 'fixed-window', 'sliding-window', 'token-bucket', 'gcra'"
COUNT = "1 to 1000000000, or None"
KNOBS = [
    Knob("quota", ALLOWED_QUOTAS, [], ["leaky", None, ["gcra"]]),
    Knob("latency_kind", "'fixed', 'jittered', 'heavy-tailed'", [True], ["slow"]),
    Knob(
        "latency",
        "0 to 86400",
        ["0.3", True, None],
        [-0.1, NAN, INFINITY, 1e308, 86_401],
    ),
    Knob(
        "rate",
        "1 to 1000000000",
        ["100", True, None],
        [1e300, 10**400, INFINITY, 0, 0.5, -100, NAN],
    ),
    Knob(
        "period",
        "0.001 to 86400",
        ["1", None],
        [1e-300, 0.0009, 1e308, 0, 0.0, -1, NAN],
    ),
    Knob("burst", COUNT, [1.5, True], [10**400, 0]),
    Knob("max_concurrent", COUNT, ["9", True], [10**400, 0, -1]),
    Knob("tokens", COUNT, [1.5, True], [10**400, 0]),
    Knob("dialect", ALLOWED_DIALECTS, [True], ["GitHub", None, ["draft"]]),
    Knob("exhausted", "True or False", [0, 1, "yes", None], []),
]


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    """One server for the whole table: no row ever reaches it."""
    with PracticeServer(latency=0) as server:
        yield server


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_server_refuses_a_knob(server: PracticeServer, knob: Knob) -> None:
    """A bad knob is an error where it is written, at the start and while it runs, and
    changes nothing.
    """
    before = getattr(server, knob.name)
    for value in knob.wrong_type + knob.out_of_bounds:
        error = TypeError if value in knob.wrong_type else ValueError
        message = rf"^{knob.name} must be .*{knob.allowed}.*{re.escape(repr(value))}"
        with pytest.raises(error, match=message):
            PracticeServer(**({"quota": "gcra"} | {knob.name: value}))
        with pytest.raises(error, match=message):
            setattr(server, knob.name, value)
    assert getattr(server, knob.name) == before


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
    async with client_of(app) as client:
        statuses = [(await client.get("/get")).status_code for _ in range(3)]
    assert statuses[0] == 200
    assert {*statuses} <= {200, 429}
    app.latency = 86_400
    assert 0 < app._draw_latency() < float("inf")
