"""Scripts with a fault, and without: the cause comes first, and no word is false."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from inflight_lab.commands.watch.practice.server import AnyApi
from tests.support.watching import SCRIPTS, findings_in, summary_in, watch

UNLIMITED = {"latency": 0.1}
SEVEN_IN_TWO_SECONDS = {"quota": "sliding-window", "rate": 7, "period": 2}
FIVE_A_SECOND = {"quota": "sliding-window", "rate": 5, "latency": 0.1}
TOKENS = {"rate": 1000, "tokens": 2000, "period": 60, "quota": "sliding-window"}
ONE_A_SECOND = {"quota": "sliding-window", "rate": 1}
SPENT = {"exhausted": True, "dialect": "openai"}  # a code says so, and no 402 alone
QUOTA, LOST = "Over the quota", "What was lost"
POOL = "The connection pool was the limit"
AROUND = "The semaphore is not around each request"
BLOCKED = "A blocked event loop"
CLIENTS = "A client for each request"
STORM = "A storm of retries"
FOR_GOOD = ["Refused, and no wait will help", LOST]


class Case(NamedTuple):
    """A script of `faults.py`, its server's knobs, and the findings about it.

    ``quiet`` are those of its sound form, which meets no limit if ``is_free``; None: it
    has none.
    """

    script: str
    knobs: dict[str, Any]
    findings: list[str]
    quiet: Sequence[str] | None = ()
    is_free: bool = False


CASES = [
    Case("one_by_one", UNLIMITED, ["One after the other"]),
    Case("pool", UNLIMITED, [POOL]),
    Case("pool_timeout", UNLIMITED, [POOL, LOST]),
    Case("semaphore_each", UNLIMITED, ["A semaphore for each task"]),
    Case("around_the_tasks", FIVE_A_SECOND, [AROUND, QUOTA, LOST], is_free=True),
    Case("client_each", UNLIMITED, [CLIENTS]),
    Case("blocked", UNLIMITED, [BLOCKED]),
    Case("blocking_client", UNLIMITED, [BLOCKED, CLIENTS], None),
    Case("unread", SEVEN_IN_TWO_SECONDS, [QUOTA, LOST], None),
    Case("too_fast", SEVEN_IN_TWO_SECONDS, [QUOTA, LOST], None),
    Case("retries", SEVEN_IN_TWO_SECONDS, [QUOTA, STORM, LOST], None),
    Case("tokens", TOKENS | {"dialect": "openai"}, [f"{QUOTA} of tokens", LOST]),
    Case("refused_for_good", SPENT, FOR_GOOD, FOR_GOOD),
    Case("two_loops", ONE_A_SECOND, [QUOTA, f"likely: {STORM}", LOST], [QUOTA, LOST]),
]


def findings_of(case: Case, argument: str, knobs: dict[str, Any]) -> list[str]:
    """How each begins; the counts in the summary are those of the server."""
    with AnyApi(**({"latency": 0.02} | knobs)) as server:
        url = f"http://127.0.0.1:{server.port}"
        done = watch(SCRIPTS / "faults.py", case.script, url, argument)
        counted = server.stats()
    assert (done.returncode, done.stdout) == (0, "")
    outcomes = f"{counted.accepted} accepted, {counted.refused} refused"
    assert outcomes in summary_in(done.stderr)
    findings = findings_in(done.stderr)
    assert ("Nothing stood out" in done.stderr) is not bool(findings)
    return [each.removeprefix("certain: ") for each in findings]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.script)
def test_a_fault_is_named(case: Case) -> None:
    """Each script hears of its fault, then of what follows from it."""
    assert findings_of(case, "", case.knobs) == case.findings


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.quiet is not None],
    ids=lambda case: case.script,
)
def test_a_sound_script_hears_nothing(case: Case) -> None:
    """Though it looks similar; where the money is spent, it hears that."""
    knobs = UNLIMITED if case.is_free else case.knobs
    assert findings_of(case, "sound", knobs) == [*(case.quiet or [])]
