"""A guessed window has to agree with what the API accepted."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.findings.quota import refused_requests
from tests.support.watching import Made, log_of


class Run(NamedTuple):
    """When requests were accepted, of a quota with a reset; and what window is left."""

    accepted: list[float]
    reset: float
    window: float | None
    quota: int = 2


RUNS = {
    "within the quota": Run([0, 1], reset=20, window=60),
    "one more after the reset": Run([0, 0.5, 20.7], reset=20, window=20),
    "far more than any window allows": Run([n / 4 for n in range(80)], 20, None),
    "at the border of two windows": Run([0, 1, 2, 3], reset=59, window=60),
    "two windows, and one more": Run([0, 1, 2, 3, 4], reset=59, window=None),
    "a window of a day": Run([0, 1, 2], reset=80_000, window=None, quota=1),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_guess_that_is_contradicted_is_not_made(name: str) -> None:
    """The longest reset takes its place, unless that is contradicted as well."""
    accepted, reset, window, quota = RUNS[name]
    headers = f"x-ratelimit-limit: {quota}\nx-ratelimit-reset: {reset:g}"
    log = log_of([Made(at, 0.1, headers=headers) for at in accepted])
    windows = [each.window for each in log.quotas_of(log)]
    assert windows == ([] if window is None else [window])
    drawn = log.quota_to_draw()
    assert (drawn.period if drawn else None) == window


def test_a_quota_that_is_certain_stays() -> None:
    """Whatever was accepted: the API says so."""
    policy = 'ratelimit-policy: "default";q=2;w=60'
    log = log_of([Made(n / 4, 0.1, headers=policy) for n in range(9)])
    assert log.quotas_of(log) == [AnnouncedQuota(2, 60, is_certain=True)]


def test_answers_that_come_together_contradict_nothing() -> None:
    """The API counted them when they arrived, which was some time before."""
    headers = "x-ratelimit-limit: 2\nx-ratelimit-reset: 1"
    late = [Made(float(n), 20 - n, headers=headers) for n in range(10)]
    log = log_of(late)
    assert log.quotas_of(log)


def test_refusals_that_no_guess_explains() -> None:
    """It says what the headers said, and begins with what was accepted."""
    headers = "x-ratelimit-limit: 2\nx-ratelimit-reset: 20"
    made = [Made(n / 4, 0.1, 429 if n % 2 else 200, headers=headers) for n in range(80)]
    finding = refused_requests(log_of(made))
    assert finding
    assert finding.facts == (
        "40 refusals (429) from api.example.com, and its headers say that 2 are "
        "allowed, but not in which time. In the whole run, 40 of 80 were accepted, in "
        "19.9 s"
    )
    assert str(finding.fix).startswith(
        "inflight-lab snippet fetch_all --rate 40 --period 20"
    )
