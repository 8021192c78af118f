"""Scripts with a fault and without, by name: ``faults.py NAME ADDRESS [sound]``."""

import asyncio
import contextlib
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

NAME, ADDRESS = sys.argv[1:3]
SOUND = "sound" in sys.argv
URL = f"{ADDRESS}/items/"
NO_LIMIT = contextlib.nullcontext()


async def get_all(client, count, limit=NO_LIMIT):
    """At once, but for a limit around each request."""

    async def get(number):
        async with limit:
            await client.get(f"{URL}{number}")

    tasks = (get(number) for number in range(count))
    await asyncio.gather(*tasks, return_exceptions=True)


async def one_by_one(client):
    """One after the other; sound: three at once."""

    async def work():
        for number in numbers:
            await client.get(f"{URL}{number}")

    numbers = iter(range(12))
    await asyncio.gather(*(work() for _ in range(3 if SOUND else 1)))


async def pool(client):
    """More requests at once than the client has connections; sound: as many."""
    await get_all(client, 10 if SOUND else 40)


async def pool_timeout(client):
    """Requests that wait too long for a connection; sound: they wait elsewhere."""
    client.timeout = httpx.Timeout(60, pool=0.01)
    await get_all(client, 40, asyncio.Semaphore(10) if SOUND else NO_LIMIT)


async def semaphore_each(client):
    """A semaphore for each request; sound: one for all."""
    shared = asyncio.Semaphore(5)

    async def get(number):
        async with shared if SOUND else asyncio.BoundedSemaphore(5):
            await client.get(f"{URL}{number}")

    await asyncio.gather(*(get(number) for number in range(20)))


async def around_the_tasks(client):
    """A semaphore around gather; sound: around each request."""
    limit = asyncio.Semaphore(5)
    async with NO_LIMIT if SOUND else limit:
        await get_all(client, 20, limit if SOUND else NO_LIMIT)


def client_each():
    """A client for each request; sound: one for all."""
    addresses = [f"{URL}{number}" for number in range(12)]
    with httpx.Client() as client, ThreadPoolExecutor(3) as threads:
        list(threads.map(client.get if SOUND else httpx.get, addresses))


async def blocked(client):
    """The loop is blocked while requests are in flight; sound: it is awaited."""

    async def work(number):
        # However busy the machine is, the second requests fly while others block.
        for part in range(2):
            await client.get(f"{URL}{number}/{part}")
            if SOUND:
                await asyncio.sleep(0.1)
            else:
                time.sleep(0.1)  # noqa: ASYNC251

    await asyncio.gather(*(work(number) for number in range(6)))


async def too_fast(client):
    """60 requests, about 50 a second, all the time."""
    async with asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(client.get(f"{URL}{number}"))
            await asyncio.sleep(0.02)


async def retries(client):
    """Refused requests are repeated at once."""

    async def get(number):
        for _ in range(4):
            response = await client.get(f"{URL}{number}")
            if response.status_code != 429:
                break

    await asyncio.gather(*(get(number) for number in range(15)))


async def tokens(client):
    """More tokens than the API allows a minute; sound: fewer questions."""

    async def ask(number):
        messages = [{"role": "user", "content": f"What is {number}?"}]
        body = {"model": "a-model", "messages": messages, "max_tokens": 100}
        await client.post(f"{ADDRESS}/v1/chat/completions", json=body)

    await asyncio.gather(*(ask(number) for number in range(5 if SOUND else 30)))


async def refused_for_good(client):
    """The money is spent, and each task tries again; sound: each tries once."""

    async def get(number):
        for _ in range(1 if SOUND else 3):
            response = await client.get(f"{URL}{number}")
            if response.is_success:
                break
            await asyncio.sleep(0.3)

    await asyncio.gather(*(get(number) for number in range(8)))


async def two_loops(_):
    """openai's client sends again, in a loop that calls again; sound: one does."""
    import openai

    api = {"api_key": "k", "base_url": f"{ADDRESS}/v1"}
    client = openai.AsyncOpenAI(**api, max_retries=0 if SOUND else 1)

    async def ask(number):
        for _ in range(2):
            with contextlib.suppress(openai.APIStatusError):
                messages = [{"role": "user", "content": f"What is {number}?"}]
                return await client.chat.completions.create(
                    model="a-model", messages=messages
                )
            await asyncio.sleep(random.uniform(1.1, 1.6))
        return None

    async with client:
        await asyncio.gather(*(ask(number) for number in range(6)))


async def unread(session):
    """The bodies of refusals are not read."""

    async def get(number):
        async with session.get(f"{URL}{number}") as response:
            response.raise_for_status()
            await response.json()

    tasks = (get(number) for number in range(60))
    await asyncio.gather(*tasks, return_exceptions=True)


async def blocking_client(_):
    """A client without await."""
    import requests

    async def get(number):
        requests.get(f"{URL}{number}")  # noqa: ASYNC210

    await asyncio.gather(*(get(number) for number in range(6)))


def make_client():
    """One of the library that the script uses."""
    if NAME == "unread":
        import aiohttp

        return aiohttp.ClientSession()
    connections = 10 if NAME.startswith("pool") else 100
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=connections))


async def main():
    """Run the one that is named."""
    async with make_client() as client:
        await globals()[NAME](client)


if NAME == "client_each":
    client_each()
else:
    asyncio.run(main())
