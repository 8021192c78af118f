"""The card: shares of each quota, and what cannot be judged."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab.judge import compare, judge
from inflight_lab.judge.card import Card
from inflight_lab.judge.results import CheckResult
from inflight_lab.judge.trials import Share
from inflight_lab.runners import naive, semaphore
from inflight_lab.runners.paced import Pacer
from tests.judge import limiters
from tests.judge.limiters import PERIOD, RATE

QUOTA = {"rate": RATE, "period": PERIOD}
POLLS = "NO: it polls: it asks again and again without waiting"
BLOCKS = "NO: it blocks the event loop: use `await asyncio.sleep`, not `time.sleep`"


def test_what_is_sound_uses_its_quota() -> None:
    """All of it and no more, in ten periods of two seconds, and nothing is refused."""
    card = judge(lambda: Pacer(RATE, PERIOD, burst=1), **QUOTA)
    for quota in ("fixed window", "sliding window", "token bucket", "GCRA, burst 10"):
        share = card.shares[quota]["still"]
        assert 0.97 <= share.used <= 1
        assert share.refused == 0
    assert not any(str(result).startswith("NO") for result in card.findings.values())


def test_half_the_rate_is_half_the_share() -> None:
    """Of periods that are not a second long, too."""
    share = judge(limiters.Spacer, rate=2 * RATE, period=PERIOD).shares["fixed window"]
    assert share["still"].used == pytest.approx(0.5, abs=0.01)
    share = judge(limiters.Spacer, rate=RATE, period=PERIOD / 2).shares["fixed window"]
    assert share["still"].used == pytest.approx(0.5, abs=0.02)


def test_a_share_is_of_ten_periods_after_the_first() -> None:
    """Of seven in two seconds: what is sent from 2 s until 22 s counts."""

    async def five(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        await asyncio.sleep(1.9)
        await asyncio.gather(*(client.get(url) for _ in range(3)))
        for pause in (0.2, 19.6):
            await asyncio.sleep(pause)
            await client.get(url)

    share = judge(five, **QUOTA).shares["fixed window"]["still"]
    assert share == (pytest.approx(2 / 70), 0)


def test_a_network_costs_a_limiter_its_share() -> None:
    """A spacer is refused where its requests catch each other up, and late after each
    stall.
    """
    shares = judge(limiters.Spacer, **QUOTA).shares["GCRA, burst 1"]
    assert shares["still"].refused <= 1
    assert 20 <= shares["10 ms of jitter"].refused <= 40
    assert 5 <= shares["stalls of 100 ms"].refused <= 10


def test_a_window_of_the_clock_is_refused_by_one_that_slides() -> None:
    """A counter that starts over at the edge of a window lets two bursts through around
    it, where the windows' edges are not the API's.
    """

    class Late(limiters.Window):
        """Rests for a moment before its windows begin."""

        async def __aenter__(self) -> Any:
            await asyncio.sleep(0.9)
            return await super().__aenter__()

    shares = judge(Late, **QUOTA).shares
    assert shares["fixed window"]["still"].refused == 0
    assert shares["sliding window"]["still"].refused > 0


def test_what_a_limiter_raises_is_on_its_card() -> None:
    """Beside whatever else is found."""
    findings = judge(limiters.Raises, **QUOTA).findings
    assert str(findings["runs without an error"]) == (
        "NO: it raised ValueError('no more')"
    )


def test_a_clock_of_nanoseconds_is_virtual_too() -> None:
    """Else the limiter would let everybody through at once, or nobody."""
    share = judge(limiters.CountsNanoseconds, **QUOTA).shares["sliding window"]["still"]
    assert share == (pytest.approx(1, abs=0.02), 0)


async def blocks_after_each(url: str, count: int, *, client: httpx.AsyncClient) -> None:
    """Stops the loop after each answer, and ignores every error."""

    async def one() -> None:
        await client.get(url)
        time.sleep(1)  # noqa: ASYNC251

    await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)


@pytest.mark.parametrize(
    ("limiter", "why"),
    [
        (limiters.Polls, POLLS),
        (limiters.PollsByTheMicrosecond, POLLS),
        (limiters.PollsByTimer, POLLS),
        (limiters.Blocks, BLOCKS),
        (limiters.BlocksWhenMade, BLOCKS),
        (limiters.BlocksAndGoesOn, BLOCKS),
        (limiters.BlocksOnLeaving, BLOCKS),
        (blocks_after_each, BLOCKS),
    ],
)
def test_what_lets_nothing_else_run_cannot_be_judged(
    limiter: Any,
    why: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What polls would go on for minutes, `time.sleep` is no wait; the card says so,
    and nothing else.
    """
    card = judge(limiter, **QUOTA)
    assert card.shares == {}
    assert list(map(str, card.findings.values())) == [why]
    assert capsys.readouterr().err == caplog.text == ""


def test_what_the_clock_does_not_reach_cannot_be_judged() -> None:
    """The card says so, and no other question is answered."""
    findings = judge(lambda: asyncio.Semaphore(0), **QUOTA).findings
    assert list(findings) == ["could be judged"]
    assert str(findings["could be judged"]).startswith("NO: after the first second ")


def test_a_card_is_printed_as_a_table() -> None:
    """A line for each quota, with the networks beside each other, then the answers."""
    card = Card("Mine", rate=7, period=2.0, arguments="rate=7")
    card.shares["fixed window"] = {
        "still": Share(0.995, 0),
        "10 ms of jitter": Share(0.5, 12),
        "stalls of 100 ms": Share(1, 12345),
    }
    card.findings["survives cancelled requests"] = CheckResult(False, "2 others wait")
    card.findings["first come, first served"] = CheckResult(True)
    card.findings["follows a changed limit"] = CheckResult(None, "cannot be changed")
    assert str(card) == (
        "Mine: share of the quota used, and 429s\n"
        "Judged for 7 requests in 2 s, made with rate=7.\n"
        "                             still   10 ms of jitter  stalls of 100 ms\n"
        "fixed window         99.5%,     0     50.0%,    12    100.0%, 12345\n"
        "\n"
        "survives cancelled requests: NO: 2 others wait\n"
        "first come, first served: yes\n"
        "follows a changed limit: cannot be changed\n"
        "\n"
        "In short: It is stuck once requests were cancelled: 2 others wait.\n"
        "Where it matters:\n"
        "  fixed window, 12345 429s (stalls of 100 ms): an API that counts anew each "
        "minute or hour, such as GitHub\n"
        "  survives cancelled requests: you, if you set timeouts or stop a run"
    )


def test_several_side_by_side() -> None:
    """A column each, by the names given; one that cannot be judged spoils nothing for
    the others.
    """
    of = {"sound": limiters.Spacer, "broken": Path, "Ada's": limiters.Leaks}
    head, *rows = compare(of, **QUOTA).splitlines()
    assert head.split() == ["sound", "broken", "Ada's"]
    assert len({len(row) for row in (head, *rows)}) == 1
    assert re.fullmatch(r"fixed window, still +\d+\.\d%, +0 +\d+\.\d%, +\d+", rows[0])
    (cancelled,) = (row for row in rows if row.startswith("survives cancelled"))
    assert cancelled.split() == ["survives", "cancelled", "requests", "yes", "NO"]
    assert rows[-2].split() == ["made", "with", "nothing", "nothing"]
    assert rows[-1].split() == ["could", "be", "judged", "TypeError"]


@pytest.mark.anyio
async def test_it_can_be_called_in_a_notebook() -> None:
    """Where a loop is running already; a card is the same each time, whatever the
    computer does.
    """
    first, second = judge(limiters.Spacer, **QUOTA), judge(limiters.Spacer, **QUOTA)
    assert first.shares == second.shares


def test_a_runner_is_judged_by_what_it_sends() -> None:
    """It has nothing that could let others through; one without a limit is refused."""
    sound = judge(semaphore.make_many_requests)
    unlimited = judge(naive.make_many_requests, **QUOTA)
    assert sound.findings == unlimited.findings == {}
    assert sound.shares["sliding window"]["still"].refused == 0
    assert unlimited.shares["sliding window"]["still"].refused == 22 * RATE - RATE


async def sends_for_real(url: str, count: int) -> None:
    raise AssertionError("it was called")


@pytest.mark.parametrize(
    ("limiter", "word"),
    [
        (asyncio, "limiter must be what makes one"),
        (Path, "limiter must be what makes one"),
        (sends_for_real, "limiter must take `client`"),
    ],
)
def test_what_is_no_limiter(limiter: Any, word: str) -> None:
    """It is told what is wanted, before anything is judged."""
    with pytest.raises(TypeError, match=word):
        judge(limiter)


def test_a_rate_must_allow_a_request() -> None:
    """The parameter, its value and what is allowed."""
    with pytest.raises(ValueError, match="rate must be 1 or more, and finite, got 0"):
        judge(limiters.Spacer, rate=0)


@pytest.mark.parametrize("several", [{}, [], None, "Limiter"])
def test_compare_wants_limiters_by_name(several: object) -> None:
    """Nothing to compare, or no names for it, is an error that says so."""
    with pytest.raises(
        TypeError, match=r"^limiters must be limiters by name, one or more, got "
    ):
        compare(several)  # type: ignore[arg-type]


def test_the_client_answers_as_an_api_does() -> None:
    """A runner that learns finds what it needs in the answers: the policy, and when to
    come back.
    """
    seen: list[httpx.Response] = []

    async def three(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        seen.extend([await client.get(url) for _ in range(3)])

    judge(three, rate=1, period=3)
    refused = next(response for response in seen if response.status_code == 429)
    assert refused.headers["RateLimit-Policy"] == '"default";q=1;w=3'
    assert refused.headers["Retry-After"] == "2"  # the clock's window ends at 1002
    seen.clear()
    judge(three, rate=2_000_000, period=90)
    policies = {response.headers["RateLimit-Policy"] for response in seen}
    assert policies == {'"default";q=2000000;w=90'}
