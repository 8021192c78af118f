"""Plausible wrong answers to the exercises of notebooks 08 to 10, by check and mistake."""

from __future__ import annotations

WRONG = {
    "check_waits_outside": {
        "a client of its own": """
async def make_all(url, count, *, client):
    async with httpx.AsyncClient() as own:
        return await asyncio.gather(*(own.get(url) for _ in range(count)))
""",
        "a limit above the pool's size": """
async def make_all(url, count, *, client):
    slots = asyncio.Semaphore(50)
    async def make_one():
        async with slots:
            return await client.get(url)
    return await asyncio.gather(*(make_one() for _ in range(count)))
""",
        "more patience in the pool": """
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url, timeout=60) for _ in range(count)))
""",
        "one after the other": """
async def make_all(url, count, *, client):
    return [await client.get(url) for _ in range(count)]
""",
        "fewer than asked for": """
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url) for _ in range(10)))
""",
    },
    "check_shares_items": {
        "a list of all items first": """
async def make_each(make_one, items, limit):
    shared = iter(list(items))
    async def work():
        for item in shared:
            await make_one(item)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
""",
        "a task for each item": """
async def make_each(make_one, items, limit):
    slots = asyncio.Semaphore(limit)
    async def make(item):
        async with slots:
            await make_one(item)
    await asyncio.gather(*[make(item) for item in items])
""",
        "one worker": """
async def make_each(make_one, items, limit):
    for item in items:
        await make_one(item)
""",
        "one item each": """
async def make_each(make_one, items, limit):
    shared = iter(items)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(make_one(next(shared)))
""",
    },
    "check_one_limit": {
        "half the limit each": """
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limit=limit // 2)
""",
        "a semaphore for each": """
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limiter=threading.Semaphore(limit))
""",
        "asyncio's semaphore": """
def make_two_groups(url, limit):
    slots = asyncio.Semaphore(limit)
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limiter=slots)
""",
        "only one group": """
def make_two_groups(url, limit):
    threaded.make_many_requests(url, 12, limit=limit)
""",
    },
    "check_share": {
        "divided the wrong way": "def share(rate, senders):\n    return senders / rate\n",
        "half for everybody": "def share(rate, senders):\n    return rate / 2\n",
        "rounded up": "def share(rate, senders):\n    return -(-rate // senders) + 1\n",
        "nothing": "def share(rate, senders):\n    pass\n",
    },
    "check_introduces_itself": {
        "a name and nobody behind it": """
def make_client():
    return httpx.AsyncClient(timeout=10, headers={"User-Agent": "my-script"})
""",
        "another header": """
def make_client():
    return httpx.AsyncClient(timeout=10, headers={"From": "ada@example.org"})
""",
        "no timeout": """
def make_client():
    return httpx.AsyncClient(timeout=None, headers={"User-Agent": "counter (ada@example.org)"})
""",
    },
    "check_gives_up": {
        "stopped, and nothing returned": """
async def ask(url, count, *, client):
    responses = []
    for _ in range(count):
        responses.append(await client.get(url))
        if sum(response.status_code == 429 for response in responses) == 3:
            return None
    return responses
""",
        "at the first": """
async def ask(url, count, *, client):
    responses = []
    for _ in range(count):
        responses.append(await client.get(url))
        if responses[-1].status_code == 429:
            break
    return responses
""",
        "after three requests": """
async def ask(url, count, *, client):
    return [await client.get(url) for _ in range(3)]
""",
        "all sent before the first is looked at": """
import asyncio
async def ask(url, count, *, client):
    responses = await asyncio.gather(*(client.get(url) for _ in range(count)))
    return responses[:7]
""",
    },
}
