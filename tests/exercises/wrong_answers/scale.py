"""Plausible wrong answers to the exercises of notebooks 09 to 11."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_shares_items",
        mistake="a list of all items first",
        code="""
async def make_each(make_one, items, limit):
    shared = iter(list(items))

    async def work():
        for item in shared:
            await make_one(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
""",
    ),
    WrongAnswer(
        check="check_shares_items",
        mistake="a task for each item",
        code="""
async def make_each(make_one, items, limit):
    slots = asyncio.Semaphore(limit)

    async def make(item):
        async with slots:
            await make_one(item)

    await asyncio.gather(*[make(item) for item in items])
""",
    ),
    WrongAnswer(
        check="check_shares_items",
        mistake="one worker",
        code="""
async def make_each(make_one, items, limit):
    for item in items:
        await make_one(item)
""",
    ),
    WrongAnswer(
        check="check_shares_items",
        mistake="one item each",
        code="""
async def make_each(make_one, items, limit):
    shared = iter(items)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(make_one(next(shared)))
""",
    ),
    WrongAnswer(
        check="check_paced_threads",
        mistake="a pause in each thread",
        code="""
import time


def send_all(url, count, rate):
    def get(number):
        time.sleep(1 / rate)
        return client.get(url, params={"id": number}).status_code

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        return list(pool.map(get, range(count)))
""",
    ),
    WrongAnswer(
        check="check_paced_threads",
        mistake="a smaller semaphore",
        code="""
def send_all(url, count, rate):
    slots = threading.Semaphore(1)

    def get(number):
        with slots:
            return client.get(url, params={"id": number}).status_code

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        return list(pool.map(get, range(count)))
""",
    ),
    WrongAnswer(
        check="check_paced_threads",
        mistake="asyncio's pacer",
        code="""
def send_all(url, count, rate):
    pacer = paced.Pacer(rate)

    def get(number):
        with pacer:
            return client.get(url, params={"id": number}).status_code

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        return list(pool.map(get, range(count)))
""",
    ),
    WrongAnswer(
        check="check_paced_threads",
        mistake="only as many as are allowed",
        code="""
def send_all(url, count, rate):
    with httpx.Client() as client:
        return [client.get(url).status_code for _ in range(rate)]
""",
    ),
    WrongAnswer(
        check="check_paced_threads",
        mistake="no status is returned",
        code="""
def send_all(url, count, rate):
    pacer = ThreadPacer(rate)

    def get(number):
        with pacer:
            client.get(url, params={"id": number})

    with httpx.Client() as client, ThreadPoolExecutor(16) as pool:
        return list(pool.map(get, range(count)))
""",
    ),
]
