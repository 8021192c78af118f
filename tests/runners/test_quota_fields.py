"""What an API announces about its quotas: policies, and what is left of them."""

from __future__ import annotations

from typing import NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.quota_fields import (
    Quota,
    QuotaState,
    quota_states_in,
    quotas_in,
)
from tests.support.virtual_clock import run


class Policies(NamedTuple):
    """A ``RateLimit-Policy`` field, and the quotas in it."""

    field: str
    quotas: list[Quota]
    name: str = "RateLimit-Policy"


POLICIES = [
    # The examples of draft-ietf-httpapi-ratelimit-headers from version 08 on.
    Policies(
        '"burst";q=100;w=60,"daily";q=1000;w=86400',
        [Quota(100, 60), Quota(1000, 86_400)],
    ),
    Policies('"default";q=100;w=10', [Quota(100, 10)]),
    Policies(
        '"permin";q=50;w=60,"perhr";q=1000;w=3600',
        [Quota(50, 60), Quota(1000, 3600)],
    ),
    Policies('"peruser";q=100;w=60;pk=:cHsdsRa894==:', [Quota(100, 60)]),
    Policies(
        '"peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:',
        [],
    ),
    Policies('"somepolicy";q=10000;w=1000', [Quota(10_000, 1000)]),
    Policies('"basic";q=100;w=60', [Quota(100, 60)]),
    Policies('"fixedwindow";q=100;w=60', [Quota(100, 60)]),
    Policies('"dynamic";q=15;w=20', [Quota(15, 20)]),
    Policies("quota;q=100;w=1", [Quota(100, 1)]),
    Policies("quota;q=10", []),
    Policies(
        '"hour";q=1000;w=3600, "day";q=5000;w=86400',
        [Quota(1000, 3600), Quota(5000, 86_400)],
    ),
    Policies(
        '"sliding";q=100;w=60;burst=1000, "fixed";q=5000;w=3600;burst=0',
        [Quota(100, 60), Quota(5000, 3600)],
    ),
    Policies('"sliding";q=12;w=1', [Quota(12, 1)]),
    # Those of the versions 03 to 07.
    Policies("100;w=60", [Quota(100, 60)]),
    Policies("10;w=1, 10;w=60", [Quota(10, 1), Quota(10, 60)]),
    Policies("10;w=1;burst=1000, 1000;w=3600", [Quota(10, 1), Quota(1000, 3600)]),
    Policies(
        '100;w=60;burst=1000;comment="sliding window", '
        '5000;w=3600;burst=0;comment="fixed window"',
        [Quota(100, 60), Quota(5000, 3600)],
    ),
    # Those of the versions up to 02, where the first item is the limit that is closest.
    Policies(
        "5000, 1000;w=3600, 5000;w=86400",
        [Quota(1000, 3600), Quota(5000, 86_400)],
        "RateLimit-Limit",
    ),
    Policies("15, 100;w=60", [Quota(100, 60)], "RateLimit-Limit"),
    Policies("100", [], "RateLimit-Limit"),
    # White space, order, decimals.
    Policies('"a";q=7;w=2 , "b";q=9;w=1', [Quota(7, 2), Quota(9, 1)]),
    Policies('"a"; w=2; q=7', [Quota(7, 2)]),
    Policies('"a";q=2.5;w=0.5', [Quota(2.5, 0.5)]),
    # Other units than requests.
    Policies('"a";q=7;w=2;qu="requests"', [Quota(7, 2)]),
    Policies('"a";q=7;w=2;qu="concurrent-requests"', []),
    Policies('"a";q=9000;w=2;qu="content-bytes", "b";q=7;w=2', [Quota(7, 2)]),
    # What stands in a string is text.
    Policies('"a;q=5;w=1"', []),
    Policies('"a, b;q=5;w=1";q=7;w=2', [Quota(7, 2)]),
    Policies('"a";q=7;w=2;note=";q=5;w=1"', [Quota(7, 2)]),
    # Not a quota.
    Policies('"a";q=0;w=2', []),
    Policies('"a";q=7;w=0', []),
    Policies('"a";q=-7;w=2', []),
    Policies('"a";q=7;w=-2', []),
    Policies('"a";q="7";w=2', []),
    Policies('"a";q;w=2', []),
    Policies('"a";w=2', []),
    # A mistake anywhere, and the field is ignored.
    Policies('"a";q=7;w=2, "b";q=1e6;w=2', []),
    Policies('"a";q=7;w=2,', []),
    Policies('"a";q=7;w=2 "b"', []),
    Policies('"a;q=7;w=2', []),
    Policies("limit=100, remaining=0, reset=20", []),
    Policies("", []),
]


@pytest.mark.parametrize("row", POLICIES, ids=[row.field for row in POLICIES])
def test_policies(row: Policies) -> None:
    """The draft's examples and other spellings are read, and nothing else is."""
    assert quotas_in(httpx.Headers({row.name: row.field})) == row.quotas
    assert quotas_in({row.name.lower(): row.field}) == row.quotas


def test_policies_in_several_fields() -> None:
    """A field that is sent twice counts as one that holds both lists."""
    twice = [("RateLimit-Policy", "7;w=2"), ("RateLimit-Policy", '"b";q=90;w=60')]
    assert quotas_in(httpx.Headers(twice)) == [Quota(7, 2), Quota(90, 60)]


class States(NamedTuple):
    """The fields of an answer, and what is left of the quotas."""

    fields: dict[str, str]
    states: list[QuotaState]


STATES = [
    # The examples of draft-ietf-httpapi-ratelimit-headers from version 08 on.
    States({"RateLimit": '"default";r=50;t=30'}, [QuotaState(50, 30)]),
    States({"RateLimit": '"default";r=999;pk=:dHJpYWwxMjEzMjM=:'}, []),
    States(
        {"RateLimit": '"default";r=300000000;t=60;pk=:QXBwLTk5OQ==:'},
        [QuotaState(300_000_000, 60)],
    ),
    States({"RateLimit": '"problemPolicy";r=0;t=10'}, [QuotaState(0, 10)]),
    States({"RateLimit": '"daily";r=1;t=36400'}, [QuotaState(1, 36_400)]),
    States({"RateLimit": "quota;t=1"}, [QuotaState(None, 1)]),
    States({"RateLimit": '"sliding";q=12;r=6;t=1'}, [QuotaState(6, 1)]),
    # Version 07, and those before it.
    States(
        {"RateLimit": "limit=100, remaining=0, reset=48"},
        [QuotaState(0, 48, limit=100)],
    ),
    States({"RateLimit": "limit=10, reset=1"}, [QuotaState(None, 1, limit=10)]),
    States(
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "5"},
        [QuotaState(0, 5)],
    ),
    # Several quotas.
    States(
        {"RateLimit": '"burst";r=0;t=20, "daily";r=900;t=3600'},
        [QuotaState(0, 20), QuotaState(900, 3600)],
    ),
    # Each API's own names.
    States(
        {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "1700000020",
        },
        [QuotaState(0, 20, limit=60)],
    ),
    States(
        {"x-rate-limit-remaining": "3", "x-rate-limit-reset": "20"},
        [QuotaState(3, 20)],
    ),
    States(
        {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "283"},
        [QuotaState(0, 283)],
    ),
    States(
        {
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        [QuotaState(149_984, 360, limit=150_000, counts_tokens=True)],
    ),
    States(
        {"RateLimit": '"requests";r=9;t=1, "tokens";r=20;t=30'},
        [QuotaState(9, 1), QuotaState(20, 30, counts_tokens=True)],
    ),
    States(
        {
            "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": "2023-11-14T22:13:40Z",
            "anthropic-ratelimit-input-tokens-remaining": "0",
            "anthropic-ratelimit-input-tokens-reset": "2023-11-14T22:13:50Z",
        },
        [QuotaState(49, 20), QuotaState(0, 30, counts_tokens=True)],
    ),
    # What makes no sense.
    States({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, []),
    States(
        {"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "20"},
        [QuotaState(None, 20)],
    ),
    States({"RateLimit": '"a;r=0;t=20"'}, []),
    States({"RateLimit": '"a";r=0;t=20;'}, []),
    States({"RateLimit": '"a";r=0;t=-20'}, []),
    States({"X-RateLimit-Limit": "100", "X-Reset": "20"}, []),
    States({"RateLimit": '"a";note="limit=1, remaining=0, reset=9"'}, []),
]


@pytest.mark.parametrize("row", STATES, ids=[str(row.fields) for row in STATES])
def test_states(row: States) -> None:
    """What remains and when there is more is read in each dialect."""

    async def main() -> list[QuotaState]:
        return quota_states_in(httpx.Headers(row.fields))

    assert run(main()) == row.states


@given(st.text(st.characters(max_codepoint=255), max_size=100))
def test_any_field(field: str) -> None:
    """Whatever a field holds, what is read in it can be used."""
    headers = {"ratelimit-policy": field, "ratelimit": field, "ratelimit-reset": field}
    assert all(quota.rate > 0 for quota in quotas_in(headers))
    assert all(state.seconds >= 0 for state in quota_states_in(headers))
