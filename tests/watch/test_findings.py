"""Each fault has a script that shows it and a sound one: what is said of both, and
nothing else.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from inflight_lab.watch.diagnosis import diagnose
from tests.support.watching import see

TWELVE = {"quota": "sliding-window", "rate": 12}
ALONE = "certain: One after the other"
POOL = "certain: The connection pool was the limit"
QUOTA = "certain: Over the quota "
CHURN = "certain: Connections opened and closed all the time"

CASES = [
    ("one_by_one", "", {}, [ALONE]),
    ("pool", "", {}, [POOL]),
    ("pool_timeout", "", {"latency": 0.1}, [POOL, "certain: PoolTimeout: 15 requests"]),
    ("semaphore_each", "", {}, ["certain: A semaphore for each task: 20"]),
    (
        "client_each",
        "",
        {},
        ["certain: A client for each request: 12 clients, and 12 connections"],
    ),
    (
        "client_each",
        "few",
        {},
        ["certain: A client for each request: 4 clients, and 4 connections"],
    ),
    ("connections", "", {"latency": 0.3}, [CHURN]),
    ("too_fast", "", TWELVE, [QUOTA + "on average"]),
    ("bursts", "", TWELVE, [QUOTA + "in bursts: 9x 429"]),
    ("retries", "", TWELVE, [QUOTA, "certain: A storm of retries"]),
    ("retries", "one address", TWELVE, [QUOTA, "likely: A storm of retries"]),
    ("retries", "paced", TWELVE, [QUOTA, "likely: A storm of retries"]),
    (
        "goes_on",
        "",
        TWELVE,
        [QUOTA, "certain: Requests after the failure: gather raised HTTPStatusError"],
    ),
    ("blocked", "sleep", {}, ["certain: A blocked event loop"]),
    ("blocked", "parse", {}, ["certain: A blocked event loop"]),
    (
        "blocked",
        "client",
        {},
        ["certain: A client for each request", "certain: A blocked event loop"],
    ),
]
SOUND = {
    "too_fast": TWELVE,
    "bursts": TWELVE,
    "pool_timeout": {"latency": 0.1},
    "connections": {"latency": 0.3},
}
VARIANTS = ("few", "paced")
"""Arguments that a sound script takes as well."""
REFUSED = {"retries": [QUOTA], "goes_on": [QUOTA]}
"""What is said of a sound script as well, because it is true: these are about what
comes after a 429.
"""


@pytest.mark.parametrize(
    ("script", "argument", "knobs", "said"), CASES, ids=lambda case: str(case)[:20]
)
def test_a_fault_is_said(
    script: str,
    argument: str,
    knobs: dict[str, object],
    said: list[str],
    tmp_path: Path,
) -> None:
    """A script with a fault hears of it, of what follows from it, and of nothing else."""
    assert begin(said, tmp_path, script, argument, **knobs) == said


@pytest.mark.parametrize(
    ("script", "argument"),
    [
        pytest.param(*case, marks=pytest.mark.full) if case[0] == "bursts" else case
        for case in sorted(
            {
                (name, argument if argument in VARIANTS else "")
                for name, argument, *_ in CASES
            }
        )
    ],
)
def test_a_sound_script_hears_nothing(
    script: str, argument: str, tmp_path: Path
) -> None:
    """The same script without the fault: no false alarm."""
    knobs = TWELVE if script in REFUSED else SOUND.get(script, {})
    said = REFUSED.get(script, [])
    assert begin(said, tmp_path, script, "sound", argument, **knobs) == said


def begin(
    said: list[str], folder: Path, script: str, *arguments: str, **knobs: object
) -> list[str]:
    """What is found, each as far as what it should begin with.

    A busy machine may hold a script up, until its times show another fault, or none:
    then it runs once more.
    """
    for attempt in range(3):
        (run := folder / str(attempt)).mkdir()
        found = diagnose(see(run, f"{script}.py", *arguments, **knobs))
        begins = [
            next((start for start in said if text.startswith(start)), text)
            for text in found
        ]
        if begins == said:
            break
    return begins
