"""What is said of events that no script of these tests brings about at will."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from inflight_lab.watch.diagnosis import diagnose, summary
from inflight_lab.watch.request_log import RequestLog

HEADERS = 'ratelimit-policy: "default";q=10;w=1'
Sent = tuple[float, float, int]
"""When a request was asked for, how long it took, and its status."""


def seen_of(
    requests: Sequence[Sent],
    *,
    headers: str = "",
    addresses: str = "different",
    loop: int = 0,
    connections: int = 100,
) -> RequestLog:
    """A run of these requests, the first ``loop`` by one task, the others each by a
    task of its own.
    """
    events: list[tuple[Any, ...]] = []
    for number, (asked, took, status) in enumerate(requests):
        who = -1 if number < loop else number
        url = f"https://api.example.com/{number if addresses == 'different' else ''}"
        events += [
            (asked, 1, "asked", number, who, 1, connections, 20, "GET", url),
            (asked, 1, "sent", number, 0),
            (asked + took, 1, "ended", number, "", status, headers),
        ]
    seen = RequestLog()
    for event in sorted(events, key=lambda event: event[0]):
        seen.note(*event)
    return seen


def said(seen: RequestLog) -> list[str]:
    """How each finding begins."""
    return [finding.split(".")[0] for finding in diagnose(seen)]


def test_a_pace_is_no_one_by_one() -> None:
    """A pause between two requests is a pace, and one at a time may be all that the
    quota allows.
    """
    assert said(seen_of([(n * 0.3, 0.1, 200) for n in range(20)])) == []
    assert (
        said(seen_of([(n * 0.11, 0.1, 200) for n in range(20)], headers=HEADERS)) == []
    )
    assert said(seen_of([(n * 0.2, 0.12, 200) for n in range(20)])) == [
        "likely: One after the other: 20 of 20 requests were alone in flight, 61% of the time"
    ]


def test_one_by_one_beside_others() -> None:
    """A loop that takes most of the time is named, whatever runs beside it or after it;
    a pace is not.
    """
    loop = [(n * 0.1, 0.09, 200) for n in range(40)]
    found = (
        "One after the other: {} of {} requests were alone in flight, {}% of the time"
    )
    assert said(seen_of(loop + [(4.0, 0.1, 200)] * 20, loop=40)) == [
        "likely: " + found.format(40, 60, 88)
    ]
    beats = [(n + 0.05, 0.1, 200) for n in range(3)]
    assert said(seen_of(loop + beats, loop=40)) == [
        "likely: " + found.format(34, 43, 77)
    ]
    assert said(seen_of(loop[:15] + [(1.6, 2.4, 200)] * 20, loop=15)) == []
    assert (
        said(seen_of([(n * 0.12, 0.13 if n % 5 == 0 else 0.1, 200) for n in range(40)]))
        == []
    )


def test_polls_that_do_not_come_together_are_no_storm() -> None:
    """One that asks again and again, or many at times of their own: nobody comes back
    together.
    """
    for count in (1, 8):
        polls = [
            (n + job / count, 0.05, 503 if n < 5 else 200, job)
            for n in range(6)
            for job in range(count)
        ]
        seen = RequestLog()
        for number, (asked, took, status, job) in enumerate(sorted(polls)):
            fields = (number, job, 1, 100, 20, "GET", f"https://api.example.com/{job}")
            seen.note(asked, 1, "asked", *fields)
            seen.note(asked + took, 1, "ended", number, "", status, "")
        assert said(seen) == []


@pytest.mark.parametrize(("hosts", "error"), [(1, ""), (150, ""), (1, "cancelled")])
def test_connections_that_the_pool_had_to_open(hosts: int, error: str) -> None:
    """Each new host needs one, and so does what comes after a request that was given
    up.
    """
    seen = RequestLog()
    for number in range(150):
        at, url = (
            number // 30 * 0.2,
            f"https://host{number % hosts}.example.com/{number}",
        )
        seen.note(at, 1, "asked", number, number, 1, 100, 20, "GET", url)
        seen.note(at, 1, "sent", number, 1)
        if number % 30 == 29:
            for done in range(number - 29, number + 1):
                seen.note(at + 0.1, 1, "ended", done, error, 0 if error else 200, "")
    churn = "certain: Connections opened and closed all the time: 150 for 150 requests with 30 in flight"
    assert said(seen) == [churn] * (hosts == 1 and not error)


@pytest.mark.parametrize("closed", [True, False])
def test_streams_that_are_never_closed_fill_the_pool(closed: bool) -> None:
    """Then no semaphore helps."""
    seen = RequestLog()
    for number in range(6):
        seen.note(
            0, 1, "asked", number, number, 1, 2, 2, "GET", "https://api.example.com/"
        )
        if number < 2:
            seen.note(0, 1, "sent", number, 1)
    for number in range(0 if closed else 2, 6):
        late = number >= 2
        seen.note(
            1, 1, "ended", number, "PoolTimeout" if late else "", 0 if late else 200, ""
        )
    assert ("2 never ended: is each stream closed?" in diagnose(seen)[1]) is not closed
    assert diagnose(seen)[1].endswith(
        "(notebook 08)."
    )  # the one that shows a PoolTimeout, and what helps


@pytest.mark.parametrize(
    ("times", "how"),
    [
        ([n / 20 for n in range(100)], "on average"),
        ([n / 11 for n in range(100)], "on average"),
        ([0.0] * 50, "on average"),
        ([2 * burst + n / 1000 for burst in range(5) for n in range(15)], "in bursts"),
        (
            [n / 1000 for n in range(10)] + [n / 10 for n in range(1, 50)],
            "on average and in bursts",
        ),
        (
            [n + burst / 1000 for n in range(4) for burst in range(9)] + [3.0] * 4,
            "in bursts",
        ),
    ],
    ids=[
        "twice as fast",
        "a little too fast",
        "all at once",
        "bursts",
        "a burst first",
        "the last burst does not count",
    ],
)
def test_on_average_or_in_bursts(times: list[float], how: str) -> None:
    """What an average allows is told apart from what it does not."""
    requests = [(time, 0.05, 429 if n % 3 else 200) for n, time in enumerate(times)]
    assert said(seen_of(requests, headers=HEADERS)) == [
        f"certain: Over the quota {how}: {sum(r[2] == 429 for r in requests)}x 429 from api"
    ]


def test_a_quota_that_is_not_said() -> None:
    """Then it is likely only, and what was accepted is the measure; so too if the
    window is a guess.
    """
    requests = [(n / 19.9, 0.05, 200 if n % 2 else 429) for n in range(60)]
    assert diagnose(seen_of(requests))[0].startswith(
        "likely: Refused: 30x 429 from api.example.com, and "
    )
    assert (
        "up to 20 in a second; up to 10 in a second were accepted"
        in diagnose(seen_of(requests))[0]
    )
    guessed = "x-ratelimit-limit: 10\nx-ratelimit-reset: 1"
    assert diagnose(seen_of(requests, headers=guessed))[0].startswith(
        "likely: Over the quota on average"
    )
    elsewhere = 'ratelimit-policy: "default";q=1000;w=1'
    assert diagnose(seen_of(requests, headers=elsewhere))[0].startswith(
        "likely: Refused"
    )


def test_what_was_given_up_before_it_was_sent_is_not_counted_as_sent() -> None:
    """Of 30 asked for, a pool of 12 sent 12: these are what the quota saw."""
    seen = RequestLog()
    for number in range(30):
        seen.note(
            0.0,
            1,
            "asked",
            number,
            number,
            1,
            12,
            12,
            "GET",
            f"https://api.example.com/{number}",
        )
    for number in range(12):
        seen.note(0.1, 1, "sent", number, 1)
    for number in range(30):
        end = ("", 429, HEADERS) if number < 12 else ("cancelled", 0, "")
        seen.note(0.2, 1, "ended", number, *end)
    (quota,) = (text for text in diagnose(seen) if "Over the quota" in text)
    assert "10 are allowed; you sent 12 on average and 12 in the busiest" in quota


def test_workers_that_ignore_refusals_are_no_storm_of_retries() -> None:
    """They go on with the next request whatever became of the last, which at one
    address looks the same.
    """
    statuses = [429, 200, 429, 429, 200, 429] * 5
    requests = [(n * 0.1, 0.05, status) for n, status in enumerate(statuses)]
    storms = [
        text
        for text in said(seen_of(requests, addresses="one", loop=30))
        if "storm" in text
    ]
    assert storms == []
    again = [(n * 0.1, 0.05, status) for n, status in enumerate([429] * 29 + [200])]
    storms = [
        text
        for text in said(seen_of(again, addresses="one", loop=30))
        if "storm" in text
    ]
    assert storms == [
        "likely: A storm of retries: 29 of 30 requests, 28 failed again; half came within 0"
    ]
    assert (
        "sooner than Retry-After"
        not in diagnose(seen_of(again, addresses="one", loop=30))[-1]
    )


def test_retries_that_come_back_together() -> None:
    """A pause that is long enough, but the same for all, is named; with a random part
    it is sound.
    """
    seen = RequestLog()
    for round_ in range(3):
        for number in range(20):
            at = round_ * 1.1 + number / 1000
            fields = (number, 1, 100, 20, "GET", f"https://api.example.com/{number}")
            seen.note(at, 1, "asked", (round_, number), *fields)
        for number in range(20):
            at = round_ * 1.1 + 0.1 + number / 1000
            status = 200 if round_ == 2 else 429
            seen.note(at, 1, "ended", (round_, number), "", status, "retry-after: 1")
    assert (
        "likely: A storm of retries: 40 of 60 requests, 20 failed again; all pause alike (median 1"
        in said(seen)
    )


@pytest.mark.parametrize("jitter", [False, True])
def test_doubled_pauses_come_back_together_unless_they_are_random(jitter: bool) -> None:
    """1, 2 and 4 seconds after the failure, all at once; a random time of up to these
    spreads them.
    """
    draw, requests = random.Random(3), []
    for number in range(30):
        at = 0.0
        for attempt in range(4):
            requests.append((at, number, 429 if attempt < 3 else 200))
            at += 0.1 + (draw.uniform(0, 2**attempt) if jitter else 2**attempt)
    seen = RequestLog()
    for key, (at, number, status) in enumerate(sorted(requests)):
        seen.note(
            at,
            1,
            "asked",
            key,
            number,
            1,
            100,
            20,
            "GET",
            f"https://api.example.com/{number}",
        )
        seen.note(at + 0.1, 1, "ended", key, "", status, "")
    storms = [text for text in said(seen) if "storm" in text]
    together = "likely: A storm of retries: 90 of 120 requests, 60 failed again; all pause alike (median 2"
    assert storms == ([] if jitter else [together])


@pytest.mark.parametrize("count", [4, 5])
def test_little_is_said_of_a_few_requests(count: int) -> None:
    """Four in a row are no habit."""
    assert len(said(seen_of([(n / 8, 0.12, 200) for n in range(count)]))) == (
        count == 5
    )


def test_the_pool_is_no_limit_where_a_connection_carries_many() -> None:
    """With HTTP/2 more requests are in flight than there are connections."""
    assert said(seen_of([(0.0, 0.1, 200)] * 20, connections=2)) == []
    assert said(waiting(seen_of([(0.0, 0.1, 200)] * 20, connections=2), 10)) == []


def test_the_pool_is_no_limit_where_no_connection_could_be_opened() -> None:
    """All waited for one, and none would have helped."""
    seen = RequestLog()
    for number in range(150):
        seen.note(
            0.0,
            1,
            "asked",
            number,
            number,
            1,
            100,
            20,
            "GET",
            f"https://api.example.com/{number}",
        )
    for number in range(150):
        seen.note(0.1, 1, "ended", number, "ConnectError", 0, "")
    assert said(seen) == []


def test_a_pool_that_is_full_is_named_where_many_are_cancelled() -> None:
    """Then a few more are sent than it has connections, before the end of those before
    them is noted.
    """
    names = said(waiting(seen_of([(0.0, 0.1, 200)] * 21, connections=20), 30))
    assert names[0].startswith(
        "certain: The connection pool was the limit: 51 requests were asked for at once"
    )


def waiting(seen: RequestLog, count: int) -> RequestLog:
    """With ``count`` more requests of the same client, which are never sent."""
    fields = (
        seen.requests[0].client[1],
        seen.requests[0].connections,
        20,
        "GET",
        "https://api.example.com/x",
    )
    for number in range(count):
        seen.note(0.05, 1, "asked", -1 - number, -number, *fields)
    return seen


def test_the_numbers_add_up() -> None:
    """Each request that was asked for has an end in the summary, or none yet."""
    seen = seen_of([(0.0, 0.1, status) for status in (200, 302, 404, 429, 503)])
    fields = (1, 100, 20, "GET", "https://other.example/")
    ends: list[Any] = [
        ("ended", "ReadTimeout", 0, ""),
        ("ended", "cancelled", 0, ""),
        ("sent", 0),
        (),
    ]
    for number, end in enumerate(ends, 10):
        seen.note(1.0, 1, "asked", number, 1, *fields)
        if end:
            seen.note(1.5, 1, end[0], number, *end[1:])
    assert summary(seen) == (
        "9 requests to api.example.com and other.example in 1.5 s, at most 5 at once: 2 accepted, 2 refused, "
        "2 failed (1 ReadTimeout), 1 cancelled, 2 without an end."
    )
