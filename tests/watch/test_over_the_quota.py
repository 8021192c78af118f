"""Findings about requests that the API refuses."""

from __future__ import annotations

import pytest

from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.events import Paced
from inflight_lab.watch.findings.finding import Finding
from inflight_lab.watch.findings.quota import refused_requests
from tests.support.watching import PROCESS, Made, log_of

SEVEN_IN_TWO_SECONDS = 'ratelimit-policy: "default";q=7;w=2'


def refused(times: list[float], headers: str = SEVEN_IN_TWO_SECONDS) -> Finding:
    """What is said where all but every third request gets a 429."""
    requests = [
        Made(time, 0.05, 429 if n % 3 else 200, headers=headers)
        for n, time in enumerate(times)
    ]
    finding = refused_requests(log_of(requests))
    assert finding
    return finding


@pytest.mark.parametrize(
    ("times", "how"),
    [
        ([n / 7 for n in range(100)], "on average"),
        ([n / 4 for n in range(60)], "on average"),
        ([0.0] * 50, ""),
        ([4 * burst + n / 1000 for burst in range(5) for n in range(11)], "in bursts"),
        (
            [n / 1000 for n in range(7)] + [n / 4 for n in range(1, 60)],
            "on average and in bursts",
        ),
        (
            [2 * burst + n / 1000 for burst in range(4) for n in range(6)] + [6.0] * 3,
            "in bursts",
        ),
        ([1.9] * 7 + [2.0] * 7 + [4.3], "in bursts"),
    ],
    ids=[
        "twice as fast",
        "a little too fast",
        "all at once",
        "bursts",
        "a burst first",
        "the last burst does not count",
        "the border of two windows",
    ],
)
def test_on_average_or_in_bursts(times: list[float], how: str) -> None:
    """What an average allows is told apart from what it does not."""
    finding = refused(times)
    assert finding.certainty == "certain"
    assert finding.headline == f"Over the quota {how}".strip()


def test_as_many_as_are_allowed_are_not_over_the_quota() -> None:
    """Seven in two seconds are allowed: something else was refused."""
    at_the_quota = [2 * window + n / 64 for window in range(5) for n in range(7)]
    assert refused(at_the_quota).headline == "Refused"


@pytest.mark.parametrize(("sent", "is_found"), [(20, True), (18, True), (17, False)])
def test_at_the_edge_of_the_quota(sent: int, is_found: bool) -> None:
    """Up to a tenth below it, one refusal in a hundred is no wonder."""
    policy = 'ratelimit-policy: "default";q=20;w=1'
    times = [second + n / 64 for second in range(5) for n in range(sent)]
    requests = [Made(time, 0.05, headers=policy) for time in times]
    requests[-1] = requests[-1]._replace(status=429)
    finding = refused_requests(log_of(requests))
    assert finding
    headline = "At the edge of the quota" if is_found else "Refused"
    assert finding.headline == headline
    if is_found:
        assert str(finding.fix) == (
            "inflight-lab snippet paced --rate 20 --period 1.1 "
            '--url "https://api.example.com/{id}" --output fixed.py'
        )


def test_the_numbers_beside_the_quota() -> None:
    """Refusals, what is allowed in which time, and what was sent in it."""
    bursts = [4 * burst + n / 1000 for burst in range(5) for n in range(13)]
    assert refused(bursts).facts == (
        "43 refusals (429) from api.example.com. In 2 s 7 are allowed; "
        "you sent up to 13 in 2 s"
    )


def test_what_was_given_up_before_it_was_sent_is_not_counted_as_sent() -> None:
    """Of 30 that were asked for, a pool of 12 sent 12: these are what the API saw."""
    asked = Made(took=0.2, max_connections=12, headers=SEVEN_IN_TWO_SECONDS)
    sent = [asked._replace(waited=0.1, status=429)] * 12
    given_up = [asked._replace(waited=None, error="cancelled")] * 18
    finding = refused_requests(log_of(sent + given_up))
    assert finding
    assert "you sent 12 at once" in finding.facts


NO_QUOTA = "and no quota in its headers explains them"


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ("", NO_QUOTA),
        ('ratelimit-policy: "a";q=7;w=2;qu="content-bytes"', NO_QUOTA),
        ('ratelimit-policy: "a";q=7;w=2;qu="concurrent-requests"', NO_QUOTA),
        (
            'ratelimit-policy: "default";q=1000;w=2',
            "though 1000 are allowed in 2 s, and you sent at most 36",
        ),
        (
            "x-ratelimit-limit: 1000\nx-ratelimit-reset: 1",
            "though 1000 are allowed in 1 s (a guess), and you sent at most 18",
        ),
    ],
)
def test_refusals_that_no_quota_explains(headers: str, why: str) -> None:
    """Bytes and requests at once are not a rate; what was accepted is the measure."""
    finding = refused([n / 17.9 for n in range(60)], headers)
    assert finding.certainty == "likely"
    assert finding.headline == "Refused"
    assert finding.facts == (
        f"40 refusals (429) from api.example.com, {why}. "
        "In the whole run, 20 of 60 were accepted, in 3.3 s"
    )


def test_a_window_that_is_guessed() -> None:
    """The quota is likely then, and a recipe is named that obeys the headers."""
    guessed = "x-ratelimit-limit: 10\nx-ratelimit-reset: 1"
    finding = refused([n / 20 for n in range(60)], guessed)
    assert (finding.certainty, finding.headline) == (
        "likely",
        "Over the quota on average",
    )
    assert (
        "The headers said that 10 are allowed, but not in which time; from the reset "
        "in them, a guess is 1 s; you sent "
    ) in finding.facts
    assert "snippet fetch_all --rate 10 --period 1 " in str(finding.fix)


def test_one_at_a_time_goes_on_after_none_is_left() -> None:
    """It hears how often it went on, and nothing of requests in flight."""
    none_left = "x-ratelimit-limit: 4\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 20"
    accepted = [Made(n / 4, 0.1, headers=none_left) for n in range(4)]
    refusals = [Made(1 + n / 4, 0.1, 429, headers=none_left) for n in range(12)]
    finding = refused_requests(log_of(accepted + refusals))
    assert finding
    assert finding.facts.endswith(
        "; you sent 16 within 3.8 s. 12 of the refused were sent while the API was "
        "still asking you to wait"
    )
    assert "in flight" not in finding.advice
    assert "snippet fetch_all --rate 4 --period 60 " in str(finding.fix)


@pytest.mark.parametrize(
    ("library", "sender", "recipe", "is_noted"),
    [
        ("httpx", 5, "fetch_all", False),
        ("httpx", -5, "fetch_all", True),
        ("aiohttp", 5, "with_aiohttp", False),
        ("requests", -5, "with_requests", False),
        ("urllib3", -5, "with_requests", False),
    ],
)
def test_the_recipe_for_each_library(
    library: str, sender: int, recipe: str, is_noted: bool
) -> None:
    """Where it takes the place of threads, the advice says so, and how to keep them."""
    sent = [
        Made(n / 20, 0.05, 429 if n else 200, library=library, sender=sender - n % 2)
        for n in range(60)
    ]
    finding = refused_requests(log_of(sent))
    assert finding
    assert f"snippet {recipe} " in str(finding.fix)
    assert ("takes the place of your threads." in finding.whole_advice) == is_noted
    assert ("snippet paced_threads" in finding.advice) == (sender < 0)


def test_a_rate_limiter_that_saves_permits_up() -> None:
    """Its rate is right after the first burst: the advice speaks of that."""
    policy = 'ratelimit-policy: "default";q=10;w=1'
    times = [0.0] * 10 + [n / 10 for n in range(1, 91)]
    sent = [Made(at, 0.05, 429 if 0 < at < 1 else 200, headers=policy) for at in times]
    asked = [Paced(at, PROCESS, 7, n, 1) for n, at in enumerate(times)]
    finding = refused_requests(log_of(sent, *asked))
    assert finding
    assert finding.headline in ("Over the quota in bursts", "At the edge of the quota")
    assert "AsyncLimiter(1, 0.1)" in finding.advice


def test_a_quota_that_is_just_used_up() -> None:
    """Of each five that are sent at once, some come a little too soon."""
    policy = 'ratelimit-policy: "default";q=5;w=10'
    sent = [
        Made(burst * 10.01, 0.1, 429 if burst == 1 else 200, headers=policy)
        for burst in range(4)
        for _ in range(5)
    ]
    finding = refused_requests(log_of(sent))
    assert finding
    assert finding.headline == "At the edge of the quota"


def test_one_too_many_that_ended_the_run_is_over_the_quota() -> None:
    """It is no matter of network delay: all came within one window."""
    policy = 'ratelimit-policy: "default";q=60;w=60'
    sent = [
        Made(n / 9, 0.1, 429 if n == 60 else 200, headers=policy) for n in range(61)
    ]
    finding = refused_requests(log_of(sent))
    assert finding
    assert finding.headline == "Over the quota"


def test_a_few_that_are_one_too_many() -> None:
    """Of a small quota, one that is late makes the next one the third of two."""
    policy = 'ratelimit-policy: "default";q=2;w=1'
    times = [n / 2 for n in range(40)]
    times[20] += 0.1
    sent = [Made(at, 0.05, headers=policy) for at in times]
    sent[22] = sent[22]._replace(status=429)
    finding = refused_requests(log_of(sent))
    assert finding
    assert finding.headline == "At the edge of the quota"
    assert "paced --rate 2 --period 1.1 " in str(finding.fix)


def test_what_was_accepted_was_not_sent_in_spite_of_anything() -> None:
    """Only what was refused counts, and not after the time that was asked for."""
    one_second = "retry-after: 1\nratelimit-policy: 5;w=1"
    at_once = [Made(0.0, 0.1, 429, headers=one_second)] * 20
    again = [Made(1.2, 0.1, headers=one_second)] * 5
    too_early = [Made(0.5, 0.1, 429, headers=one_second)] * 2
    finding = refused_requests(log_of(at_once + too_early + again))
    assert finding
    assert finding.facts.endswith(
        ". 2 of the refused were sent while the API was still asking you to wait"
    )
    finding = refused_requests(log_of(at_once + again))
    assert finding
    assert "asking you to wait" not in finding.facts


def test_in_practice_all_hosts_share_the_quota() -> None:
    """As one practice server answers for all of them."""
    sent = [
        Made(n / 9, 0.05, 429 if n else 200, url=f"https://h{n}.example/")
        for n in range(6)
    ]
    log = log_of(sent, practice_quota=AnnouncedQuota(1, 2, is_certain=True))
    finding = refused_requests(log)
    assert finding
    assert finding.facts.startswith(
        "5 refusals (429) from 6 hosts. In 2 s 1 is allowed"
    )


def test_in_practice_the_quota_is_known() -> None:
    """Whatever the headers leave open: the practice server has no other."""
    of_github = "x-ratelimit-limit: 5\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1"
    sent = [
        Made(n / 9, 0.05, 403 if n > 4 else 200, headers=of_github) for n in range(12)
    ]
    log = log_of(sent, practice_quota=AnnouncedQuota(5, 1, is_certain=True))
    assert log.quota_to_draw() == QuotaPolicy("sliding-window", 5, 1)
    assert log.timeline.period == 1
    finding = refused_requests(log)
    assert finding
    assert finding.certainty == "certain"
    assert "In 1 s 5 are allowed" in finding.facts
    assert "snippet paced --rate 5 --period 1 " in str(finding.fix)


def test_the_average_names_its_window() -> None:
    """So that it can be compared with the quota."""
    finding = refused([n / 7 for n in range(100)])
    assert finding.facts.endswith("; you sent 14.1 per 2 s on average, 15 at most")


def test_the_quota_of_another_host_does_not_count() -> None:
    """Each host is looked at alone, and one that refuses nothing is left out."""
    elsewhere = 'ratelimit-policy: "default";q=1;w=2'
    other = "https://other.example.com/"
    fast = [Made(n / 7, url=other, headers=elsewhere) for n in range(30)]
    assert refused_requests(log_of(fast)) is None
    requests = [Made(n / 7, status=429) for n in range(30)]
    finding = refused_requests(log_of(fast + requests))
    assert finding
    assert finding.headline == "Refused"
    assert finding.facts.startswith("30 refusals (429) from api.example.com, ")
