"""Which quota an answer's headers say."""

from __future__ import annotations

import time

import pytest

from inflight_lab.watch.quota import Policy, policies

NOW = 1_790_000_000


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ratelimit-policy": '"default";q=100;w=60'}, [Policy(100, 60, True)]),
        (
            {"ratelimit-policy": '"a";q=1000;w=3600, "b";q=10;w=1'},
            [Policy(10, 1, True), Policy(1000, 3600, True)],
        ),
        ({"ratelimit-policy": "100;w=60"}, [Policy(100, 60, True)]),
        ({"ratelimit-policy": '"default";q=100;w=0'}, []),
        ({"ratelimit-policy": '"default";q=100'}, []),
        ({"ratelimit": "limit=100, remaining=50, reset=30"}, [Policy(100, 60, False)]),
        ({"ratelimit": '"default";r=50;t=30'}, []),
        ({"ratelimit-limit": "100", "ratelimit-reset": "1"}, [Policy(100, 1, False)]),
        (
            {"x-ratelimit-limit-minute": "300", "x-ratelimit-limit-second": "10"},
            [Policy(10, 1, True), Policy(300, 60, True)],
        ),
        (
            {"x-ratelimit-limit": "5000", "x-ratelimit-reset": str(NOW + 3600)},
            [Policy(5000, 3600, False)],
        ),
        (
            {"x-ratelimit-limit": "5000", "x-ratelimit-reset": str(NOW + 1200)},
            [Policy(5000, 3600, False)],
        ),
        (
            {"x-rate-limit-limit": "900", "x-rate-limit-reset": str(NOW - 5)},
            [Policy(900, 1, False)],
        ),
        (
            {
                "ratelimit-policy": "100;w=60",
                "x-ratelimit-limit": "100",
                "x-ratelimit-reset": "5",
            },
            [Policy(100, 60, True)],
        ),
        ({"x-ratelimit-limit": "5000"}, []),
        ({"x-ratelimit-limit": "many", "x-ratelimit-reset": "soon"}, []),
        ({}, []),
    ],
)
def test_what_is_said(
    headers: dict[str, str], said: list[Policy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window that is said is sure, one that fits the time of the reset is not, and
    nothing is made up.
    """
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert (
        policies("\n".join(f"{name}: {value}" for name, value in headers.items()))
        == said
    )
