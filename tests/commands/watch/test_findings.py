"""What is said about a run, and what is not: numbers that one could count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from inflight_lab.commands.watch.noting.quota import Quota
from inflight_lab.commands.watch.noting.request_log import (
    Block,
    LimitUse,
    Request,
    RequestLog,
)
from inflight_lab.commands.watch.saying.findings import FINDINGS
from inflight_lab.commands.watch.saying.report import report
from tests.support.watching import Client, findings_in, note, run_of

ITEM = "https://a.test/item"
CHATS_URL = "https://a.test/v1/chat/completions"
SECONDARY = b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
TOO_FAST = b'{"message": "API rate limit exceeded"}'
TOO_MANY = b'{"error": "too many concurrent requests"}'
AFTER_20 = {"retry-after": "20"}
X_LIMIT = {"x-ratelimit-limit": "49", "retry-after": "1"}
TWO_POLICIES = {"ratelimit-policy": '"a";q=20;w=1, "b";q=60;w=60, "c";q=9;w=0'}
WORDS = {
    "Rate limit reached on requests per 20 s: Limit 10, Used 10.": Quota(10, 20.0),
    "Rate limit reached on requests per min (RPM): Limit 3, Used 3": Quota(3, 60.0),
    "This would exceed your rate limit of 50 requests per minute.": Quota(50, 60.0),
    "You may send 1,000 requests/hour": Quota(1000, 3600.0),
    "Rate limit reached on requests per day (RPD): Limit 200": Quota(200, 86400.0),
}
FIVE = LimitUse(5, "main.py:9", {1}, acquired=40)
FIFTY = LimitUse(50, "main.py:12", set(range(120)))


def policy(rate: int, period: int) -> dict[str, str]:
    """The header that announces a quota."""
    return {"ratelimit-policy": f'"default";q={rate};w={period}'}


def token_words(number: int) -> bytes:
    """Refusals that name requests and tokens in turn."""
    text = ["requests per 20 s: Limit 60", "tokens per 20 s: Limit 9000"][number % 2]
    return f'{{"message": "Rate limit reached on {text}, Used all."}}'.encode()


def next_page(number: int) -> dict[str, str]:
    """The header that names the page after this one."""
    return {"link": f'</item?page={number + 1}>; rel="next"'}


def of_two_hosts(number: int) -> str:
    """Thirty addresses of one, and then those of another."""
    return f"https://{'ab'[number >= 30]}.test/{number}"


def tried_again(pause: float) -> RequestLog:
    """Ten requests that were refused for 20 s, and accepted after a pause."""
    log = RequestLog()
    log.exit_status = 0
    for number in range(10):
        url = f"{ITEM}/{number}"
        note(log, 30.0 * number, status=503, url=url, headers=AFTER_20)
        note(log, 30.0 * number + 0.1 + pause, url=url)
    return log


def cancelled_after(refusal: int) -> RequestLog:
    """What was in flight then is cancelled, and what waited is never sent."""
    return run_of(
        [200] * refusal + [429] * refusal,
        every=0,
        headers=policy(refusal, 1),
        error=lambda number: "cancelled" if number > refusal else "",
        is_sent=lambda number: number < 1.5 * refusal,
    )


def of_senders(key: int, statuses: list[int], every: float) -> RequestLog:
    """So many tasks send the same again and again."""
    log = run_of(statuses, every=every, url=ITEM, sender=lambda number: number % key)
    log.exit_status = 0
    return log


SAID: dict[str, tuple[RequestLog, list[str], *tuple[str, ...]]] = {
    "cancelled and never sent requests are counted once": (
        cancelled_after(100),
        ["Over the quota"],
        "200 requests made, 150 sent to api.example.com in",
        "100 accepted, 1 refused, 49 cancelled.",
        "1 of 150 requests were refused (429)",
    ),
    "what finds no connection is never in flight": (
        run_of(
            [0] * 4 + [200] * 4,
            error=lambda number: "ConnectError" if number < 4 else "",
            is_sent=lambda number: number >= 4,
        ),
        ["What was lost"],
        "at most 1 in flight: 4 accepted",
    ),
    "what has no end is counted once": (
        run_of([200] * 15 + [429] * 6, took=lambda n: None if n == 20 else 0.1),
        ["Refused"],
        "5 refused, 1 without an end",
        "5 of 21 requests were refused",
    ),
    "GitHub's secondary limit": (
        run_of([200] * 20 + [403] * 40, headers=AFTER_20, body=SECONDARY),
        ["GitHub's secondary limit"],
        "40 of 60 requests were refused (403)",
        'The API says: "You have exceeded a secondary rate limit. Please wait."',
        "20 were accepted in 6.0 s, at most 2 of them in flight at once.",
        "asks for is 20 s",
        "Pacer(41, 60)",
    ),
    "a secondary limit that fewer refusals name": (
        run_of(
            [200] * 20 + [403] * 40, body=lambda n: TOO_FAST if n % 3 else SECONDARY
        ),
        ["Refused"],
        "40 of 60",
        "13 of the refusals name GitHub's secondary limit instead.",
    ),
    "a limit on requests in flight is no rate": (
        run_of([200] * 20 + [429] * 99, every=0, body=TOO_MANY),
        ["Over the limit on requests in flight"],
        'concurrent requests". Of those accepted, at most 20 were in flight',
        'Pacer(float("inf"), limit=20)',
        "--limit 20 ",
    ),
    "a key that one of two hosts does not accept": (
        run_of([200] * 29 + [401] + [200] * 30, url=of_two_hosts),
        ["Refused, and no wait will help", "What was lost"],
        "a.test refused for good (401): 1 of 60 requests.\n",
    ),
    "an overload": (
        run_of([200] * 10 + [529] * 10),
        ["The API was overloaded"],
        "That is not your quota",
    ),
    "an overload of too many at once": (
        run_of([200] * 10 + [503] * 10, body=TOO_MANY),
        ["Over the limit on requests in flight"],
    ),
    "a quota that is not named": (
        run_of([200] * 49 + [429] * 10 + [403], every=0.02, headers=X_LIMIT),
        ["Refused"],
        "11 of 60 requests were refused (403/429), 49 accepted in",
        "x-ratelimit-limit: 49",
        "start with 19 requests in 1 s (49 were accepted in 2.3 s, pauses included",
        "--rate 19 --period 1",
    ),
    "a short run that shows no rate": (
        run_of([200] * 4 + [429] * 8),
        ["Refused"],
        "a guess: this run does not show it",
        "Pacer(10, 10)",
    ),
    "requests and tokens are kept at once": (
        run_of([200] * 60 + [429] * 21, method="POST", url=CHATS_URL, body=token_words),
        ["Over the quota"],
        "10 of the refusals name tokens instead.",
        "Budgets(requests=(60, 20), tokens=(9000, 20))",
        "--rate 60 --period 20 --tokens 9000",
    ),
    "a little less than is allowed, where that was kept": (
        run_of([200] * 30 + [429] + [200] * 4, every=2 / 7, headers=policy(7, 2)),
        ["Refused"],
        "7 requests in 2 s are allowed; you sent up to 8, so",
        "Pacer(7, 2.2)",
    ),
    "one more than is allowed, wherever it was sent": (
        run_of([200] * 10 + [429], every=1 / 3, headers=policy(10, 60), line=""),
        ["Over the quota"],
        "10 requests in 60 s are allowed; you sent 11 within that time.",
    ),
    "of two quotas the one that allows less decides": (
        run_of([200] * 60 + [429] * 5, every=0.5, headers=TWO_POLICIES),
        ["Over the quota"],
        "60 requests in 60 s are allowed; you sent 65",
    ),
    "of a quota that is lowered the newest decides": (
        run_of([200] * 20 + [429], headers=lambda number: policy(30 - number, 60)),
        ["Over the quota"],
        "10 requests in 60 s are allowed",
    ),
    "a quota is held against its own host": (
        run_of([200] * 40 + [429] * 2, headers=policy(10, 60), url=of_two_hosts),
        ["Over the quota"],
        "2 of 12 requests",
        "10 requests in 60 s are allowed; you sent 12",
    ),
    "in practice all hosts share one quota": (
        run_of([200] * 40 + [429] * 2, url=of_two_hosts, practice=Quota(40, 60.0)),
        ["Over the quota"],
        "2 of 42 requests were refused",
    ),
    "who tries too soon": (
        tried_again(2),
        ["The API was overloaded", "A storm of retries"],
        "10 were accepted when they were sent again.",
        "10 of 20 requests are retries.",
    ),
    "a task for each with one address": (
        of_senders(99, [200] * 20 + [429] * 40, every=1 / 3),
        ["Refused", "What was lost"],
        "The script ended well (exit status 0), but 40 of its",
    ),
    "workers with one address": (
        of_senders(10, [200] * 5 + [429] * 5 + [200] * 5 + [429] * 85, every=0.02),
        ["Refused", "What was lost"],
        "but at least 10 of its requests",
    ),
    "an end that looks well": (
        run_of([200] * 49 + [429] * 551, exit_status=0),
        ["Refused", "What was lost"],
        "551 of its requests",
    ),
    "an error after answers": (
        run_of([200] * 49 + [500] * 5, exit_status=1),
        ["What was lost"],
        "after 49 accepted answers: what it had not",
        "5 requests failed (watching.py:",
        "500 x 5.\nSave each",
    ),
    "what is not found": (
        run_of([200] * 46 + [404] * 4, exit_status=0, line=str),  # at several lines
        ["What was lost"],
        "4 requests failed: 404 x 4.\nSave each",
    ),
    "a sleep of a second": (
        run_of([200] * 12, blocks=[Block("in time.sleep", "main.py:3", 1.0)]),
        ["A blocked event loop"],
        "It stood still for 1.0 s in all (1 x), in time",
    ),
    **{
        words: (
            run_of([200] * quota.rate + [429], body=f'{{"error": "{words}"}}'.encode()),
            ["Over the quota"],
            f"{quota} are allowed; you sent ",
            f"--rate {quota.rate} --period {quota.period:g} ",
        )
        for words, quota in WORDS.items()
    },
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said_of_a_run(case: str) -> None:
    """The cause with its numbers, and what keeps to them; nothing else stands out."""
    log, names, *words = SAID[case]
    said = "\n".join(report(log))
    assert findings_in(said) == [f"certain: {name}" for name in names]
    for each in words:
        assert each in said


SOUND_RUNS = {
    "a pacer with one semaphore that all tasks use": run_of(
        [200] * 60, every=1 / 3, around=1, limits=[FIFTY]
    ),
    "a permit that is taken before each task begins": run_of(
        [200] * 40, every=0.2, took=2.9, around=1, limits=[FIVE]
    ),
    "a poll that fails": of_senders(1, [500, 500, 200] * 20, every=0.2),
    "pages, each of which waits for the one before": run_of(
        [200] * 20,
        sender=0,
        url=lambda number: f"{ITEM}?page={number}",
        headers=next_page,
    ),
    "a client for each host": run_of(
        [200] * 12,
        every=0,
        client=lambda _: Client(),
        url=lambda number: f"https://host{number}.test/",
    ),
    "the queue of aiohttp's pool": run_of(
        [200] * 40, every=0, pool=10, library="aiohttp"
    ),
    "a few that wait for a connection": run_of([200] * 124, every=0, pool=100),
    "one after the other, as fast as is allowed": run_of(
        [200] * 30, sender=0, headers=policy(12, 1)
    ),
}


@pytest.mark.parametrize("case", SOUND_RUNS)
def test_nothing_is_said_of_a_sound_run(case: str) -> None:
    """Though it looks like one with a fault."""
    assert findings_in("\n".join(report(SOUND_RUNS[case]))) == []


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (tried_again(20), "retries"),
        (of_senders(99, [200] * 20 + [429] * 40, every=1 / 3), "retries"),
        (of_senders(10, [200, 429] * 50, every=0.02), "retries"),
        (run_of([200] * 49 + [429] * 551), "What was lost"),
        (tried_again(20), "What was lost"),
        (run_of([200] * 12, blocks=[Block("asleep", "a.py:3", 0.9)]), "event loop"),
        (run_of([200] * 20 + [429] * 99, every=0, body=TOO_MANY, pool=100), "pool"),
    ],
)
def test_what_is_not_said_of_a_run(log: RequestLog, name: str) -> None:
    """Retries that wait, repeated work, what was answered in the end, a short sleep."""
    assert name not in "\n".join(report(log))


def test_no_more_than_three_are_said_and_what_was_lost_is_one() -> None:
    """The cause comes first."""
    limits = [LimitUse(5, "main.py:3", {number}) for number in range(20)]
    log = run_of([429] * 20, every=0, limits=limits, client=lambda _: Client(), pool=1)
    log.exit_status = 0
    names = ["A semaphore for each task", "Refused", "What was lost"]
    said = "\n".join(report(log))
    assert findings_in(said) == [f"certain: {name}" for name in names]


def test_what_a_closed_client_gives_up_is_no_failure() -> None:
    """Whatever error its library raises then: the script has closed it."""
    log, request = RequestLog(), Request("GET", ITEM, "httpx", client=7)
    log.begin(request)
    log.closed.add(7)
    log.end(request, OSError())
    assert request.error == "cancelled"


def test_every_notebook_that_a_finding_names_is_there() -> None:
    """Its number is printed as ``inflight-lab --open 06``."""
    named = {words["notebook"] for words in FINDINGS.values()}
    root = Path(__file__).parents[3]
    there = {path.stem for path in root.glob("notebooks/*.ipynb")}
    assert named <= there
