"""The judge: what its card says of limiters that are sound, and of those that are not.

All by way of ``judge(limiter)`` and the card, on the virtual clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from inflight_lab.lesson.judge import judge
from inflight_lab.lesson.judge.card import Card, Reaction, Share
from inflight_lab.lesson.judge.clock import StuckError, VirtualLoop, run
from inflight_lab.runners import naive
from inflight_lab.runners.pacer import Pacer
from tests.lesson.judge import limiters
from tests.lesson.judge.limiters import PERIOD, RATE

QUOTA = {"rate": RATE, "period": PERIOD}
QUOTA_TITLES = (
    "fixed window",
    "sliding window",
    "token bucket",
    "GCRA, burst 10",
    "GCRA, burst 1",
)
NETWORKS = ("still", "10 ms of jitter", "stalls of 100 ms")
REST, STALL, CANCELLED = "after a rest", "after a stall", "after cancelled requests"


@functools.cache
def card_of(make: Callable[[], Any]) -> Card:
    """The card of a limiter for `QUOTA`: it is the same each time."""
    return judge(make, **QUOTA)


# ---- shares


@pytest.mark.parametrize(
    ("rate", "period", "used"),
    [(RATE, PERIOD, 1), (2 * RATE, PERIOD, 0.5), (7, 1, 0.5)],
)
def test_a_share_is_of_the_quota(rate: float, period: float, used: float) -> None:
    """Half the rate is half the share, and so is half the period."""
    shares = judge(limiters.Spacer, rate=rate, period=period).shares
    assert set(QUOTA_TITLES) <= set(shares)
    assert tuple(shares["fixed window"]) == NETWORKS
    assert shares["fixed window"]["still"].used == pytest.approx(used, abs=0.02)


@pytest.mark.parametrize("latency", [0.05, 5.0])
def test_a_request_counts_when_it_arrives(latency: float) -> None:
    """For the share from 2 s until 22 s, however long its answer takes then."""

    async def five(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        for pause in (1.8, 0.1, 0.2, 19.8, 0.2):
            await asyncio.sleep(pause)
            answers.append(asyncio.create_task(client.get(url)))
        await asyncio.gather(*answers)

    answers: list[asyncio.Task[Any]] = []
    share = judge(five, **QUOTA, latency=latency).shares["fixed window"]["still"]
    assert share == (pytest.approx(2 / 70), 0)


def test_a_long_latency_is_no_ceiling() -> None:
    """With enough in flight all of a quota is used, with too few only a part."""
    all_of_it = judge(limiters.Spacer, **QUOTA, latency=5.0)
    assert all_of_it.shares["sliding window"]["still"].used > 0.97
    two_slots = judge(lambda: asyncio.Semaphore(2), rate=4, latency=1.0)
    share = two_slots.shares["sliding window"]["still"]
    assert share == (pytest.approx(0.5, abs=0.05), 0)


def test_a_network_is_the_way_to_the_api() -> None:
    """Jitter pushes what is evenly spaced together, and a stall costs its time."""
    shares = card_of(limiters.Spacer).shares["GCRA, burst 1"]
    assert shares["still"] == (pytest.approx(1, abs=0.02), 0)
    assert 20 <= shares["10 ms of jitter"].refused <= 40
    assert shares["stalls of 100 ms"].used < shares["still"].used


def test_kinds_of_quota_differ() -> None:
    """Seven at once pass a window that slides, and no quota that wants them spaced; a
    window of the clock passes where windows begin with it.
    """
    seven = card_of(limiters.Window).shares
    refused = {quota: seven[quota]["still"].refused for quota in QUOTA_TITLES}
    assert refused["sliding window"] == refused["GCRA, burst 10"] == 0
    assert refused["GCRA, burst 1"] > 50


@pytest.mark.anyio
async def test_a_card_is_the_same_each_time() -> None:
    """Whatever the computer does meanwhile, and where a loop runs, as in a notebook,
    which stands still meanwhile, and goes on with the same task; other threads have
    the real time.
    """

    async def of_a_thread() -> float:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(time.time).result()

    today = time.time()
    assert run(of_a_thread(), VirtualLoop()) >= today
    mine, begun = asyncio.current_task(), asyncio.get_running_loop().time()
    assert str(judge(limiters.Window, **QUOTA)) == str(card_of(limiters.Window))
    with pytest.raises(StuckError):
        run(asyncio.Event().wait(), VirtualLoop())
    await asyncio.sleep(0)
    assert asyncio.current_task() is mine
    assert asyncio.get_running_loop().time() - begun < 100


# ---- what a limiter does after a rest, a stall, and requests that were cancelled


def polls_with_a_pause() -> limiters.Polls:
    """A tenth of a second is a wait like any other."""
    limiter = limiters.Polls()
    limiter.pause = 0.1
    return limiter


@pytest.mark.parametrize(
    ("make", "faults", "rate"),
    [
        (lambda: asyncio.Semaphore(1), set(), 40),
        (limiters.Leaks, {CANCELLED}, 40),
        (limiters.Spacer, set(), RATE),
        (polls_with_a_pause, set(), RATE),
        (lambda: limiters.Bucket(), {REST, STALL}, RATE),
        (limiters.CatchesUp, {STALL}, RATE),
        (contextlib.nullcontext, {REST, STALL}, RATE),
        (limiters.Closes, {CANCELLED}, RATE),
        (limiters.Locks, {CANCELLED}, RATE),
        (limiters.Drops, {CANCELLED}, RATE),
        (limiters.FailsInACrowd, {REST, STALL, CANCELLED}, RATE),
    ],
)
def test_a_fault_is_found(
    make: Callable[[], Any], faults: set[str], rate: float
) -> None:
    """And none in what is sound."""
    card = card_of(make) if rate == RATE else judge(make, rate=rate)
    assert list(card.findings) == [REST, STALL, CANCELLED]
    failed = {after for after, found in card.findings.items() if not found.passed}
    assert failed == faults


def test_after_a_rest_answers_take_as_long_as_you_say() -> None:
    """One slot lets 20 a second through if each answer takes a twentieth of it."""
    one_slot = lambda: asyncio.Semaphore(1)  # noqa: E731
    assert not judge(one_slot, **QUOTA).findings[REST].passed
    assert judge(one_slot, **QUOTA, latency=0.3).findings[REST].passed


def test_what_goes_at_once_is_counted() -> None:
    """Within a tenth of a spacing: a window, one, what a stall held up, or a burst."""
    window = card_of(limiters.Window).findings
    assert window[REST].detail == "at most 7 in 2 s, 7 at once"
    spacer = card_of(limiters.Spacer).findings
    assert spacer[STALL].detail == "at most 7 in 2 s, 1 at once"
    catches_up = card_of(limiters.CatchesUp).findings
    assert catches_up[STALL].detail == "at most 28 in 2 s, 21 at once"  # three periods


# ---- what cannot be judged


@pytest.mark.parametrize(
    ("limiter", "rate", "why"),
    [
        (limiters.Polls, 7, "it polls"),
        (limiters.Blocks, 7, "it blocks the event loop"),
        # It may wait for something that the virtual clock does not reach.
        (lambda: asyncio.Semaphore(0), 7, "after the first second it sent nothing"),
        # A `TimeoutError` of its own is no end of a trial.
        (limiters.FailsInACrowd, 100, "it raised TimeoutError('a crowd')"),
    ],
)
def test_what_cannot_be_judged(
    limiter: Any, rate: float, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card says why, and nothing else does: what polls would go on for minutes, and
    ``time.sleep`` is no wait.
    """
    card = judge(limiter, rate=rate, period=PERIOD)
    assert not card.findings
    blocks = why in ("it polls", "it blocks the event loop")
    assert not (blocks and card.shares)
    assert card.problem.startswith(why)
    assert why in str(card).splitlines()[-1]
    assert capsys.readouterr().err == ""


# ---- the card


def card_with(refused: dict[str, int] | None = None, *, used: float = 1.0) -> Card:
    """The card of a limiter; ``refused`` are 429s on the network with jitter."""
    card = Card("Mine", "100 requests in 1 s", {"rate": 100})
    for quota in QUOTA_TITLES:
        some = (refused or {}).get(quota, 0)
        card.shares[quota] = {"still": Share(used, 0), "jitter": Share(0.5, some)}
    return card


def test_the_worst_is_said_in_one_sentence() -> None:
    """First what could not be judged, then the rate, then what is only slow."""
    card = card_with(used=0.5)
    assert card.in_short == "It is slow: it uses 50 % of the quota at most."
    assert card_with().in_short == "Nothing is wrong with it."
    card = card_with({"sliding window": 10, "GCRA, burst 1": 400})
    worst = "sliding window (up to 10 refused); GCRA, burst 1 (up to 400 refused)."
    assert card.in_short.endswith(worst)
    card.findings = {
        REST: Reaction(True, "keeps to the rate"),
        STALL: Reaction(False, "sends too much", "at most 199 in 1 s"),
    }
    assert card.in_short == "After a stall it sends too much: at most 199 in 1 s."
    for shares in card.shares.values():
        shares["still"] = Share(1.0, 9)
    assert card.in_short.startswith("It sends more than the quota allows, however")
    card.problem = "it polls"
    assert card.in_short == "It could not be judged to the end: it polls."


def test_a_card_is_a_table() -> None:
    """A line for each quota, then what it does after what."""
    card = card_with({"GCRA, burst 1": 400})
    card.findings = {CANCELLED: Reaction(False, "gets stuck", "2 others")}
    lines = str(card).splitlines()
    assert lines[1] == "Judged for 100 requests in 1 s, made with rate=100."
    assert lines[2].split() == ["quota", "still", "jitter"]
    assert lines[3].split("%", 1)[1].split() == [",", "0", "50.0", "%,", "0"]
    assert lines[7].split()[-3:] == ["50.0", "%,", "400"]
    assert lines[9] == "after cancelled requests it GETS STUCK: 2 others"
    assert lines[10].startswith("In short: After cancelled requests it gets stuck")
    assert max(map(len, lines)) <= 88


def test_a_card_in_a_notebook_has_headers() -> None:
    """A screen reader says of each cell which quota and which network it is about."""
    card = card_with()
    card.name = "<b>"
    html = card._repr_html_()
    table = ElementTree.fromstring(html[: html.index("<p>")].replace("<br>", "<br/>"))
    headers = {each.text: each.get("scope") for each in table.iter("th")}
    columns = dict.fromkeys(("quota", "still", "jitter"), "col")
    assert headers == columns | dict.fromkeys(QUOTA_TITLES, "row")
    assert len(table.findall("tbody/tr/td")) == 2 * len(QUOTA_TITLES)
    assert "<b>In short:</b> Nothing is wrong with it." in html


# ---- what is passed on, and what is refused


def pacer_for(rate: float = 100) -> Pacer:
    """It takes a rate per second."""
    return Pacer(rate)


@pytest.mark.parametrize(
    ("make", "period", "passed", "says"),
    [
        (Pacer, 2.0, {"rate": 7, "period": 2.0}, "made with rate=7, period=2."),
        (pacer_for, 1.0, {"rate": 7}, "made with rate=7."),
        (pacer_for, 2.0, {}, "It takes no `rate` and `period`"),
        (contextlib.nullcontext, 2.0, {}, "It takes no `rate` and `period`"),
    ],
)
def test_the_quota_is_passed_on_where_it_can_be(
    make: Any, period: float, passed: dict[str, float], says: str
) -> None:
    """A rate alone is per second; the card says what a limiter was made with."""
    card = judge(make, rate=7, period=period)
    assert card.quota == passed
    assert says in str(card).splitlines()[1]
    refused = card.shares["sliding window"]["still"].refused
    assert (refused == 0) == bool(passed)


async def sends_for_real(url: str, count: int) -> None:
    raise AssertionError("it was called")


@pytest.mark.parametrize(
    ("limiter", "options", "message"),
    [
        (asyncio, {}, "limiter must be what makes one"),
        (object, {}, "limiter must be what makes one"),
        (lambda size: size, {}, "limiter must need no arguments"),
        (sends_for_real, {}, "limiter must take `client`"),
        (limiters.Spacer, {"rate": 0.5}, "rate must be 1 or more, and finite, got 0.5"),
        (limiters.Spacer, {"period": 0}, "period must be more than 0"),
        (limiters.Spacer, {"latency": -1}, "latency must be 0 or more"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    limiter: Any, options: dict[str, Any], message: str
) -> None:
    """One error says what is wanted, before anything is judged."""
    with pytest.raises((TypeError, ValueError), match=message):
        judge(limiter, **options)


# ---- runners


def test_a_runner_is_judged_by_what_it_sends() -> None:
    """It has nothing that could let others through; one without a limit is refused."""
    card = judge(naive.make_many_requests, **QUOTA)
    assert card.findings == {}
    assert card.shares["sliding window"]["still"].refused == 22 * RATE - RATE
    assert card.in_short.startswith("It sends more than the quota allows")
