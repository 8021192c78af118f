"""What the judge says in one line, where a bad row matters, and what it passes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.judge import judge
from inflight_lab.judge.__main__ import main
from inflight_lab.judge.api import APIS, QUOTAS
from inflight_lab.judge.checks import CHECKS
from inflight_lab.judge.results import CheckResult
from inflight_lab.judge.trials import NETWORKS, Share
from inflight_lab.judge.verdict import (
    BREAKS,
    MATTERS_TO,
    MINOR,
    SENDS_TOO_MUCH,
    in_short,
    where_it_matters,
)
from tests.judge import limiters
from tests.judge.limiters import PERIOD, RATE

NO = CheckResult(False, "found")
REST, ORDER = "keeps to the rate after a rest", "first come, first served"
CANCELLED = "survives cancelled requests"


def shares(used: float = 1.0, **refused: int) -> dict[str, dict[str, Share]]:
    """Those of a limiter for 100 a second; ``refused`` by "fixed_window" and so on."""
    refusals = {name.replace("_", " "): count for name, count in refused.items()}
    return {
        quota: {network: Share(used, refusals.get(quota, 0)) for network in NETWORKS}
        for quota in QUOTAS
    }


class Verdict(NamedTuple):
    """What was found, and what is said of it."""

    shares: dict[str, dict[str, Share]]
    faults: list[str]
    says: str


EVERYWHERE = {quota: {"still": Share(1.0, 500)} for quota in QUOTAS}


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(shares(), [], "Nothing is wrong with it."),
        Verdict(shares(fixed_window=10), [], "Nothing is wrong with it."),
        Verdict(
            shares(fixed_window=11),
            [ORDER],
            "It keeps to the rate, but sends too close together for fixed window.",
        ),
        Verdict(
            shares(fixed_window=11),
            [REST],
            "After a rest it sends more than one period allows: found.",
        ),
        Verdict(
            EVERYWHERE,
            [REST],
            "It sends more than the quota allows, however the API counts.",
        ),
        Verdict(
            EVERYWHERE,
            [REST, CANCELLED],
            "It is stuck once requests were cancelled: found.",
        ),
        Verdict(shares(0.5), [ORDER], "It is slow: it uses 50% of the quota at most."),
        Verdict(
            shares(), [ORDER], "It keeps to the rate, but not to the order: found."
        ),
        Verdict({}, ["could be judged"], "It could not be judged: found."),
        Verdict(shares(0.0), ["runs without an error"], "It fails: found."),
    ],
)
def test_the_worst_is_said_in_one_line(verdict: Verdict) -> None:
    """First what breaks with any API, then the rate, then what is only slow or late."""
    findings = dict.fromkeys(verdict.faults, NO)
    assert in_short(verdict.shares, findings, 100) == verdict.says


def test_each_bad_row_says_where_it_matters() -> None:
    """A quota: which APIs count like that; a check: when; a good row: nothing."""
    lines = where_it_matters(
        shares(fixed_window=300), {ORDER: NO, REST: CheckResult(True)}, 100
    )
    assert lines == [
        "fixed window, 300 429s (still): an API that counts anew each minute or hour, "
        "such as GitHub",
        "first come, first served: you, if no request may wait much longer than "
        "others; no API minds",
    ]
    everywhere = where_it_matters(EVERYWHERE, {REST: NO}, 100)
    assert everywhere == ["everywhere: it does not limit the rate"]


def test_no_row_is_without_words() -> None:
    """Each quota and each check that can fail has its sentence."""
    assert APIS.keys() == QUOTAS.keys()
    can_fail = {check.question for check in CHECKS} - {"time and memory"}
    assert MATTERS_TO.keys() == can_fail
    assert can_fail <= BREAKS.keys() | SENDS_TOO_MUCH.keys() | MINOR.keys()


def test_a_card_says_what_its_limiter_raised() -> None:
    """In its one line, and not that nothing was sent."""
    card = judge(limiters.Raises, rate=RATE, period=PERIOD)
    assert "could be judged" not in card.findings
    assert str(card).endswith("In short: It fails: it raised ValueError('no more').")


# ---- what is passed on


class Told(limiters.Spacer):
    """Remembers what it was made with."""

    made_with: tuple[object, ...] = ()

    def __init__(self, rate: float = 1, period: float = 1) -> None:
        super().__init__()
        Told.made_with = (rate, period)


def other_names(max_rate: float, time_period: float = 60) -> Told:
    """As aiolimiter calls them."""
    return Told(max_rate, time_period)


def per_second(rate: float = 1) -> Told:
    """A rate alone."""
    return Told(rate, 0)


def neither() -> Told:
    """It is made for one quota."""
    return Told(3, 3)


async def runner(
    url: str, count: int, *, client: httpx.AsyncClient, rate: float, period: float
) -> None:
    """It is passed to runners, too."""
    Told(rate, period)


class Passed(NamedTuple):
    """What is made, for which period, and what it was told."""

    make: Callable[..., Any]
    period: float
    told: tuple[object, ...]
    says: str


MUST_BE_MADE_FOR_IT = (
    "It takes no `rate` and `period`, so it must be made for this quota."
)


@pytest.mark.parametrize(
    "passed",
    [
        Passed(
            Told, 2.0, (7, 2), "Judged for 7 requests in 2 s, made with rate=7, per"
        ),
        Passed(other_names, 2.5, (7, 2.5), "made with max_rate=7, time_period=2.5."),
        Passed(per_second, 1.0, (7, 0), "Judged for 7 requests in 1 s, made with rate"),
        Passed(per_second, 2.0, (1, 0), MUST_BE_MADE_FOR_IT),
        Passed(neither, 1.0, (3, 3), MUST_BE_MADE_FOR_IT),
        Passed(runner, 2.0, (7, 2), "made with rate=7, period=2."),
    ],
)
def test_the_quota_is_passed_on_where_it_can_be(passed: Passed) -> None:
    """By the names that the limiter has for it; else the card says that it was not."""
    card = judge(passed.make, rate=7.0, period=passed.period)
    assert Told.made_with == passed.told
    assert passed.says in str(card).splitlines()[1]
    assert all(isinstance(part, int) for part in passed.told if part == 7)


def test_the_command_passes_the_quota_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To a class with the usual two parameters; what it cannot pass is an error."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from inflight_lab.runners.paced import Pacer\n"
        "def per_second(rate):\n"
        "    return Pacer(rate)\n"
    )
    main([f"{file}:Pacer", "--rate", "7", "--period", "2"])
    printed = capsys.readouterr().out
    assert "Judged for 7 requests in 2 s, made with rate=7, period=2." in printed
    with pytest.raises(SystemExit, match="2"):
        main([f"{file}:per_second", "--rate", "7", "--period", "2"])
    assert "`rate` alone if the period is 1" in capsys.readouterr().err
