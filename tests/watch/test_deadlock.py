"""Tasks that wait for each other: noted in the script, and said at the end."""

from __future__ import annotations

from pathlib import Path

from inflight_lab.watch.diagnosis import diagnose
from inflight_lab.watch.events import Acquired, Deadlocked, Event, Released
from inflight_lab.watch.findings.deadlock import deadlock
from tests.support.watching import PROCESS, log_of, log_of_script

SEMAPHORE = 77
FIRST = Acquired(0.0, PROCESS, SEMAPHORE, 1, "main.py:9", 5)
CIRCLE = Deadlocked(2.0, PROCESS, SEMAPHORE, 5, 20, 0)


def facts(*events: Event) -> str:
    """What is said, as far as the numbers go; "" if nothing is."""
    finding = deadlock(log_of([], *events))
    return f"{finding.certainty}: {finding.facts}" if finding else ""


def test_what_is_said_of_a_deadlock() -> None:
    """How many tasks wait, at which line, and how long it went on."""
    assert facts(FIRST, CIRCLE) == (
        "certain: all 5 slots were held by tasks that needed another slot to go on "
        "(main.py:9), and 20 tasks waited in vain until the run ended"
    )
    cancelled = Released(14.0, PROCESS, SEMAPHORE, 1)
    one = CIRCLE._replace(slots=1, waiting=1)
    assert facts(FIRST, one, cancelled) == (
        "certain: its only slot was held by tasks that needed another slot to go on "
        "(main.py:9), and 1 task waited in vain for 12.0 s"
    )


def test_what_is_said_of_slots_that_are_never_released() -> None:
    """It is likely: something else might release them later."""
    assert facts(FIRST, CIRCLE._replace(lost=5)) == (
        "likely: 5 of 5 slots belong to tasks that had ended (main.py:9), "
        "and 20 tasks waited in vain until the run ended"
    )


def test_slots_that_others_release_are_permits() -> None:
    """Such as those of a rate limiter made of a semaphore, which a timer refills."""
    timer = Released(9.0, PROCESS, SEMAPHORE, -3)
    assert facts(FIRST, CIRCLE._replace(lost=5), timer) == ""
    other = timer._replace(process=PROCESS + 1)
    assert facts(FIRST, CIRCLE._replace(lost=5), other)


BEGIN = """
import asyncio, contextlib, httpx

async def get(slots):
    async with slots:
        await asyncio.sleep(0)

async def hang(coroutine, seconds=3.5):
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(coroutine, seconds)

"""
FAULTY = """
async def twice(slots):
    async with slots:
        await asyncio.sleep(0.1)
        await get(slots)

async def gathered(slots):
    async with slots:
        await asyncio.gather(*(get(slots) for _ in range(3)))

async def in_a_group(slots):
    async with slots, asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(get(slots))

async def awaited_later(slots):
    async with slots:
        task = asyncio.create_task(get(slots))
        await asyncio.sleep(1.2)
        await asyncio.wait([task])

async def all_of(work):
    slots = asyncio.Semaphore(2)
    await hang(asyncio.gather(*(work(slots) for _ in range(2))), 5)

async def lose(slots):
    await slots.acquire()
    raise ValueError

async def lost():
    slots = asyncio.Semaphore(2)
    await asyncio.gather(lose(slots), lose(slots), return_exceptions=True)
    await hang(get(slots), 5)

async def main():
    kinds = [twice, gathered, in_a_group, awaited_later]
    await asyncio.gather(*(all_of(kind) for kind in kinds), lost())
"""
SOUND = """
async def slow(slots):
    async with slots:
        await asyncio.sleep(2.5)

async def holders_go_on():
    slots = asyncio.Semaphore(2)
    await asyncio.gather(*(slow(slots) for _ in range(3)))

async def work(slots):
    await asyncio.sleep(2.5)
    slots.release()

async def released_by_others():
    slots = asyncio.Semaphore(2)
    for _ in range(3):
        await slots.acquire()
        asyncio.create_task(work(slots))
    await asyncio.sleep(2.7)

async def impatient(slots):
    for _ in range(3):
        await hang(get(slots), 1)

async def given_up():
    slots = asyncio.Semaphore(2)
    await asyncio.gather(slow(slots), slow(slots), impatient(slots), impatient(slots))

async def signalled():
    ready = asyncio.Semaphore(0)
    asyncio.get_running_loop().call_later(2.5, ready.release)
    await ready.acquire()

async def parent(slots):
    async with slots:
        await asyncio.gather(get(slots), asyncio.sleep(2.5))

async def beside_another_holder():
    slots = asyncio.Semaphore(2)
    await asyncio.gather(parent(slots), slow(slots))

async def main():
    await asyncio.gather(
        holders_go_on(),
        released_by_others(),
        given_up(),
        signalled(),
        beside_another_holder(),
    )
"""
RUN = "asyncio.run(main())\n"


def test_deadlocks_are_found(tmp_path: Path) -> None:
    """Whoever holds the slots; it is said even if nothing was sent."""
    log = log_of_script(tmp_path, BEGIN + FAULTY + RUN)
    lost = [event.lost for event in log.deadlocks]
    assert sorted(lost) == [0, 0, 0, 0, 2]
    (finding,) = diagnose(log)
    assert " (script.py:" in finding.facts


def test_what_only_waits_is_no_deadlock(tmp_path: Path) -> None:
    """As long as anybody can release a slot."""
    log = log_of_script(tmp_path, BEGIN + SOUND + RUN)
    assert list(log.deadlocks) == []
    assert diagnose(log) == []
