"""What is said where nothing stands out."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from inflight_lab.watch.diagnosis import conclude
from inflight_lab.watch.events import Paced
from tests.support.watching import PROCESS, Made, log_of

TWENTY = 'ratelimit-policy: "default";q=20;w=1'
FIVE_THOUSAND = 'ratelimit-policy: "default";q=5000;w=3600'
TWO_QUOTAS = 'ratelimit-policy: "a";q=20;w=1, "b";q=1000;w=60'


class Run(NamedTuple):
    """Requests of a run that is as it should be, and what is said of it."""

    what: str
    requests: list[Made]
    verdict: str


def spaced(count: int, headers: str = "", rate: float = 18) -> list[Made]:
    """So many at a steady rate, all accepted, a few in flight at once."""
    return [Made(number / rate, 0.5, headers=headers) for number in range(count)]


FAILED = [*spaced(60), Made(4.0, 0.5, 404)]
HOSTS = [
    made._replace(url=f"https://h{n % 2}.example/{n}")
    for n, made in enumerate(spaced(60, TWENTY))
]
RUNS = [
    Run("no request", [], ""),
    Run("too few to tell", spaced(3), ""),
    Run(
        "no quota",
        spaced(60),
        "Nothing stood out: all 60 requests were accepted.",
    ),
    Run(
        "a quota",
        spaced(180, TWENTY),
        "Nothing stood out: all 180 requests were accepted, and 90% of the quota was "
        "used (20 in 1 s).",
    ),
    Run(
        "less than a window",
        spaced(10, TWENTY, rate=100),
        "Nothing stood out: all 10 requests were accepted, and 50% of the quota was "
        "used (20 in 1 s).",
    ),
    Run(
        "hardly any of it",
        spaced(6, FIVE_THOUSAND),
        "Nothing stood out: all 6 requests were accepted, and less than 1% of the "
        "quota was used (5,000 in 3600 s).",
    ),
    Run(
        "two quotas",
        spaced(180, TWO_QUOTAS),
        "Nothing stood out: all 180 requests were accepted, and 90% of the quota was "
        "used (20 in 1 s).",
    ),
    Run(
        "two hosts",
        HOSTS,
        "Nothing stood out: all 60 requests were accepted.",
    ),
    Run("a failure", FAILED, "Nothing else stood out."),
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.what)
def test_a_good_run_is_called_one(run: Run) -> None:
    """With the share of the quota, where one is known, in the terminal and the page."""
    conclusion = conclude(log_of(run.requests))
    assert conclusion.verdict == run.verdict
    assert conclusion.for_page()["verdict"] == run.verdict
    assert str(conclusion).endswith(run.verdict)


def test_a_finding_is_no_verdict() -> None:
    """Where something stands out, nothing else is said."""
    limiters = [Paced(0.0, PROCESS, n, 1000 + n, 1) for n in range(12)]
    conclusion = conclude(log_of([Made()] * 12, *limiters))
    assert conclusion.findings
    assert conclusion.verdict == ""
