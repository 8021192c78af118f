"""Plausible wrong answers to the exercises of notebooks 09 to 11."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_waits_outside",
        mistake="a client of its own",
        code="""
async def make_all(url, count, *, client):
    async with httpx.AsyncClient() as own:
        return await asyncio.gather(*(own.get(url) for _ in range(count)))
""",
    ),
    WrongAnswer(
        check="check_waits_outside",
        mistake="a limit above the pool's size",
        code="""
async def make_all(url, count, *, client):
    slots = asyncio.Semaphore(50)

    async def make_one():
        async with slots:
            return await client.get(url)

    return await asyncio.gather(*(make_one() for _ in range(count)))
""",
    ),
    WrongAnswer(
        check="check_waits_outside",
        mistake="more patience in the pool",
        code="""
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url, timeout=60) for _ in range(count)))
""",
    ),
    WrongAnswer(
        check="check_waits_outside",
        mistake="one after the other",
        code="""
async def make_all(url, count, *, client):
    return [await client.get(url) for _ in range(count)]
""",
    ),
    WrongAnswer(
        check="check_waits_outside",
        mistake="fewer than asked for",
        code="""
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url) for _ in range(10)))
""",
    ),
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
        check="check_one_limit",
        mistake="half the limit each",
        code="""
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limit=limit // 2)
""",
    ),
    WrongAnswer(
        check="check_one_limit",
        mistake="a semaphore for each",
        code="""
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(
                threaded.make_many_requests, url, 12, limiter=threading.Semaphore(limit)
            )
""",
    ),
    WrongAnswer(
        check="check_one_limit",
        mistake="asyncio's semaphore",
        code="""
def make_two_groups(url, limit):
    slots = asyncio.Semaphore(limit)
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limiter=slots)
""",
    ),
    WrongAnswer(
        check="check_one_limit",
        mistake="only one group",
        code="""
def make_two_groups(url, limit):
    threaded.make_many_requests(url, 12, limit=limit)
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
