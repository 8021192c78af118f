"""Scripts with a fault, and without: what is said about them, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.watch.diagnosis import diagnose
from inflight_lab.watch.request_log import RequestLog
from tests.support.watching import Job, logs_of


class Case(NamedTuple):
    """A script with its argument, and how each finding about it begins."""

    script: str
    argument: str
    findings: list[str]


POOL = "certain: The connection pool was the limit"
QUOTA = "certain: Over the quota"
UNLIMITED = [
    Case("one_by_one.py", "", ["certain: One after the other"]),
    Case("one_by_one.py", "sound", []),
    Case("pool.py", "", [POOL]),
    Case("pool.py", "sound", []),
    Case("pool_timeout.py", "", [POOL, "certain: PoolTimeout: 15 requests"]),
    Case("pool_timeout.py", "sound", []),
    Case("semaphore_each.py", "", ["certain: A semaphore for each task: 20"]),
    Case("semaphore_each.py", "sound", []),
    Case("around_the_tasks.py", "sound", []),
    Case("limiter_around_the_loop.py", "sound", []),
    Case(
        "client_each.py",
        "",
        ["certain: A client for each request: 12 clients, and 12 connections opened."],
    ),
    Case("client_each.py", "sound", []),
    Case("connections.py", "", ["certain: Connections opened and closed all the time"]),
    Case("connections.py", "sound", []),
    Case("blocked.py", "", ["certain: A blocked event loop"]),
    Case("blocked.py", "sound", []),
]
FIVE_A_SECOND = [
    Case("pause_inside.py", "sound", []),
    Case("pause_inside.py", "", [QUOTA, "certain: A pause inside the semaphore"]),
    Case(
        "around_the_tasks.py",
        "",
        ["certain: The semaphore is around the tasks", QUOTA],
    ),
    Case(
        "limiter_around_the_loop.py",
        "",
        ["certain: The rate limiter is not around each request", QUOTA],
    ),
]
FIVE_KNOBS = {"quota": "sliding-window", "rate": 5, "latency": 0.1}
SEVEN_IN_TWO_SECONDS = [
    Case("too_fast.py", "", [QUOTA]),
    Case("retries.py", "", [QUOTA, "certain: A storm of retries", "certain: Given up"]),
    Case(
        "goes_on.py",
        "",
        [QUOTA, "certain: Requests after the failure: gather raised HTTPStatusError"],
    ),
]
LIKE_GITHUB = [
    # The sound one first: what the other one sends counts against it, too.
    Case("all_at_once.py", "sound", []),
    Case("all_at_once.py", "", ["likely: Over the quota: "]),
]
TOGETHER = [
    Case("back_together.py", "sound", [QUOTA]),
    Case(
        "back_together.py",
        "",
        [QUOTA, "likely: A storm of retries: ", "certain: Given up: "],
    ),
]
TOGETHER_KNOBS = {"quota": "fixed-window", "rate": 5}
TOKENS = [
    Case("tokens.py", "sound", []),
    Case("tokens.py", "", ["certain: Over the quota of tokens: "]),
]
TOKENS_KNOBS = {
    "quota": "sliding-window",
    "rate": 1000,
    "tokens": 2000,
    "period": 60,
    "dialect": "openai",
}
FOR_GOOD = [
    Case("refused_for_good.py", "sound", []),
    Case("refused_for_good.py", "", ["certain: Sent again, though no wait will help"]),
]
FOR_GOOD_KNOBS = {"dialect": "openai", "exhausted": True}
TWO_LOOPS = [
    Case("two_loops.py", "sound", [QUOTA]),
    Case("two_loops.py", "", [QUOTA, "likely: Retries in two places: "]),
]
TWO_LOOPS_KNOBS = {"quota": "sliding-window", "rate": 1, "dialect": "openai"}
GITHUB_KNOBS = {"quota": "fixed-window", "rate": 6, "period": 60, "dialect": "github"}


@pytest.mark.parametrize(
    ("cases", "knobs"),
    [
        (UNLIMITED[:9], {"latency": 0.1}),
        (UNLIMITED[9:], {"latency": 0.1}),
        (SEVEN_IN_TWO_SECONDS, {"quota": "sliding-window", "rate": 7, "period": 2}),
        (LIKE_GITHUB, GITHUB_KNOBS),
        (TOGETHER, TOGETHER_KNOBS),
        (FIVE_A_SECOND, FIVE_KNOBS),
        (TOKENS, TOKENS_KNOBS),
        (FOR_GOOD, FOR_GOOD_KNOBS),
        (TWO_LOOPS, TWO_LOOPS_KNOBS),
    ],
    ids=[
        "unlimited",
        "unlimited, more",
        "seven in two seconds",
        "like GitHub",
        "together",
        "five a second",
        "tokens",
        "for good",
        "two loops",
    ],
)
def test_a_fault_is_named_and_a_sound_script_hears_nothing(
    cases: list[Case], knobs: dict[str, object], tmp_path: Path
) -> None:
    """Each script hears of its fault, of what follows from it, and of nothing else."""
    # A busy machine may hold a script up until its times show another fault, or none:
    # those run once more.
    for _ in range(3):
        jobs = [Job(case.script, [case.argument]) for case in cases]
        logs = logs_of(tmp_path, jobs, **knobs)
        found = [begin_of(log, case) for log, case in zip(logs, cases, strict=True)]
        wrong = [n for n, case in enumerate(cases) if found[n] != case.findings]
        if not wrong:
            break
        cases, found = [cases[n] for n in wrong], [found[n] for n in wrong]
    assert found == [case.findings for case in cases]


def begin_of(log: RequestLog, case: Case) -> list[str]:
    """What is found, each as far as what it should begin with."""
    return [
        next((begin for begin in case.findings if text.startswith(begin)), text)
        for text in map(str, diagnose(log))
    ]
