"""Prints all that aiohttp says about good, refused and failed requests."""

import asyncio
import sys
import threading

import aiohttp

URL = sys.argv[1]
PATIENCE = aiohttp.ClientTimeout(total=60)


async def show(response):
    print(response.status, response.url, sorted(response.headers))
    print(await response.text(), len(response.history), sorted(vars(response)))
    print(sorted(response.request_info.headers.items()))


async def failures(session):
    for path in ("broken", "slow"):
        try:
            timeout = aiohttp.ClientTimeout(total=60, sock_read=0.2)
            async with session.get(f"{URL}/{path}", timeout=timeout) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            print(type(error), error)
    try:
        await session.get("http://127.0.0.1:9/")
    except aiohttp.ClientError as error:
        print(type(error), error)
    task = asyncio.create_task(session.get(f"{URL}/slow"))
    await asyncio.sleep(0.1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        print(repr(error))


async def main():
    connector = aiohttp.TCPConnector(limit=3)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        for path in ("ok", "away", "refused", "empty"):
            async with session.get(f"{URL}/{path}") as response:
                await show(response)
        async with session.get(f"{URL}/long") as response:
            print(await response.content.read(10))
        await failures(session)
        print(threading.active_count(), len(asyncio.all_tasks()))
        async with session.get(f"{URL}/refused") as response:
            response.raise_for_status()


asyncio.run(main())
