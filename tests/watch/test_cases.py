"""Scripts with a fault, and without: the cause comes first, and no word is false."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from inflight_lab.watch.practice import AnyApi
from tests.support.watching import SCRIPTS, findings_in, summary_in, watch


class Case(NamedTuple):
    """A script with its argument, its server's knobs, and the findings about it."""

    script: str
    argument: str
    knobs: dict[str, Any]
    findings: list[str]


UNLIMITED = {"latency": 0.1}
SEVEN_IN_TWO_SECONDS = {"quota": "sliding-window", "rate": 7, "period": 2}
FIVE_A_SECOND = {"quota": "sliding-window", "rate": 5, "latency": 0.1}
LIKE_GITHUB = {"quota": "fixed-window", "rate": 6, "period": 60, "dialect": "github"}
TOKENS = {
    "quota": "sliding-window",
    "rate": 1000,
    "tokens": 2000,
    "period": 60,
    "dialect": "openai",
}
FOR_GOOD = {"dialect": "openai", "exhausted": True}
ONE_A_SECOND = {"quota": "sliding-window", "rate": 1, "dialect": "openai"}
QUOTA = "certain: Over the quota"
LOST = "certain: What was lost"
POOL = "certain: The connection pool was the limit"
AROUND = "certain: The semaphore is not around each request"
LIMITER = "certain: The rate limiter is not around each request"
FOR_EACH_TASK = "certain: A semaphore for each task"
FINAL = "certain: Refused, and no wait will help"
STORM = "A storm of retries"
CASES = [
    Case("one_by_one", "", UNLIMITED, ["certain: One after the other"]),
    Case("one_by_one", "sound", UNLIMITED, []),
    Case("pool", "", UNLIMITED, [POOL]),
    Case("pool", "sound", UNLIMITED, []),
    Case("pool_timeout", "", UNLIMITED, [POOL, LOST]),
    Case("pool_timeout", "sound", UNLIMITED, []),
    Case("semaphore_each", "", UNLIMITED, [FOR_EACH_TASK]),
    Case("semaphore_each", "sound", UNLIMITED, []),
    Case("around_the_tasks", "", FIVE_A_SECOND, [AROUND, QUOTA, LOST]),
    Case("around_the_tasks", "sound", UNLIMITED, []),
    Case("limiter_around_the_loop", "", FIVE_A_SECOND, [LIMITER, QUOTA, LOST]),
    Case("limiter_around_the_loop", "sound", UNLIMITED, []),
    Case("client_each", "", UNLIMITED, ["certain: A client for each request"]),
    Case("client_each", "sound", UNLIMITED, []),
    Case("blocked", "", UNLIMITED, ["certain: A blocked event loop"]),
    Case("blocked", "sound", UNLIMITED, []),
    Case("too_fast", "", SEVEN_IN_TWO_SECONDS, [QUOTA, LOST]),
    Case("retries", "", SEVEN_IN_TWO_SECONDS, [QUOTA, f"certain: {STORM}", LOST]),
    Case("all_at_once", "", LIKE_GITHUB, ["certain: Refused", LOST]),
    Case("all_at_once", "sound", LIKE_GITHUB, []),
    Case("pause_inside", "", FIVE_A_SECOND, [QUOTA, LOST]),
    Case("pause_inside", "sound", FIVE_A_SECOND, []),
    Case("tokens", "", TOKENS, ["certain: Over the quota of tokens", LOST]),
    Case("tokens", "sound", TOKENS, []),
    Case(
        "refused_for_good",
        "",
        FOR_GOOD,
        [FINAL, LOST],
    ),
    Case("refused_for_good", "sound", FOR_GOOD, [FINAL, LOST]),
    Case("two_loops", "", ONE_A_SECOND, [QUOTA, f"likely: {STORM}", LOST]),
    Case("two_loops", "sound", ONE_A_SECOND, [QUOTA, LOST]),
]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.script} {case.argument}".strip()
)
def test_a_fault_is_named_and_a_sound_script_hears_nothing(case: Case) -> None:
    """Each script hears of its fault, then of what follows from it; the numbers are
    those of the server.
    """
    with AnyApi(**({"latency": 0.02} | case.knobs)) as server:
        url = f"http://127.0.0.1:{server.port}"
        arguments = [url, case.argument] if case.argument else [url]
        done = watch(SCRIPTS / f"{case.script}.py", *arguments)
        counted = server.stats()
    assert (done.returncode, done.stdout) == (0, "")
    assert findings_in(done.stderr) == case.findings, done.stderr
    outcomes = f"{counted.accepted} accepted, {counted.refused} refused"
    assert outcomes in summary_in(done.stderr)
    assert ("Nothing stood out" in done.stderr) is not bool(case.findings)
