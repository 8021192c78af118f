"""The judge finds the faults that limiters have, and none in one that is sound."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import deque
from pathlib import Path
from time import monotonic, monotonic_ns
from typing import Any, Self

import httpx
import pytest

from inflight_lab.engine.limiter import AdjustableLimiter
from inflight_lab.judge import compare, judge
from inflight_lab.judge.__main__ import main
from inflight_lab.judge.api import Api
from inflight_lab.judge.card import Card
from inflight_lab.judge.subject import Subject
from inflight_lab.runners import naive, semaphore
from inflight_lab.runners.paced import Pacer

RATE = 100


class Spacer:
    """One request each hundredth of a second; while the loop stands still they pile up."""

    def __init__(self) -> None:
        self._next = 0.0

    async def __aenter__(self) -> Self:
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next) + 1 / RATE
        await asyncio.sleep(self._next - 1 / RATE - now)
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Bucket(Spacer):
    """Fills up while nobody comes: after a rest it allows twice the rate in a second."""

    def __init__(self) -> None:
        self._tokens, self._at = (
            float(RATE),
            monotonic(),
        )  # a clock that was imported by its name
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        async with self._lock:
            while True:
                now = monotonic()
                self._tokens, self._at = (
                    min(RATE, self._tokens + (now - self._at) * RATE),
                    now,
                )
                if self._tokens >= 1:
                    self._tokens -= 1
                    return self
                await asyncio.sleep((1 - self._tokens) / RATE)


class CatchesUp(Spacer):
    """Keeps to a schedule without bound: what nobody used during a rest goes out at
    once.
    """

    async def __aenter__(self) -> Self:
        now = asyncio.get_running_loop().time()
        self._next = (self._next or now) + 1 / RATE
        await asyncio.sleep(max(0, self._next - 1 / RATE - now))
        return self


class Window(Spacer):
    """Counts by the clock's second, and starts over at its edge."""

    def __init__(self) -> None:
        self._second, self._used = -1, 0

    async def __aenter__(self) -> Self:
        while True:
            now = time.time()
            if int(now) != self._second:
                self._second, self._used = int(now), 0
            if self._used < RATE:
                self._used += 1
                return self
            await asyncio.sleep(self._second + 1 - now + 0.001)


class Leaks(Spacer):
    """Three slots, and one that is cancelled while it is under way never comes back."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(3)

    async def __aenter__(self) -> Self:
        await self._slots.acquire()
        return self

    async def __aexit__(self, kind: Any, *_: object) -> None:
        if kind is not asyncio.CancelledError:
            self._slots.release()


class Locks:
    """Sleeps while it holds a lock, and lets go of it only if nobody cancels meanwhile."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def acquire(self) -> None:
        """Wait for the turn."""
        await self._lock.acquire()
        await asyncio.sleep(1 / RATE)
        self._lock.release()


class LastFirst(Spacer):
    """Who came last goes first."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next: asyncio.TimerHandle | None = None

    def _let_one_go(self) -> None:
        self._next = None
        while self._waiting:
            if not (last := self._waiting.pop()).done():
                last.set_result(None)
                self._next = asyncio.get_running_loop().call_later(
                    1 / RATE, self._let_one_go
                )
                return

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._waiting.append(future := loop.create_future())
        self._next = self._next or loop.call_later(1 / RATE, self._let_one_go)
        await future
        return self


class HandsOver(Spacer):
    """Four slots, or as many as ``limit`` says; each that leaves hands its slot on,
    limit or no limit.
    """

    def __init__(self) -> None:
        self.limit, self._inside = 4, 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> Self:
        if self._inside >= self.limit or self._waiting:
            self._waiting.append(turn := asyncio.get_running_loop().create_future())
            await turn
        else:
            self._inside += 1
        return self

    def _wake_one(self) -> None:
        while self._waiting:
            if not (turn := self._waiting.popleft()).done():
                self._inside += 1
                turn.set_result(None)
                return

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._wake_one()


class WakesOne(HandsOver):
    """Looks at the limit, and only when one leaves: a limit that is raised wakes
    nobody.
    """

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        if self._inside < self.limit:
            self._wake_one()


class WakesAll(WakesOne):
    """A limit that is raised wakes all who wait, and none of them looks at it."""

    @property
    def limit(self) -> int:
        """How many may be inside."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        if limit > getattr(self, "_limit", limit):
            for _ in range(len(self._waiting)):
                self._wake_one()
        self._limit = limit


class Remembers(Spacer):
    """Keeps a note of each request for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[object] = []

    async def __aexit__(self, *_: object) -> None:
        self._log.append(object())


class LetsAllThrough(Spacer):
    """Limits nothing."""

    async def __aenter__(self) -> Self:
        return self


class ReadOnly(Spacer):
    """Says what its limit is, and nobody can set it."""

    @property
    def limit(self) -> int:
        """It is one."""
        return 1


def wrong(card: Card) -> list[str]:
    """The questions whose answer is no."""
    return [
        question for question, found in card.findings.items() if found.startswith("NO")
    ]


REST, STALL = "keeps to the rate after a rest", "keeps to the rate after a stall"
ORDER, CANCEL = "first come, first served", "survives cancelled requests"
CHANGE = "follows a changed limit"
FAULTS = {
    Spacer: [STALL],
    Bucket: [REST],
    CatchesUp: [REST, STALL],
    Window: [REST],
    Leaks: [CANCEL],
    Locks: [CANCEL],
    LastFirst: [ORDER],
    HandsOver: [CHANGE],
    WakesOne: [CHANGE],
    WakesAll: [CHANGE],
    LetsAllThrough: [REST, STALL],
}


@pytest.mark.parametrize(
    "limiter",
    [lambda: Pacer(RATE), lambda: asyncio.Semaphore(5), lambda: AdjustableLimiter(5)],
)
def test_what_is_sound_is_found_sound(limiter: Any) -> None:
    """No question is answered with no, and no quota with a burst has refused anything."""
    card = judge(limiter)
    assert wrong(card) == []
    assert card.shares["token bucket"]["still"][1] == 0
    assert card.shares["token bucket"]["still"][0] > 0.95


@pytest.mark.parametrize(
    ("limiter", "found"), FAULTS.items(), ids=[each.__name__ for each in FAULTS]
)
def test_a_planted_fault_is_found(limiter: Any, found: list[str]) -> None:
    """Each of the usual faults, by the question that is about it."""
    assert set(found) <= set(wrong(judge(limiter)))


@pytest.mark.parametrize(
    ("limiter", "found"),
    [
        (
            lambda: AdjustableLimiter(5),
            "yes: with `limit` whole, halved and whole again, 500, 200 and 500",
        ),
        (
            lambda: AdjustableLimiter(1),
            "yes: with `limit` whole, halved and whole again, 200, 100 and 200",
        ),
        (lambda: AdjustableLimiter(10**9), "yes: with `limit`"),
        (lambda: Pacer(RATE), "yes: with `rate`"),
        (lambda: asyncio.Semaphore(5), "cannot be changed"),
        (ReadOnly, "cannot be changed"),
    ],
)
def test_a_limit_is_changed_where_it_can_be(limiter: Any, found: str) -> None:
    """Those that follow are found to, a limit of one too; what has none to set has no
    fault.
    """
    assert judge(limiter).findings[CHANGE].startswith(found)


def test_what_is_kept_of_each_request_is_counted() -> None:
    """A log without an end is seen in the memory."""
    assert (
        judge(Remembers)
        .findings["time and memory"]
        .endswith(" 1.0 objects kept for each")
    )


def test_a_window_of_the_clock_is_refused_by_one_that_slides() -> None:
    """A counter that starts over at the edge of a second lets two bursts through around
    it.
    """
    shares = judge(Window).shares
    assert shares["fixed window"]["still"][1] < shares["sliding window"]["still"][1]


class Raises(Spacer):
    """Fails at the third request."""

    def __init__(self) -> None:
        self._left = 2

    async def __aenter__(self) -> Self:
        self._left -= 1
        if self._left < 0:
            raise ValueError("no more")
        return self


class Blocks(Spacer):
    """Keeps the rate by stopping the whole event loop."""

    async def __aenter__(self) -> Self:
        time.sleep(1 / RATE)  # noqa: ASYNC251
        return self


class BlocksWhenMade(Spacer):
    """Warms up first."""

    def __init__(self) -> None:
        super().__init__()
        time.sleep(0.1)


class BlocksAndGoesOn(Spacer):
    """Takes whatever is raised for nothing."""

    async def __aenter__(self) -> Self:
        with contextlib.suppress(BaseException):
            time.sleep(1 / RATE)  # noqa: ASYNC251
        return self


class BlocksOnLeaving(Spacer):
    """Stops the loop after the request."""

    async def __aexit__(self, *_: object) -> None:
        time.sleep(1 / RATE)  # noqa: ASYNC251


async def blocks_after_each(url: str, count: int, *, client: httpx.AsyncClient) -> None:
    """Stops the loop after each answer, and looks at no error."""

    async def one() -> None:
        await client.get(url)
        time.sleep(1)  # noqa: ASYNC251

    await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)


class BlocksForNoTime(Spacer):
    """Lets other threads run."""

    async def __aenter__(self) -> Self:
        time.sleep(0)  # noqa: ASYNC251
        return await super().__aenter__()


class CountsNanoseconds(Spacer):
    """Asks for the time in whole nanoseconds."""

    def __init__(self) -> None:
        self._next = 0

    async def __aenter__(self) -> Self:
        now = monotonic_ns()
        assert abs(now - time.perf_counter_ns()) < 1000
        self._next = max(now, self._next) + 10**9 // RATE
        await asyncio.sleep((self._next - now) / 1e9)
        return self


class Polls(Spacer):
    """Asks again and again, and never waits for longer than ``PAUSE``."""

    PAUSE = 0.0

    async def __aenter__(self) -> Self:
        while time.monotonic() < self._next:  # noqa: ASYNC110
            await asyncio.sleep(self.PAUSE)
        self._next = time.monotonic() + 1 / RATE
        return self


class PollsByTheMicrosecond(Polls):
    """Does wait, and next to nothing."""

    PAUSE = 1e-6


class PollsByTimer(Polls):
    """Sets a timer for this moment, again and again."""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        while (now := loop.time()) < self._next:
            due = loop.create_future()
            loop.call_at(now, due.set_result, None)
            await due
        self._next = now + 1 / RATE
        return self


class PollsByTheMillisecond(Polls):
    """Is slow, and sound otherwise."""

    PAUSE = 0.001


class Released:
    """Has a ``release`` to be awaited."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(5)
        self.acquire = self._slots.acquire

    async def release(self) -> None:
        """Give the slot back."""
        self._slots.release()


def test_what_a_limiter_raises_is_on_its_card() -> None:
    """And the other questions are answered, or say the same."""
    card = judge(Raises)
    assert (
        card.findings["runs without an error"] == "NO: it raised ValueError('no more')"
    )


def test_a_clock_of_nanoseconds_is_virtual_too() -> None:
    """Else the limiter would let everybody through at once, or nobody."""
    assert judge(CountsNanoseconds).shares["sliding window"]["still"] == (
        pytest.approx(1, abs=0.02),
        0,
    )


POLLS = "NO: it polls: it asks again and again without waiting"
BLOCKS = "NO: it blocks the event loop: use `await asyncio.sleep`, not `time.sleep`"


@pytest.mark.parametrize(
    ("limiter", "why"),
    [
        *((limiter, POLLS) for limiter in (Polls, PollsByTheMicrosecond, PollsByTimer)),
        *(
            (limiter, BLOCKS)
            for limiter in (Blocks, BlocksWhenMade, BlocksAndGoesOn, BlocksOnLeaving)
        ),
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
    card = judge(limiter)
    assert card.shares == {}
    assert card.findings == {"could be judged": why}
    assert capsys.readouterr().err == caplog.text == ""


def test_a_sleep_of_no_time_blocks_nothing() -> None:
    """``time.sleep(0)`` only lets other threads run."""
    api, subject = Api(), Subject(BlocksForNoTime, RATE, 1)
    subject.run(subject.send_all(api, 1))
    assert len(api.arrivals) == RATE


def test_what_polls_with_a_pause_is_judged() -> None:
    """A millisecond is a wait like any other."""
    api, subject = Api(), Subject(PollsByTheMillisecond, RATE, 1)
    subject.run(subject.send_all(api, 1))
    assert api.arrivals[-1] - api.arrivals[0] == pytest.approx(1, abs=0.15)


def test_a_high_rate_has_enough_senders() -> None:
    """More than the 4,000 a second that 200 senders could send are waiting to be let
    through.
    """
    api, subject = Api(), Subject(lambda: asyncio.Semaphore(100_000), 10_000, 1)
    subject.run(subject.send_all(api, 0.4))
    assert len(api.arrivals) == 4000
    assert api.arrivals[-1] - api.arrivals[0] < 0.2


def test_several_side_by_side() -> None:
    """A column each, by the names given; one that cannot be judged spoils nothing for
    the others.
    """
    table = compare(
        {"sound": lambda: asyncio.Semaphore(5), "broken": Path, "Ada's": Leaks}
    )
    head, *rows = table.splitlines()
    assert head.split() == ["sound", "broken", "Ada's"]
    assert re.fullmatch(r"fixed window, still +99\.5%, +0 +\d\d\.\d%, +0", rows[0])
    assert rows[-5].split() == [*CANCEL.split(), "yes", "NO"]
    assert rows[-1].split() == ["could", "be", "judged", "TypeError"]


def test_a_release_is_awaited_if_it_must_be() -> None:
    """Else every slot would be lost after its first use."""
    assert wrong(judge(Released)) == []


@pytest.mark.anyio
async def test_it_can_be_called_in_a_notebook() -> None:
    """Where a loop is running already."""
    assert "share of the quota" in str(judge(lambda: asyncio.Semaphore(5)))


def test_what_cannot_be_judged_is_said() -> None:
    """Where the virtual clock does not reach, the card says so, and no other question
    is answered.
    """
    assert list(judge(lambda: asyncio.Semaphore(0)).findings) == ["could be judged"]


def test_a_card_is_the_same_each_time() -> None:
    """On the virtual clock; only what time and memory cost differs."""
    first, second = judge(Spacer), judge(Spacer)
    assert first.shares == second.shares
    assert "share of the quota used" in str(first)


def test_a_runner_is_judged_by_what_it_sends() -> None:
    """It has nothing that could let others through; one without a limit is refused."""
    sound, none = judge(semaphore.make_many_requests), judge(naive.make_many_requests)
    assert sound.findings == none.findings == {}
    assert sound.shares["sliding window"]["still"][1] == 0
    assert none.shares["sliding window"]["still"][1] > 1000


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


def test_a_rate_that_is_none() -> None:
    """The parameter, its value and what is allowed."""
    with pytest.raises(ValueError, match="rate must be 1 or more, and finite, got 0"):
        judge(Spacer, rate=0)


def test_the_command_judges_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``FILE.py:NAME``; what lies beside the file can be imported from it."""
    (tmp_path / "beside.py").write_text("LIMIT = 5")
    text = "import asyncio\nfrom beside import LIMIT\nclass Mine(asyncio.Semaphore):\n"
    (tmp_path / "mine.py").write_text(
        f"{text}    def __init__(self):\n        super().__init__(LIMIT)\n"
    )
    main([f"{tmp_path / 'mine.py'}:Mine"])
    assert capsys.readouterr().out.startswith("Mine: share of the quota used")


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        ("mine.py", "limiter must be FILE.py:NAME, got 'mine.py'"),
        ("missing.py:Limiter", "No such file"),
        (f"{__file__}:Missing", "has no attribute 'Missing'"),
        (f"{__file__}:Path", "limiter must be what makes one"),
        ("notes.txt:Limiter", "limiter must be FILE.py:NAME, got 'notes.txt:Limiter'"),
        (
            f"{__file__}:wrong",
            "limiter must need no arguments, got wrong (missing a required argument: 'card')",
        ),
    ],
)
def test_the_command_is_told_what_it_cannot_judge(
    argument: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line and exit status 2."""
    with pytest.raises(SystemExit, match="2"):
        main([argument])
    said = capsys.readouterr().err
    assert word in said
    assert "Traceback" not in said


@pytest.mark.parametrize("limiters", [{}, [], None, "Limiter"])
def test_compare_wants_limiters_by_name(limiters: object) -> None:
    """Nothing to compare, or no names for it, is an error that says so."""
    with pytest.raises(
        TypeError, match=r"^limiters must be limiters by name, one or more, got "
    ):
        compare(limiters)  # type: ignore[arg-type]


def test_the_command_says_which_file_it_cannot_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a file raises when it is run comes with its name, whatever it is."""
    file = tmp_path / "broken.py"
    for line in (
        "raise ValueError('no key')",
        "raise RuntimeError('no key')",
        "raise SystemExit('no key')",
    ):
        file.write_text(line)
        with pytest.raises(SystemExit, match="2"):
            main([f"{file}:Limiter"])
        assert f"got '{file}:Limiter': no key" in capsys.readouterr().err


def test_the_client_answers_as_an_api_does() -> None:
    """A runner that learns finds what it needs in the answers: the policy, and when to
    come back.
    """
    seen: list[httpx.Response] = []

    async def three(url: str, count: int, *, client: httpx.AsyncClient) -> None:
        seen.extend([await client.get(url) for _ in range(3)])

    judge(three, rate=1)
    refused = next(response for response in seen if response.status_code == 429)
    assert refused.headers["RateLimit-Policy"] == '"default";q=1;w=1'
    assert refused.headers["Retry-After"] == "1"
    seen.clear()
    judge(three, rate=2_000_000, period=90)
    assert {response.headers["RateLimit-Policy"] for response in seen} == {
        '"default";q=2000000;w=90'
    }
