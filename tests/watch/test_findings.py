"""What is said about a run, and what is not: numbers that one could count by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inflight_lab.watch.noting.quota import Quota
from inflight_lab.watch.noting.request_log import Block, LimitUse, RequestLog
from inflight_lab.watch.practice.server import AnyApi
from inflight_lab.watch.saying.finding import FINDINGS
from inflight_lab.watch.saying.report import report
from tests.support.watching import (
    SCRIPTS,
    Client,
    finding_named,
    findings_in,
    names_of,
    note,
    run_of,
    summary_in,
    watch,
)

BEGIN = 1_795_761_000  # a Unix time
ITEM = "https://a.test/item"
CHATS_URL = "https://a.test/v1/chat/completions"
SECONDARY = b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
TOO_MANY = b'{"error": "too many concurrent requests"}'


def policy(rate: int, period: int) -> dict[str, str]:
    """The header that announces a quota."""
    return {"ratelimit-policy": f'"default";q={rate};w={period}'}


# Refusals


def test_what_was_cancelled_after_a_refusal_is_counted_once() -> None:
    """Else one refusal of 200 requests looks like a small matter; what was never sent
    is not said to have been cancelled as well.
    """
    log = run_of([200] * 100 + [429] * 100, every=0, headers=policy(100, 1))
    for request in log.requests[101:]:
        request.status, request.error = 0, "cancelled"
    for request in log.requests[150:]:
        request.sent = None
    summary, finding = report(log)
    assert "1 refused, 49 cancelled, 50 never sent" in summary
    assert "1 of 200 requests were refused (429)" in finding
    assert "cancelled" not in finding


def test_a_refusal_without_an_end_is_counted_once() -> None:
    """Its body was never read: the finding has the number of the summary."""
    log = run_of([200] * 15 + [429] * 6, headers=policy(10, 60))
    log.requests[-1].ended = None
    summary, finding = report(log)
    assert "5 refused, 1 without an end" in summary
    assert "5 of 21 requests were refused" in finding


def test_githubs_secondary_limit_is_not_the_quota() -> None:
    """The body says which it is; the answers' own quota has nothing to do with it."""
    headers = {"retry-after": "3", "x-ratelimit-remaining": "4980"}
    log = run_of([200] * 20 + [403] * 40, headers=headers, body=SECONDARY)
    finding = finding_named(log, "GitHub's secondary limit")
    assert "start with 15 requests in 1 s" in finding.command
    assert "halve that while refusals come" in finding.command
    assert "pacer, patiently = Pacer(15, 1)" in finding.command
    facts = finding.facts
    assert "40 of 60 requests were refused (403)" in facts
    assert "20 were accepted in 6.0 s" in facts
    assert "secondary rate limit" in facts
    assert "asks for is 3 s" in facts


def test_a_secondary_limit_is_not_said_to_be_about_bursts() -> None:
    """Where three were in flight, two in flight would be refused as well."""
    log = run_of(([200] * 30 + [403] * 3) * 8, every=0.12, took=0.3, body=SECONDARY)
    finding = finding_named(log, "GitHub's secondary limit")
    assert "burst" not in finding.advice
    assert "pace" in finding.advice
    assert "limit=" not in finding.command


def test_a_limit_on_requests_in_flight_is_not_a_rate() -> None:
    """Where the API says that too many came at once, the advice is a semaphore, as
    wide as what was accepted at once; the pool was not the limit.
    """
    statuses = [200] * 20 + [429] * 100
    log = run_of(statuses, every=0, took=0.5, body=TOO_MANY, pool=100)
    log.limits[1] = LimitUse(50, "main.py:12", set(range(120)))
    finding = finding_named(log, "Over the limit on requests in flight")
    assert "semaphore of 50 (main.py:12) lets more in: make it 20" in finding.facts
    assert "semaphore" in finding.advice
    assert 'concurrent requests". ' in finding.facts
    assert "at most 20 were in flight" in finding.facts
    assert "--limit 20" in finding.command
    assert "The connection pool was the limit" not in names_of(log)


def test_an_overload_is_not_your_quota() -> None:
    """503 and 529 are about everybody's requests, unless the API says that too many of
    yours came at once.
    """
    log = run_of([200] * 10 + [529] * 10)
    assert names_of(log) == ["The API was overloaded"]
    log = run_of([200] * 10 + [503] * 10, body=TOO_MANY)
    assert names_of(log) == ["Over the limit on requests in flight"]


def test_fewer_in_flight_are_half_as_many() -> None:
    """The command does what the advice says."""
    statuses = [200] * 20 + [529] * 100
    finding = finding_named(
        run_of(statuses, every=0, took=0.5), "The API was overloaded"
    )
    assert "at most 20 were in flight" in finding.facts
    assert "--limit 10 " in finding.command


def test_a_quota_that_is_not_named_is_a_rate_to_start_with() -> None:
    """It is said what was accepted in which time, and the headers as they are; every
    status of a refusal is named, and the lines run with a number.
    """
    statuses = [200] * 49 + [429] * 10 + [403]
    headers = {"x-ratelimit-limit": "49", "retry-after": "1"}
    log = run_of(statuses, every=0.02, headers=headers)
    finding = finding_named(log, "Refused")
    assert finding.is_certain
    assert "Likely" not in finding.advice
    assert (
        "11 of 60 requests were refused (403/429), 49 accepted in 1.3" in finding.facts
    )
    assert "x-ratelimit-limit: 49" in finding.facts
    assert (
        "no answer says what rate is allowed: start with 23 requests in 1 s (49 were "
        "accepted in 2.1 s, the pause after it included)" in finding.command
    )
    assert "--rate 23 --period 1" in finding.command
    assert "Pacer(23, 1)" in finding.command


def test_what_was_accepted_between_refusals_is_the_rate() -> None:
    """Of 15 a second, half were refused for 20 s; a script with a pacer is told so, and
    nothing else.  Where a run is short, it is told half of its rate.
    """
    log = run_of([200, 403] * 150, every=1 / 15, body=SECONDARY)
    log.has_a_pacer = True
    why, lower = finding_named(log, "GitHub's secondary limit").command.splitlines()
    assert "148 were accepted in the 20 s after the first refusal" in why
    assert lower.endswith("lower that to Pacer(446, 60)")
    log.requests = log.requests[:90]
    command = finding_named(log, "GitHub's secondary limit").command
    assert "half of what you sent" in command
    assert command.endswith("lower that to Pacer(447, 60)")


def test_where_a_run_shows_no_rate_it_is_a_guess() -> None:
    """Nothing was accepted, or no pause was asked for: one a second, and so it says."""
    for statuses in ([429] * 8, [200] * 4 + [429] * 8):
        command = finding_named(run_of(statuses), "Refused").command
        assert "a guess: this run does not show it" in command
        assert "Pacer(10, 10)" in command


@pytest.mark.parametrize("last", [0, 1])
def test_requests_and_tokens_are_kept_at_once(last: int) -> None:
    """Whichever of them the last refusal names; a header names the limits as well."""
    texts = ["requests per 20 s: Limit 60", "tokens per 20 s: Limit 9000"]
    log = run_of([200] * 60 + [429] * 21, every=0.001, method="POST", url=CHATS_URL)
    for number, request in enumerate(log.requests[60:]):
        words = f"Rate limit reached on {texts[number % 2 ^ last]}, Used all."
        request.body = f'{{"error": {{"message": "{words}"}}}}'.encode()
        request.raw_headers = {"x-ratelimit-limit-tokens": "9000"}
    kind = "Over the quota of tokens" if last else "Over the quota"
    finding = finding_named(log, kind)
    assert "Budgets(requests=(60, 20), tokens=(9000, 20))" in finding.command
    assert "--rate 60 --period 20 --tokens 9000" in finding.command
    if not last:
        assert "10 of the refusals name tokens instead." in finding.facts
        assert "x-ratelimit-limit-tokens: 9000" in finding.facts


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("Rate limit reached on requests per 20 s: Limit 10, Used 10.", (10, 20)),
        ("Rate limit reached on requests per min (RPM): Limit 3, Used 3", (3, 60)),
        ("This would exceed your rate limit of 50 requests per minute.", (50, 60)),
        ("You may send 1,000 requests/hour", (1000, 3600)),
    ],
)
def test_a_quota_in_words_is_read(words: str, allowed: tuple[int, int]) -> None:
    """It is held against what was sent, and stands in the command."""
    rate, period = allowed
    statuses = [200] * rate + [429] * 5
    log = run_of(statuses, every=0.001, body=f'{{"error": "{words}"}}'.encode())
    finding = finding_named(log, "Over the quota")
    assert (
        f"{rate} requests in {period} s are allowed; you sent {rate + 5}"
        in finding.facts
    )
    assert f"--rate {rate} --period {period} " in finding.command


def test_as_many_as_are_allowed_are_not_over_the_quota() -> None:
    """Refusals within a known quota are said to be something else."""
    statuses = [200] * 30 + [429] + [200] * 4
    log = run_of(statuses, every=2 / 7, headers=policy(7, 2))
    finding = finding_named(log, "Refused")
    assert "7 requests in 2 s are allowed; you sent up to 8, so" in finding.facts
    assert "Pacer(7, 2.2)" in finding.command


def test_one_more_than_is_allowed_is_over_the_quota() -> None:
    """If all were sent long before the period was over, the network is not to blame."""
    log = run_of([200] * 10 + [429], every=1 / 3, headers=policy(10, 60))
    for request in log.requests:
        request.line = ""  # it is said all the same
    facts = finding_named(log, "Over the quota").facts
    assert "10 requests in 60 s are allowed; you sent 11 within that time." in facts


def test_of_two_quotas_the_one_that_allows_less_decides() -> None:
    """A burst of 20 a second does not help whoever may send 60 a minute."""
    both = ", ".join(
        policy(*quota)["ratelimit-policy"] for quota in [(20, 1), (60, 60)]
    )
    headers = {"ratelimit-policy": both}
    log = run_of([200] * 60 + [429] * 5, every=0.5, headers=headers)
    facts = finding_named(log, "Over the quota").facts
    assert "60 requests in 60 s are allowed; you sent 65" in facts


def test_the_quota_of_one_host_is_held_against_that_host() -> None:
    """What went elsewhere was not sent there; the newest answers name the quota."""
    log = RequestLog()
    for number in range(30):
        note(log, 0.0, url=f"https://other.example/{number}")
    for number in range(12):
        headers = policy(20 if number < 5 else 10, 1)
        note(log, 0.01, status=200 if number < 10 else 429, headers=headers)
    facts = finding_named(log, "Over the quota").facts
    assert "2 of 12 requests" in facts
    assert "10 requests in 1 s are allowed; you sent 12 within that time" in facts


def test_in_practice_all_hosts_share_one_quota() -> None:
    """One server answers for all of them."""
    log = RequestLog()
    log.practice = Quota(10, 1.0)
    for number in range(16):
        url = f"https://{'ab'[number % 2]}.example/{number}"
        note(log, 0.0, url=url, status=200 if number < 10 else 429)
    assert "6 of 16 requests were refused" in finding_named(log, "Over the quota").facts


def test_a_semaphore_is_no_rate() -> None:
    """The one that the script has is named, with its size and its line, and goes."""
    log = run_of([200] * 20 + [429] * 40, every=0.01, headers=policy(20, 1))
    log.limits[1] = LimitUse(50, "main.py:12", set(range(60)))
    finding = finding_named(log, "Over the quota")
    assert "The semaphore of 50 (main.py:12)" in finding.facts
    assert "in place of the semaphore (main.py:12)" in finding.command


# Limits


def test_a_pacer_is_not_blamed_for_its_own_pace() -> None:
    """One semaphore that all tasks use, and pauses between requests, are no fault."""
    log = RequestLog()
    log.limits[1] = LimitUse(50, "parts.py:254", set(range(60)))
    for number in range(60):
        request = note(log, number / 3, took=0.05)
        request.around, request.sender = 1, number
    assert names_of(log, Quota(3, 1.0)) == []


def test_a_semaphore_for_each_host_is_a_limit() -> None:
    """One task that asks all hosts uses each of them: that is no task for each."""
    log = RequestLog()
    for host in range(6):
        log.limits[host + 1] = LimitUse(1, "main.py:9", {0}, acquired=20)
    for number in range(120):
        url = f"https://host{number % 6}.example/{number}"
        request = note(log, number / 6, took=0.9, url=url)
        request.sender = 0
        request.around = number % 6 + 1
    assert names_of(log) == ["One after the other"]


def test_a_permit_that_is_taken_before_the_task_begins() -> None:
    """The loop acquires, and a timer releases: that limits, whatever is in flight."""
    log = RequestLog()
    log.limits[1] = LimitUse(5, "main.py:9", {1}, acquired=40)
    for number in range(40):
        request = note(log, number // 5, took=2.9)
        request.around, request.sender = 1, 100 + number
    assert names_of(log) == []


# The same request again


@pytest.mark.parametrize(("pause", "is_said"), [(2, True), (20, False)])
def test_retries_before_the_api_asked_for_them(pause: float, is_said: bool) -> None:
    """It asked for 20 s: who waits for 2 s only comes too soon."""
    log = RequestLog()
    for number in range(10):
        url = f"{ITEM}/{number}"
        begin = 30.0 * number
        note(log, begin, status=503, url=url, headers={"retry-after": "20"})
        note(log, begin + 0.1 + pause, url=url)
    assert ("A storm of retries" in names_of(log)) is is_said


def test_the_same_request_from_many_tasks_is_no_retry() -> None:
    """A task for each, three at once, all with one address: what another task sends
    after a refusal is not sent because of it, and what was refused is lost.
    """
    log = run_of(
        [200] * 20 + [429] * 40, every=1 / 3, took=0.9, url=ITEM, exit_status=0
    )
    for number, request in enumerate(log.requests):
        request.sender = number
    assert "A storm of retries" not in names_of(log)
    assert "but 40 of its requests" in finding_named(log, "What was lost").facts


def test_workers_with_one_address_do_not_retry() -> None:
    """A worker that was refused takes the next one, which is the same: that may be no
    retry, whoever else was never accepted, and how many were lost is not known.
    """
    statuses = [
        200 if number % 10 < 5 and number < 20 else 429 for number in range(100)
    ]
    again = {"retry-after": "1"}
    log = run_of(statuses, every=0.02, url=ITEM, headers=again, exit_status=0)
    for number, request in enumerate(log.requests):
        request.sender = number % 10
    assert "A storm of retries" not in names_of(log)
    assert (
        "but at least 10 of its requests" in finding_named(log, "What was lost").facts
    )


def test_a_poll_that_fails_is_no_retry() -> None:
    """The same is asked for again anyway, and is answered then: nothing is lost."""
    log = run_of([500, 500, 200] * 20, took=0.05, url=ITEM, exit_status=0)
    for request in log.requests:
        request.sender = 1
    assert not {"A storm of retries", "What was lost"} & set(names_of(log))


def test_the_same_question_in_many_tasks_is_no_layer() -> None:
    """Only where one task calls again does a script's own loop send again."""
    log = RequestLog()
    for task in range(30):
        for retry in range(2):
            status = 429 if retry == 0 else 200
            request = note(log, task / 10 + retry, status=status, url=ITEM, retry=retry)
            request.sender = task
    assert "your code retry" not in "".join(report(log))


# What was lost


@pytest.mark.parametrize(
    ("exit_status", "statuses", "words"),
    [
        (0, [200] * 49 + [429] * 551, "551 of its requests"),
        (1, [200] * 49 + [429] * 551, "after 49 accepted answers"),
        (None, [200] * 49 + [429] * 551, ""),
        (0, [200] * 46 + [404] * 4, "4 requests failed"),
        (0, [404] * 20, "404 x 20. Save each"),
        (0, [200] * 46 + [0] * 4, "4 of its requests"),
        (1, [200] * 46 + [500] * 4, "after 46 accepted answers: what it had not"),
        (1, [200] * 46 + [500] * 4, "500 x 4. Save each"),
        (1, [200] * 50, "after 50 accepted answers: what it had not saved"),
    ],
)
def test_a_script_that_ends_without_its_answers(
    exit_status: int | None, statuses: list[int], words: str
) -> None:
    """Exit status 0 says that all is well, and a script that dies has what it saved."""
    log = run_of(statuses, every=0, exit_status=exit_status)
    said = "\n".join(report(log))
    assert ("certain: What was lost" in said) is bool(words)
    assert words in said
    assert "Nothing stood out" not in said


def test_what_was_answered_in_the_end_is_not_lost() -> None:
    """Neither is what the script cancelled."""
    log = RequestLog()
    log.exit_status = 0
    for number in range(30):
        url = f"{ITEM}/{number}"
        note(log, number, status=429, headers={"retry-after": "1"}, url=url)
        note(log, number + 1.5, url=url)
    note(log, 40.0, error="cancelled")
    assert "What was lost" not in names_of(log)


def test_what_never_left_the_pool_is_not_called_cancelled() -> None:
    """The API has seen nothing of it."""
    log = RequestLog()
    for number in range(20):
        request = note(log, 0.0, error="cancelled")
        if number < 15:
            request.sent = None
    assert "5 cancelled, 15 never sent" in report(log)[0]


def next_page(url: str) -> dict[str, str]:
    """The header that names it, beside another one."""
    return {"link": f'<{url}>; rel="next", <https://api.example.com/>; rel="first"'}


def test_who_follows_pages_has_to_wait_for_each() -> None:
    """One after the other is no fault where each address comes from the answer before;
    nothing is lost either.
    """
    log = RequestLog()
    for page in range(20):
        url = "https://api.example.com/issues?page="
        headers = next_page(f"{url}{page + 1}") if page < 19 else {}
        note(log, page / 10, url=f"{url}{page}", headers=headers)
    assert names_of(log) == []


@pytest.mark.parametrize(("seconds", "is_said"), [(0.9, False), (1.0, True)])
def test_one_sleep_of_a_second_blocks_a_loop(seconds: float, is_said: bool) -> None:
    """``time.sleep(1)`` in a coroutine is said though it was seen once."""
    log = run_of([200] * 12)
    log.blocks.append(Block("in time.sleep", "main.py:3", seconds))
    assert (names_of(log) == ["A blocked event loop"]) is is_said


# Clients and connections


@pytest.mark.parametrize(
    ("hosts", "names"), [(1, ["A client for each request"]), (12, [])]
)
def test_a_client_for_each_host_opens_no_more_connections(
    hosts: int, names: list[str]
) -> None:
    """Twelve clients for one host do; for twelve hosts, one would open as many."""
    log = RequestLog()
    for number in range(12):
        url = f"https://host{number % hosts}.example/"
        note(log, 0.0, url=url, client=Client())
    assert names_of(log) == names


@pytest.mark.parametrize(
    ("library", "names"),
    [("aiohttp", []), ("httpx", ["The connection pool was the limit"])],
)
def test_a_pool_of_aiohttp_may_be_the_limit(library: str, names: list[str]) -> None:
    """Its queue is made for that; httpx's is not."""
    log = RequestLog()
    for number in range(40):
        request = note(log, 0.0, took=1 + number // 10, pool=10, library=library)
        request.sender = number
    assert names_of(log) == names


@pytest.mark.parametrize(("asked", "is_said"), [(124, False), (125, True)])
def test_a_few_that_wait_for_a_connection_are_no_matter(
    asked: int, is_said: bool
) -> None:
    """A quarter of a pool of 100 is."""
    log = run_of([200] * asked, every=0, pool=100)
    assert ("The connection pool was the limit" in names_of(log)) is is_said


@pytest.mark.parametrize(("rate", "is_said"), [(12, False), (100, True)])
def test_one_after_the_other_may_be_as_fast_as_is_allowed(
    rate: int, is_said: bool
) -> None:
    """At 10 a second of 12 there is little to win, at 10 of 100 there is."""
    log = run_of([200] * 30, headers=policy(rate, 1))
    assert ("One after the other" in names_of(log)) is is_said


# All together


def test_no_more_than_three_are_said_and_what_was_lost_is_one() -> None:
    """The cause comes first."""
    log = RequestLog()
    log.exit_status = 0
    for number in range(20):
        log.limits[number] = LimitUse(5, "main.py:3", {number})
        note(log, 0.0, status=429, client=Client(), pool=1)
    assert names_of(log) == ["A semaphore for each task", "Refused", "What was lost"]


def test_every_notebook_that_a_finding_names_is_there() -> None:
    """Its number is printed as ``inflight-lab --open 06``."""
    named = {words["notebook"] for words in FINDINGS.values()}
    root = Path(__file__).parents[2]
    there = {path.stem for path in root.glob("notebooks/*.ipynb")}
    assert named <= there


# As real clients have it


def watched(script: str, **knobs: Any) -> str:
    """What is said of a script of `faults.py`."""
    with AnyApi(**knobs) as server:
        url = f"http://127.0.0.1:{server.port}"
        return watch(SCRIPTS / "faults.py", script, url).stderr


def test_an_error_of_the_scripts_own_is_its_own() -> None:
    """It said 429: nothing else is made of it.  What its closed client then gives up is
    no failure, and is not counted twice.
    """
    said = watched(
        "own_error", quota="sliding-window", rate=10, period=60, latency=0.05
    )
    assert "Http status code is 429." in said
    assert findings_in(said)[0] == "certain: Over the quota"
    assert "failed" not in summary_in(said)
    assert int(summary_in(said).split()[0]) <= 200


def test_a_refusal_whose_body_is_not_read_is_a_refusal() -> None:
    """aiohttp marks that body as broken off; the API answered nevertheless."""
    said = watched("unread", quota="fixed-window", rate=10, period=60, latency=0.02)
    assert "10 accepted, 50 refused." in said


def test_a_body_that_nobody_reads_is_not_lost() -> None:
    """The answer's head said all that the script wanted."""
    said = watched("body_left")
    assert "5 accepted, 0 refused." in said
    assert "What was lost" not in said


def test_a_client_without_await_blocks_the_loop() -> None:
    """The line that calls it is named."""
    said = watched("blocking_client", latency=0.1)
    assert findings_in(said)[0] == "certain: A blocked event loop", said
    assert re.search(r"in a blocking call of requests at faults.py:\d+", said)
