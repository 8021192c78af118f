"""What counts as a refusal, whatever the dialect, and refusals for good."""

from __future__ import annotations

import pytest

from inflight_lab.watch.findings.quota import refused_requests
from inflight_lab.watch.findings.refusals import refused_for_good
from inflight_lab.watch.findings.retries import storm_of_retries
from inflight_lab.watch.summary import summary
from tests.support.dialects import (
    FAILS_FOR_NOW,
    NAMES_NO_TIME,
    PERMANENT,
    SAYS_WHEN,
    Dialect,
)
from tests.support.watching import Made, log_of

BY_STATUS_ALONE = ("500 that says when",)
"""Refusals that count as failures: their status means a fault of the API's."""
REFUSALS = SAYS_WHEN | NAMES_NO_TIME | PERMANENT
UNPAID = PERMANENT["OpenAI, no money left"]


def made(dialect: Dialect, *, asked: float = 0.0, after: float = 20.0) -> Made:
    """A request that is refused in a dialect."""
    answer = dialect.refusal(after)
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return Made(
        asked, status=answer.status_code, headers=headers.lower(), body=answer.text
    )


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_in_any_dialect_counts_as_refused(name: str) -> None:
    """In the summary and in the plot alike; only a 500 stays a failure."""
    log = log_of([made(REFUSALS[name])])
    assert log.refused == log.timeline.stats().refused == (name not in BY_STATUS_ALONE)


@pytest.mark.parametrize("name", FAILS_FOR_NOW)
def test_other_failures_are_no_refusals(name: str) -> None:
    """They are failures, and the summary says with which status."""
    log = log_of([made(FAILS_FOR_NOW[name])])
    status = FAILS_FOR_NOW[name].status
    assert summary(log).endswith(f"0 accepted, 0 refused, 1 failed ({status} x 1).")


def test_what_is_forbidden_is_not_refused() -> None:
    """A 403 that speaks of no limit is a failure: in the plot too."""
    log = log_of([Made(status=403, body='{"message": "Bad credentials"}')] * 9)
    assert log.refused == log.timeline.stats().refused == 0
    assert summary(log).endswith("0 accepted, 0 refused, 9 failed (403 x 9).")
    assert refused_requests(log) is None


def test_refusals_by_403_are_over_a_quota() -> None:
    """Statuses are named as they came; the rest is as with 429."""
    github = made(SAYS_WHEN["GitHub, primary"])
    log = log_of([github] * 90 + [Made(status=429)] * 2 + [Made()] * 60)
    assert "60 accepted, 92 refused (403 x 90, 429 x 2)." in summary(log)
    finding = refused_requests(log)
    assert finding
    assert finding.headline == "Over the quota"
    assert finding.facts.startswith(
        "92 refusals (403 x 90, 429 x 2) from api.example.com. "
    )
    assert " fetch_all --rate 60 --period 60 " in str(finding.fix)


@pytest.mark.parametrize(
    ("dialect", "is_found"),
    [
        (NAMES_NO_TIME["503"], False),
        (NAMES_NO_TIME["Anthropic, overloaded"], False),
        (SAYS_WHEN["503"], True),
        (NAMES_NO_TIME["429"], True),
    ],
)
def test_an_overloaded_api_is_not_the_scripts_fault(
    dialect: Dialect, is_found: bool
) -> None:
    """It has no room for anybody, unless it says when to come back."""
    log = log_of([made(dialect)] * 20)
    assert bool(refused_requests(log)) == is_found


@pytest.mark.parametrize("name", PERMANENT)
def test_a_refusal_for_good_is_not_to_be_sent_again(name: str) -> None:
    """Whoever goes on hears what the API said; no pace and no pause would help."""
    requests = [made(PERMANENT[name], asked=n * 0.2) for n in range(9)]
    log = log_of([each._replace(url="https://a.example/") for each in requests])
    finding = refused_for_good(log)
    assert finding
    said = PERMANENT[name].reason.rstrip(".") or "that it should not be sent again"
    assert said in finding.facts
    assert finding.facts.endswith("; you sent 8 requests after that")
    assert str(finding.fix) == "inflight-lab snippet resilient"
    assert refused_requests(log) is None
    assert storm_of_retries(log) is None


def test_what_was_under_way_when_the_refusal_came_is_no_fault() -> None:
    """Nobody could know yet; three more are tolerated."""
    together = [made(UNPAID)] * 30
    late = [made(UNPAID, asked=0.5)] * 4
    assert refused_for_good(log_of(together)) is None
    assert refused_for_good(log_of(together + late[:3])) is None
    assert refused_for_good(log_of(together + late))


def test_a_refusal_of_one_request_says_nothing_about_the_others() -> None:
    """A body that is too large, say: the next one may be smaller."""
    too_large = Made(status=413, headers="x-should-retry: false")
    log = log_of([too_large._replace(asked=n * 0.2) for n in range(9)])
    assert refused_for_good(log) is None
