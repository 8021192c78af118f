"""Tasks that wait for each other: noted in the script, and said at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

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

slots = asyncio.Semaphore(2)

async def get(number):
    async with slots:
        await asyncio.sleep(0)

async def hang(coroutine, seconds=3.5):
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(coroutine, seconds)

"""
FAULTY = {
    "the same semaphore again": """
async def twice(number):
    async with slots:
        await asyncio.sleep(0.1)
        await get(number)

async def main():
    await hang(asyncio.gather(*(twice(n) for n in range(6))))
""",
    "tasks that need a slot, gathered": """
async def crawl(number):
    async with slots:
        await asyncio.gather(*(get(n) for n in range(3)))

async def main():
    await hang(asyncio.gather(*(crawl(n) for n in range(2))))
""",
    "tasks that need a slot, in a group": """
async def crawl(number):
    async with slots, asyncio.TaskGroup() as group:
        for n in range(3):
            group.create_task(get(n))

async def main():
    await hang(asyncio.gather(*(crawl(n) for n in range(2))))
""",
    "a task that is awaited later": """
async def crawl(number):
    async with slots:
        task = asyncio.create_task(get(number))
        await asyncio.sleep(1.2)
        await asyncio.wait([task])

async def main():
    await hang(asyncio.gather(*(crawl(n) for n in range(2))), 5)
""",
    "slots that are never released": """
async def lose(number):
    await slots.acquire()
    raise ValueError

async def main():
    await asyncio.gather(*(lose(n) for n in range(2)), return_exceptions=True)
    await hang(get(1))
""",
}
SOUND = {
    "a slow request": """
async def slow(number):
    async with slots:
        await asyncio.sleep(2.5)

async def main():
    await asyncio.gather(*(slow(n) for n in range(3)))
""",
    "slots that others release": """
async def work(number):
    await asyncio.sleep(2.5)
    slots.release()

async def main():
    for number in range(3):
        await slots.acquire()
        asyncio.create_task(work(number))
    await asyncio.sleep(2.7)
""",
    "a wait that is given up": """
async def hold():
    async with slots:
        await asyncio.sleep(3)

async def impatient(number):
    for _ in range(3):
        await hang(get(number), 1)

async def main():
    await asyncio.gather(hold(), hold(), impatient(1), impatient(2))
""",
    "a signal": """
async def main():
    ready = asyncio.Semaphore(0)
    asyncio.get_running_loop().call_later(2.5, ready.release)
    await ready.acquire()
""",
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_deadlock_is_found(name: str, tmp_path: Path) -> None:
    """Whoever holds the slots: it is said even if nothing was sent."""
    text = f"{BEGIN}{FAULTY[name]}\nasyncio.run(main())\n"
    (finding,) = diagnose(log_of_script(tmp_path, text))
    headline = "Slots that are" if "never" in name else "A deadlock"
    assert finding.headline.startswith(headline)
    assert " (script.py:" in finding.facts


@pytest.mark.parametrize("name", SOUND)
def test_what_only_waits_is_no_deadlock(name: str, tmp_path: Path) -> None:
    """As long as anybody can release a slot."""
    text = f"{BEGIN}{SOUND[name]}\nasyncio.run(main())\n"
    assert diagnose(log_of_script(tmp_path, text)) == []
